use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::GroupId;
use serde::Deserialize;
use serde_json::json;

use super::access::{Admin, AdminError, json_body, path_id, query, respond};
use super::fields::GroupFields;
use super::page::{Limit, page};
use crate::envelope::field;
use crate::server::Server;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    after: Option<i64>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /admin/v1/groups`: the challenge groups, in ascending order of their ids.
pub(super) async fn list(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let listed = async {
        let Parameters { after, limit } = query(&request)?;
        let after = after.map(GroupId::try_from).transpose().map_err(AdminError::invalid)?;
        let groups = server.ports.repository.groups(after, limit.0).await?;
        let last = groups.last().map(|group| group.id.get());
        let groups = groups.iter().map(|group| json!(GroupFields::from(group))).collect();
        Ok(page("groups", limit, groups, last))
    };
    respond(&server, listed.await)
}

/// `GET /admin/v1/groups/{id}`.
pub(super) async fn show(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let found = async {
        let found = server.ports.repository.find_group(path_id(&request)?).await?;
        let group = found.ok_or(AdminError::Unknown)?;
        Ok(field("group", json!(GroupFields::from(&group))))
    };
    respond(&server, found.await)
}

/// `PUT /admin/v1/groups/{id}`: creates the group, or replaces it.
pub(super) async fn put(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let put = async {
        let id = path_id(&request)?;
        let fields: GroupFields = json_body(&server, &request, payload).await?;
        let group = fields.group(Some(id), &server.policy.time_zone)?;
        server.ports.repository.put_group(&group).await?;
        Ok(field("group", json!(GroupFields::from(&group))))
    };
    respond(&server, put.await)
}
