//! Copies of photos, and second photos that are none.

use injeung_adapter::{Limits, Workers};
use injeung_domain::conformance::replay_detector;
use injeung_domain::ports::ReplayDetector;
use injeung_domain::{JpegPhoto, Photo, PhotoLimits};
use injeung_vision::CopyDetector;
use opencv::core::{Mat, Rect, Size, Vector, flip};
use opencv::imgcodecs::{IMREAD_COLOR, IMWRITE_JPEG_QUALITY, imdecode, imencode};
use opencv::imgproc::{INTER_AREA, resize};
use opencv::prelude::*;

use crate::scenes::{blank, from_aside, relit, turned, wall};

fn jpeg(pixels: &Mat, quality: i32) -> JpegPhoto {
    let mut file = Vector::new();
    let parameters = Vector::from_slice(&[IMWRITE_JPEG_QUALITY, quality]);
    assert!(imencode(".jpg", pixels, &mut file, &parameters).unwrap());
    let photo = Photo::parse(file.to_vec().into(), &PhotoLimits::NONE).unwrap();
    photo.jpeg_without_metadata().unwrap()
}

fn pixels(photo: &JpegPhoto) -> Mat {
    imdecode(&Mat::from_slice(photo.bytes()).unwrap(), IMREAD_COLOR).unwrap()
}

/// The picture with a sensor's noise, which is another for each seed.
fn taken(pixels: &Mat, seed: u32) -> Mat {
    let mut result = Mat::default();
    // The blank's mean is 128 on every channel.
    opencv::core::add_weighted_def(pixels, 1.0, &blank(seed), 1.0, -128.0, &mut result).unwrap();
    result
}

fn resized(pixels: &Mat, width: i32, height: i32) -> Mat {
    let mut result = Mat::default();
    resize(pixels, &mut result, Size::new(width, height), 0.0, 0.0, INTER_AREA).unwrap();
    result
}

fn is_copy(photo: &JpegPhoto, earlier: &JpegPhoto) -> bool {
    let agreement = CopyDetector::compare(photo.photo(), earlier.photo()).unwrap();
    agreement.is_some_and(|agreement| agreement.is_copy())
}

#[tokio::test]
async fn the_detector_keeps_the_promises_of_its_port() {
    let detector = CopyDetector::new(Workers::new(Limits::untimed(2, 8)));
    let photos = [1, 2, 3].map(|seed| jpeg(&taken(&wall(seed), seed), 92));
    let copy = |photo: &JpegPhoto| jpeg(&resized(&pixels(photo), 800, 600), 70);
    replay_detector(&detector, &photos, copy).await;
}

#[test]
fn copies_are_recognised() {
    let original = jpeg(&taken(&wall(4), 4), 92);
    let decoded = pixels(&original);
    for quality in [30, 50, 70, 85, 95] {
        assert!(is_copy(&jpeg(&decoded, quality), &original), "quality {quality}");
    }
    let crop = Mat::roi(&decoded, Rect::new(90, 20, 1000, 800)).unwrap().try_clone().unwrap();
    let mut mirrored = Mat::default();
    flip(&decoded, &mut mirrored, 1).unwrap();
    let copies = [
        ("resized", resized(&decoded, 700, 525)),
        ("cropped", crop.clone()),
        ("cropped and resized", resized(&crop, 640, 512)),
        ("cropped to the same size", resized(&crop, 1200, 900)),
        ("mirrored", mirrored),
        ("turned", turned(&decoded)),
        ("darker", relit(&decoded, 0.8, 0.0)),
    ];
    for (name, copy) in copies {
        assert!(is_copy(&jpeg(&copy, 80), &original), "{name}");
    }
}

#[test]
fn second_photos_are_no_copies() {
    let original = jpeg(&taken(&wall(4), 4), 92);
    for quality in [75, 92] {
        let tripod = jpeg(&taken(&wall(4), 5), quality);
        assert!(!is_copy(&tripod, &original), "a tripod, quality {quality}");
    }
    let darker = jpeg(&taken(&relit(&wall(4), 0.9, 0.0), 6), 92);
    assert!(!is_copy(&darker, &original), "a tripod in other light");
    assert!(!is_copy(&jpeg(&taken(&from_aside(&wall(4)), 7), 92), &original), "from aside");
    assert!(!is_copy(&jpeg(&taken(&wall(5), 4), 92), &original), "another wall");
    let [first, second] = [8, 9].map(|seed| jpeg(&blank(seed), 92));
    assert!(!is_copy(&second, &first), "a plain wall");
}

#[tokio::test]
async fn a_photo_that_cannot_be_decoded_is_no_copy() {
    let detector = CopyDetector::new(Workers::new(Limits::untimed(1, 8)));
    let original = jpeg(&wall(4), 92);
    let mut cut = original.bytes().to_vec();
    let half = cut.len() / 2;
    cut.splice(half..half + 2000, [0xff, 0xd9]);
    let cut = Photo::parse(cut.into(), &PhotoLimits::NONE).unwrap();
    assert!(!detector.is_copy(original.photo(), &cut).await.unwrap());
}
