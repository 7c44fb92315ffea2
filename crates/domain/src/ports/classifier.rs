use async_trait::async_trait;

use super::VisionError;
use crate::{Concept, Photo};

/// Says what a photo shows.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Classifier: Send + Sync {
    /// The concepts that the photo shows, surest first.
    ///
    /// Only those the adapter is sure enough of are there; how sure is its configuration. One
    /// concept may stand there under several names, in several languages. The photo is seen
    /// upright. Nothing is an answer: a photo may show nothing that has a name.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded; a fault when the classifier
    /// refused, failed or took too long. Retries, where they make sense, are behind it already.
    async fn classify(&self, photo: &Photo) -> Result<Vec<Concept>, VisionError>;
}
