use async_trait::async_trait;

use super::Acceptance;
use crate::{Fault, NewReference, ParticipationId, Reference, ReferenceFeatures, ReferenceId};

/// Keeps the reference photos' rows and features.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReferenceRepository: Send + Sync {
    /// Adds a reference and settles the acceptance, both or neither. The references it replaces
    /// stay. For the faults see [`Acceptance`].
    async fn add(
        &self,
        reference: NewReference,
        acceptance: &Acceptance,
    ) -> Result<ReferenceId, Fault>;

    /// The reference that was added last, or nothing where there is none.
    async fn newest(&self, participation_id: ParticipationId) -> Result<Option<Reference>, Fault>;

    /// Replaces the features of a reference, after an extractor of another format read its photo
    /// again.
    async fn replace_features(
        &self,
        id: ReferenceId,
        features: &ReferenceFeatures,
    ) -> Result<(), Fault>;
}
