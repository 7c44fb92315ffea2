use async_trait::async_trait;

use crate::{
    Fault, NewReference, ObjectKey, ParticipationId, Reference, ReferenceFeatures, ReferenceId,
};

/// Keeps the reference photos' rows and features.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReferenceRepository: Send + Sync {
    /// Adds a reference and clears the reservation of its photo's key, both or neither. The
    /// references it replaces stay.
    ///
    /// # Errors
    /// A permanent fault when the key is not reserved any more: its object is being removed. After
    /// a transient fault the row may or may not be there, and the reservation accordingly.
    async fn add(&self, reference: NewReference, key: &ObjectKey) -> Result<ReferenceId, Fault>;

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
