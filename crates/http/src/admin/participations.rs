use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::ports::PutParticipationError;
use injeung_domain::{GroupId, ParticipationId, ParticipationQuery};
use serde::Deserialize;
use serde_json::json;

use super::access::{Admin, AdminError, json_body, path_id, query, respond};
use super::fields::ParticipationFields;
use super::page::{Limit, page};
use crate::envelope::field;
use crate::server::Server;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    group_id: Option<i64>,
    user_id: Option<String>,
    after: Option<i64>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /admin/v1/participations`: participations in ascending order of their ids, also those of an app's own tables.
pub(super) async fn list(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let listed = async {
        let Parameters { group_id, user_id, after, limit } = query(&request)?;
        let query = ParticipationQuery {
            group_id: group_id.map(GroupId::try_from).transpose().map_err(AdminError::invalid)?,
            user_id: user_id.map(|id| id.parse()).transpose().map_err(AdminError::invalid)?,
            after: after.map(ParticipationId::try_from).transpose().map_err(AdminError::invalid)?,
            limit: limit.0,
        };
        let found = server.ports.repository.participations(&query).await?;
        let last = found.last().map(|participation| participation.id.get());
        let found = found.iter().map(|one| json!(ParticipationFields::from(one))).collect();
        Ok(page("participations", limit, found, last))
    };
    respond(&server, listed.await)
}

/// `GET /admin/v1/participations/{id}`.
pub(super) async fn show(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let found = async {
        let found = server.ports.repository.find_participation(path_id(&request)?).await?;
        let participation = found.ok_or(AdminError::Unknown)?;
        Ok(field("participation", json!(ParticipationFields::from(&participation))))
    };
    respond(&server, found.await)
}

/// `PUT /admin/v1/participations/{id}`: creates the participation, or replaces it.
pub(super) async fn put(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let put = async {
        let id = path_id(&request)?;
        let fields: ParticipationFields = json_body(&server, &request, payload).await?;
        put_fields(&server, fields.clone(), Some(id)).await?;
        Ok(field("participation", json!(fields.with_id(id))))
    };
    respond(&server, put.await)
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
