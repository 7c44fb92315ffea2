use async_trait::async_trait;
use bytes::Bytes;

use super::VisionError;
use crate::{ExaminedPhoto, Fault, JpegPhoto, Photo, PhotoFlag};

/// Recognises copies of a photo, and pictures of screens.
///
/// A copy shows the same capture: encoded again, resized, cropped, framed, drawn on, turned by quarters or
/// mirrored. A second photo of the same scene is none, however similar. The same photos always give the same
/// result.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReplayDetector: Send + Sync {
    /// Examines a new photo.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded; a fault otherwise.
    async fn examine(&self, photo: &JpegPhoto) -> Result<ExaminedPhoto, VisionError>;

    /// Returns the places of earlier photos that the new one can be a copy of, by the points
    /// of their traces, the most similar first. Points in an
    /// unknown format are left out.
    async fn similar(&self, photo: &ExaminedPhoto, earlier: &[Bytes]) -> Result<Vec<usize>, Fault>;

    /// Compares the pixels: whether the photo is a copy of the earlier one. A photo that cannot be decoded is neither.
    async fn is_copy(&self, photo: &Photo, earlier: &Photo) -> Result<bool, Fault>;

    /// Returns [`PhotoFlag::Screen`] and [`PhotoFlag::Screenshot`] if the pixels have their signs. A photo that cannot be
    /// decoded has none.
    async fn flags(&self, photo: &Photo) -> Result<Vec<PhotoFlag>, Fault>;
}
