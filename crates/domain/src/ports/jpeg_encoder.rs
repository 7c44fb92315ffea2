use async_trait::async_trait;

use super::VisionError;
use crate::{JpegPhoto, Photo};

/// Creates the JPEG to store for a photo. It works on threads that may block: copying and hashing a
/// photo takes milliseconds, and decoding one takes a hundred times longer.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait JpegEncoder: Send + Sync {
    /// Returns the photo as a JPEG without metadata.
    ///
    /// For a JPEG it is [`Photo::jpeg_without_metadata`], with the same pixels. For another format
    /// it is an upright JPEG of the same size, with white in place of transparency.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded; a fault otherwise.
    async fn encode(&self, photo: &Photo) -> Result<JpegPhoto, VisionError>;
}
