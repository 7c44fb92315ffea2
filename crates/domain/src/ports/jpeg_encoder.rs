use async_trait::async_trait;

use super::VisionError;
use crate::{JpegPhoto, Photo};

/// Makes the JPEG that is stored of a photo that is none.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait JpegEncoder: Send + Sync {
    /// The photo as an upright JPEG of the same pixels' size, without metadata. What is
    /// transparent becomes white.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded, else a fault.
    async fn encode(&self, photo: &Photo) -> Result<JpegPhoto, VisionError>;
}
