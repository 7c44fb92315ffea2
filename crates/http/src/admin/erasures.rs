use injeung_domain::{Erasure, ErasureSubject, ParticipationId, erase};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::access::{AdminError, AdminRequest, Content};
use super::feed::rfc3339;
use crate::envelope::field;
use crate::log;

/// What to erase: exactly one of the two.
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
pub(super) async fn start(request: AdminRequest) -> Result<Content, AdminError> {
    let server = request.server.clone();
    let fields: ErasureFields = request.json().await?;
    let ports = server.ports.clone();
    let id = ports.repository.add_erasure(&fields.subject()?, ports.clock.now()).await?;
    let erasing = async move {
        if let Err(fault) = erase(&*ports.repository, &*ports.objects, id).await {
            log::erasure_interrupted(id, &fault);
        }
    };
    server.tasks.spawn_on(erasing, &server.runtime);
    let erasure = server.ports.repository.find_erasure(id).await?.ok_or(AdminError::Unknown)?;
    Ok(field("erasure", json!(ErasureView::from(&erasure))))
}

/// `GET /admin/v1/erasures/{id}`.
pub(super) async fn show(request: AdminRequest) -> Result<Content, AdminError> {
    let erasure = request.repository().find_erasure(request.id()?).await?;
    let erasure = erasure.ok_or(AdminError::Unknown)?;
    Ok(field("erasure", json!(ErasureView::from(&erasure))))
}
