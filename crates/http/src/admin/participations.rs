use injeung_domain::ports::PutParticipationError;
use injeung_domain::{GroupId, ParticipationId, ParticipationQuery};
use serde::Deserialize;
use serde_json::json;

use super::access::{AdminError, AdminRequest, Content, optional_id};
use super::fields::ParticipationFields;
use super::page::{Limit, page};
use crate::envelope::field;
use crate::server::Server;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default, deserialize_with = "optional_id")]
    group_id: Option<GroupId>,
    user_id: Option<String>,
    #[serde(default, deserialize_with = "optional_id")]
    after: Option<ParticipationId>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /admin/v1/participations`: participations in ascending order of their ids, also those of an app's own tables.
pub(super) async fn list(request: AdminRequest) -> Result<Content, AdminError> {
    let Parameters { group_id, user_id, after, limit } = request.query()?;
    let user_id = user_id.map(|id| id.parse()).transpose().map_err(AdminError::invalid)?;
    let query = ParticipationQuery { group_id, user_id, after, limit: limit.0 };
    let found = request.repository().participations(&query).await?;
    let view = |one: &_| json!(ParticipationFields::from(one));
    Ok(page("participations", limit, &found, |one| one.id.get(), view))
}

/// `GET /admin/v1/participations/{id}`.
pub(super) async fn show(request: AdminRequest) -> Result<Content, AdminError> {
    let found = request.repository().find_participation(request.id()?).await?;
    let participation = found.ok_or(AdminError::Unknown)?;
    Ok(field("participation", json!(ParticipationFields::from(&participation))))
}

/// `PUT /admin/v1/participations/{id}`: creates the participation, or replaces it.
pub(super) async fn put(request: AdminRequest) -> Result<Content, AdminError> {
    let (id, server) = (request.id()?, request.server.clone());
    let fields: ParticipationFields = request.json().await?;
    put_fields(&server, fields.clone(), Some(id)).await?;
    Ok(field("participation", json!(fields.with_id(id))))
}

/// Creates a participation, or replaces it.
///
/// # Errors
/// If a field is invalid, its group does not exist, or the database failed.
pub(super) async fn put_fields(
    server: &Server,
    fields: ParticipationFields,
    path: Option<ParticipationId>,
) -> Result<(), AdminError> {
    let (id, group_id, user_id) = fields.ids(path)?;
    let put = server.ports.repository.put_participation(id, group_id, user_id).await;
    put.map_err(|error| match error {
        PutParticipationError::UnknownGroup(_) => AdminError::invalid(error),
        PutParticipationError::Fault(fault) => fault.into(),
    })
}
