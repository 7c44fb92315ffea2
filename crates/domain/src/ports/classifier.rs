use async_trait::async_trait;

use super::VisionError;
use crate::{ClassifierUsage, Concept, Keyword, Photo};

/// Names the subjects of a photo.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Classifier: Send + Sync {
    /// Returns the concepts that the photo shows, in descending order of certainty.
    ///
    /// The photo passes if a name of `keyword` is among them. A classifier that lists what it finds
    /// ignores the keyword. One that answers questions asks whether the photo shows the keyword, and
    /// returns one concept of that name or none (docs/adr/0023).
    ///
    /// The adapter's configuration sets the minimum certainty. One concept may be listed under
    /// several names, in several languages. The adapter applies the photo's orientation first. An
    /// empty list is valid: a photo may show nothing that has a name.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded; a fault when the classifier was
    /// overloaded, failed or timed out. The adapter has already done any retries.
    async fn classify(&self, photo: &Photo, keyword: &Keyword)
    -> Result<Vec<Concept>, VisionError>;

    /// Name of the classifier and its model in records, such as `clarifai general-image-recognition`.
    fn name(&self) -> String {
        "classifier".to_owned()
    }

    /// Whether the classifier can return a name of the keyword at all; `None` if it does not list its
    /// names. No photo satisfies a keyword without a known name.
    fn knows(&self, _keyword: &Keyword) -> Option<bool> {
        None
    }

    /// What happened to the calls since the start, for metrics and readiness: one entry for each classifier that
    /// answers by itself.
    fn usage(&self) -> Vec<ClassifierUsage> {
        Vec::new()
    }
}
