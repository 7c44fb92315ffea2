use crate::ports::JpegEncoder;
use crate::{Orientation, Photo, PhotoFormat, PhotoLimits};

/// Checks a [`JpegEncoder`] on photos of any format that can be decoded.
///
/// # Panics
/// If the encoder violates the port's contract.
pub async fn jpeg_encoder(encoder: &dyn JpegEncoder, photos: &[Photo]) {
    assert!(!photos.is_empty(), "the suite needs photos");
    for photo in photos {
        let jpeg = encoder.encode(photo).await.expect("a JPEG");
        let read = Photo::parse(jpeg.bytes().clone(), &PhotoLimits::NONE).expect("a photo");
        assert_eq!(read.format(), PhotoFormat::Jpeg);
        assert_eq!(upright_size(&read), upright_size(photo), "no pixel is lost");
        if let Some(clean) = photo.jpeg_without_metadata() {
            assert_eq!(jpeg, clean, "a JPEG keeps its pixels");
        } else {
            assert_eq!(read.orientation(), Orientation::Upright, "the pixels stand upright");
        }
        assert_eq!(encoder.encode(photo).await.expect("a JPEG"), jpeg, "it is repeatable");
    }
}

/// Width and height in pixels after the orientation is applied.
fn upright_size(photo: &Photo) -> (u32, u32) {
    let (width, height) = (photo.width(), photo.height());
    if photo.orientation().swaps_sides() { (height, width) } else { (width, height) }
}
