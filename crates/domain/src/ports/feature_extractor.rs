use async_trait::async_trait;

use super::VisionError;
use crate::{
    Examination, FeatureFormat, LearnedView, MatchMode, Photo, ReferenceFeatures, ReferenceQuality,
    ViewSearch,
};

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

    /// Compares a new photo with several views of a scene, as far as `search` requires. Returns the places of the views
    /// that match with a score of at least [`LearnedView::MIN_SCORE`], which is the threshold of their comparisons, in
    /// the order in which they were found. An adapter should compare all views by cheap tiers before any by dear ones.
    ///
    /// # Errors
    /// As for [`compare`](Self::compare).
    async fn compare_views(
        &self,
        views: &[ReferenceFeatures],
        photo: &Photo,
        mode: MatchMode,
        search: ViewSearch,
    ) -> Result<Vec<(usize, Examination)>, VisionError> {
        let mut found = Vec::new();
        for (place, view) in views.iter().enumerate() {
            let mut examination = self.compare(view, photo, mode).await?;
            let comparison = &mut examination.comparison;
            comparison.threshold = comparison.threshold.max(LearnedView::MIN_SCORE);
            let is_found = match search {
                ViewSearch::One | ViewSearch::Two => comparison.is_certain(),
                ViewSearch::Cheapest => comparison.is_plain(),
            };
            if is_found {
                found.push((place, examination));
            }
            if found.len() == search.enough() {
                break;
            }
        }
        Ok(found)
    }
}
