use async_trait::async_trait;

use crate::{ChallengeGroup, Fault, GroupId, Participation, ParticipationId, UserId};

/// Knows who takes part in which challenge.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ParticipationRepository: Send + Sync {
    /// A participation with its challenge group, or nothing where there is none.
    async fn find(&self, id: ParticipationId) -> Result<Option<Participation>, Fault>;

    /// Creates a challenge group, or replaces the one of the same id.
    async fn put_group(&self, group: &ChallengeGroup) -> Result<(), Fault>;

    /// Creates a participation, or replaces the one of the same id.
    ///
    /// # Errors
    /// [`PutParticipationError::UnknownGroup`] when there is no such group; nothing changed then.
    async fn put_participation(
        &self,
        id: ParticipationId,
        group_id: GroupId,
        user_id: Option<UserId>,
    ) -> Result<(), PutParticipationError>;

    /// Whether the database answers, for readiness probes. Does not wait for other calls.
    async fn check(&self) -> Result<(), Fault>;
}

/// Why a participation was not written.
#[derive(Debug, thiserror::Error)]
pub enum PutParticipationError {
    /// There is no group of this id.
    #[error("there is no challenge group {0}")]
    UnknownGroup(GroupId),
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
