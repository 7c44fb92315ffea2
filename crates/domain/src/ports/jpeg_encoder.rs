use async_trait::async_trait;

use super::VisionError;
use crate::{JpegPhoto, Photo};

/// Makes the JPEG that is stored of a photo, on threads that may block: copying and hashing a photo
/// takes milliseconds, decoding one takes a hundred times that.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait JpegEncoder: Send + Sync {
    /// A JPEG without metadata.
    ///
    /// Of a JPEG it is [`Photo::jpeg_without_metadata`], with the same pixels. Of another format it
    /// is an upright JPEG of the same size, with white where the photo is transparent.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded, else a fault.
    async fn encode(&self, photo: &Photo) -> Result<JpegPhoto, VisionError>;
}
