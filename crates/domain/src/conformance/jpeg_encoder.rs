use crate::ports::JpegEncoder;
use crate::{Orientation, Photo, PhotoFormat, PhotoLimits};

/// Checks a [`JpegEncoder`] on photos that can be decoded, whatever their format.
///
/// # Panics
/// Where the encoder breaks a promise of the port.
pub async fn jpeg_encoder(encoder: &dyn JpegEncoder, photos: &[Photo]) {
    assert!(!photos.is_empty(), "the suite needs photos");
    for photo in photos {
        let jpeg = encoder.encode(photo).await.expect("a JPEG");
        let read = Photo::parse(jpeg.bytes().clone(), &PhotoLimits::default()).expect("a photo");
        assert_eq!(read.format(), PhotoFormat::Jpeg);
        assert_eq!(read.orientation(), Orientation::Upright, "the pixels stand upright");
        let (width, height) = (photo.width(), photo.height());
        let upright =
            if photo.orientation().swaps_sides() { (height, width) } else { (width, height) };
        assert_eq!((read.width(), read.height()), upright, "no pixel is lost");
        assert_eq!(encoder.encode(photo).await.expect("a JPEG"), jpeg, "it is repeatable");
    }
}
