use async_trait::async_trait;

use super::VisionError;
use crate::{Examination, FeatureFormat, MatchMode, Photo, ReferenceFeatures, ReferenceQuality};

/// Decides whether two photos show the same scene.
///
/// The features of a reference are extracted once, at registration, and stored. Of a new photo the
/// adapter extracts only what its next step needs. It applies the orientation of both photos. The
/// same photos always give the same result, apart from durations.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FeatureExtractor: Send + Sync {
    /// Format of the features that [`extract`](Self::extract) returns and
    /// [`compare`](Self::compare) reads. It changes whenever the bytes or their meaning change.
    fn format(&self) -> FeatureFormat;

    /// Names of the parts that are configured but missing, such as a network without its file;
    /// empty if the extractor is complete. It works without them, less accurately. The list does
    /// not change during the extractor's life.
    fn missing(&self) -> Vec<&'static str>;

    /// Minimum scores of accepted photos that can be configured, each with its name, the strictest
    /// first; empty if there is no choice.
    fn operating_points(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }

    /// Extracts the features of a reference photo and reports how well photos can be verified
    /// against it. A poor photo is a result, not an error.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded; a fault otherwise.
    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError>;

    /// Compares a new photo with a reference. An extractor that cannot distinguish things from their place
    /// treats both modes alike.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded. A permanent fault, never a panic,
    /// when the features have another [`format`](Self::format) or are corrupt.
    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
        mode: MatchMode,
    ) -> Result<Examination, VisionError>;
}
