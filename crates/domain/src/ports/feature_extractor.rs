use async_trait::async_trait;

use super::VisionError;
use crate::{Comparison, FeatureFormat, Photo, ReferenceFeatures, ReferenceQuality};

/// Finds out whether two photos show the same scene.
///
/// A reference's features are taken once, at registration, and kept; of a new photo the adapter
/// takes only what its next step needs. Both see photos upright. The same photos give the same
/// answer every time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FeatureExtractor: Send + Sync {
    /// The format of the features that [`extract`](Self::extract) makes and
    /// [`compare`](Self::compare) reads. It changes whenever the bytes or their meaning do.
    fn format(&self) -> FeatureFormat;

    /// Takes the features of a reference photo and tells how well others can be verified against
    /// it. A poor photo is an answer, not an error.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded, else a fault.
    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError>;

    /// Compares a new photo with a reference.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded; a permanent fault when the
    /// features are of another [`format`](Self::format) or corrupt, never a panic.
    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
    ) -> Result<Comparison, VisionError>;
}
