use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{Erasure, ErasureSubject, ParticipationId, erase};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::access::{Admin, AdminError, json_body, path_id, respond};
use super::feed::rfc3339;
use crate::envelope::field;
use crate::log;
use crate::server::Server;

/// Whose data to erase: exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewErasure)]
pub(crate) struct ErasureFields {
    /// All participations of a user.
    #[serde(default)]
    user_id: Option<String>,
    /// One participation.
    #[serde(default)]
    #[schema(minimum = 1)]
    participation_id: Option<i64>,
}

/// An erasure, or its receipt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erasure)]
pub(crate) struct ErasureView {
    id: i64,
    /// In RFC 3339.
    requested_at: String,
    /// Instant from which on nothing is stored any more, in RFC 3339; null before.
    completed_at: Option<String>,
    /// Numbers of erased participations, references, accepted photos and records of verifications.
    participations: u64,
    references: u64,
    feed: u64,
    attempts: u64,
}

impl From<&Erasure> for ErasureView {
    fn from(erasure: &Erasure) -> Self {
        Self {
            id: erasure.id.get(),
            requested_at: rfc3339(erasure.requested_at),
            completed_at: erasure.completed_at.map(rfc3339),
            participations: erasure.erased.participations,
            references: erasure.erased.references,
            feed: erasure.erased.feeds,
            attempts: erasure.erased.attempts,
        }
    }
}

impl ErasureFields {
    fn subject(self) -> Result<ErasureSubject, AdminError> {
        match self {
            Self { user_id: Some(id), participation_id: None } => {
                id.parse().map(ErasureSubject::User).map_err(AdminError::invalid)
            }
            Self { user_id: None, participation_id: Some(id) } => {
                let id = ParticipationId::try_from(id).map_err(AdminError::invalid)?;
                Ok(ErasureSubject::Participation(id))
            }
            _ => Err(AdminError::invalid("name either a user_id or a participation_id")),
        }
    }
}

/// `POST /admin/v1/erasures`: starts to erase what is stored about a person. The clean-up continues it until it is completed.
pub(super) async fn start(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut location = None;
    let started = async {
        let fields: ErasureFields = json_body(&server, &request, payload).await?;
        let subject = fields.subject()?;
        let repository = &server.ports.repository;
        let id = repository.add_erasure(&subject, server.ports.clock.now()).await?;
        let ports = server.ports.clone();
        let erasing = async move {
            if let Err(fault) = erase(&*ports.repository, &*ports.objects, id).await {
                log::erasure_interrupted(id, &fault);
            }
        };
        server.tasks.spawn_on(erasing, &server.runtime);
        location = HeaderValue::from_str(&format!("/admin/v1/erasures/{id}")).ok();
        let erasure = repository.find_erasure(id).await?.ok_or(AdminError::Unknown)?;
        Ok(field("erasure", json!(ErasureView::from(&erasure))))
    };
    let started = started.await;
    let mut response = respond(&server, started);
    if let Some(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// `GET /admin/v1/erasures/{id}`.
pub(super) async fn show(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let found = async {
        let found = server.ports.repository.find_erasure(path_id(&request)?).await?;
        let erasure = found.ok_or(AdminError::Unknown)?;
        Ok(field("erasure", json!(ErasureView::from(&erasure))))
    };
    respond(&server, found.await)
}
