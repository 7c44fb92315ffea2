use bytes::Bytes;

use crate::JpegPhoto;
use crate::ports::ReplayDetector;

/// Checks a [`ReplayDetector`] on photos of different scenes. `copy_of` returns a copy of a photo with other pixels.
///
/// # Panics
/// If the detector violates the port's contract.
pub async fn replay_detector(
    detector: &dyn ReplayDetector,
    photos: &[JpegPhoto],
    copy_of: impl Fn(&JpegPhoto) -> JpegPhoto,
) {
    assert!(photos.len() > 1, "the suite needs photos");
    let mut points = Vec::new();
    for photo in photos {
        let examined = detector.examine(photo).await.expect("an examined photo");
        assert_eq!(detector.examine(photo).await.expect("the same"), examined, "it is repeatable");
        assert_eq!(examined.trace.pixels_sha256, *photo.pixels_sha256());
        assert!(examined.variants.len() <= crate::ExaminedPhoto::MAX_VARIANTS);
        if let Some(hash) = &examined.trace.hash {
            assert_eq!(examined.distance(hash), 0, "the photo is a variant of itself");
        }
        points.push(examined.trace.points);
    }
    points.push(Bytes::from_static(b"unknown points"));
    for (place, photo) in photos.iter().enumerate() {
        let copy = copy_of(photo);
        assert_ne!(copy.pixels_sha256(), photo.pixels_sha256(), "the copy has other pixels");
        let examined = detector.examine(&copy).await.expect("an examined copy");
        let similar = detector.similar(&examined, &points).await.expect("places");
        assert_eq!(similar.first(), Some(&place), "the most similar photo is the original");
        assert!(similar.iter().all(|place| *place < photos.len()), "{similar:?}");
        for (other, earlier) in photos.iter().enumerate() {
            let is_copy = detector.is_copy(copy.photo(), earlier.photo()).await.expect("a verdict");
            assert_eq!(is_copy, place == other, "photo {place}, earlier {other}");
        }
        let itself = detector.is_copy(photo.photo(), photo.photo()).await.expect("a verdict");
        assert!(itself, "a photo is a copy of itself");
    }
}
