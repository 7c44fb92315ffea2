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

    /// The parts that are configured and not there, such as a network whose file is missing, by the
    /// extractor's names for them; nothing where it is whole. It works without them, less well. The
    /// answer stays the same as long as the extractor lives.
    fn missing(&self) -> Vec<&'static str>;

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
