use injeung_domain::GroupId;
use serde::Deserialize;
use serde_json::json;

use super::access::{AdminError, AdminRequest, Content, optional_id};
use super::fields::GroupFields;
use super::page::{Limit, page};
use crate::envelope::field;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default, deserialize_with = "optional_id")]
    after: Option<GroupId>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /admin/v1/groups`: the challenge groups, in ascending order of their ids.
pub(super) async fn list(request: AdminRequest) -> Result<Content, AdminError> {
    let Parameters { after, limit } = request.query()?;
    let groups = request.repository().groups(after, limit.0).await?;
    let view = |group: &_| json!(GroupFields::from(group));
    Ok(page("groups", limit, &groups, |group| group.id.get(), view))
}

/// `GET /admin/v1/groups/{id}`.
pub(super) async fn show(request: AdminRequest) -> Result<Content, AdminError> {
    let group = request.repository().find_group(request.id()?).await?;
    let group = group.ok_or(AdminError::Unknown)?;
    Ok(field("group", json!(GroupFields::from(&group))))
}

/// `PUT /admin/v1/groups/{id}`: creates the group, or replaces it.
pub(super) async fn put(request: AdminRequest) -> Result<Content, AdminError> {
    let (id, server) = (request.id()?, request.server.clone());
    let fields: GroupFields = request.json().await?;
    let group = fields.group(Some(id), &server.policy.time_zone)?;
    server.ports.repository.put_group(&group).await?;
    Ok(field("group", json!(GroupFields::from(&group))))
}
