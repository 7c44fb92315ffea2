//! Photos that are drawn here, from Debian's package `opencv-doc`, and from the optional photo set.

use std::fs;

use injeung_domain::{Photo, PhotoLimits};
use opencv::core::{CV_8UC3, CV_8UC4, Mat, ROTATE_90_COUNTERCLOCKWISE, Scalar, Vector, rotate};
use opencv::imgcodecs::{IMREAD_COLOR, imdecode, imencode};
use opencv::imgproc::{FILLED, LINE_8, circle};
use opencv::prelude::*;

use super::beside;

/// A photo of `opencv-doc`; `None` if the package is not unpacked.
pub(super) fn of_opencv(file: &str) -> Option<Photo> {
    let path = beside("var/demo-photos").join(file);
    match fs::read(&path) {
        Ok(bytes) => Some(parse(bytes)),
        Err(error) => {
            eprintln!("skipped: {}: {error}", path.display());
            None
        }
    }
}

/// Photos of a scene of the photo set; empty without the set.
pub(super) fn of_scene(scene: &str) -> Vec<Photo> {
    let directory = beside("../shared/photos").join(scene);
    let Ok(files) = fs::read_dir(&directory) else {
        eprintln!("skipped: there is no {}", directory.display());
        return Vec::new();
    };
    files.map(|file| parse(fs::read(file.unwrap().path()).unwrap())).collect()
}

/// A photo of `opencv-doc`, unchanged and with rotated pixels and an EXIF orientation that reverses the rotation.
pub(super) fn upright_and_turned(file: &str) -> Option<(Photo, Photo)> {
    let upright = of_opencv(file)?;
    let pixels = imdecode(&Vector::from_slice(upright.bytes()), IMREAD_COLOR).unwrap();
    let mut turned = Mat::default();
    rotate(&pixels, &mut turned, ROTATE_90_COUNTERCLOCKWISE).unwrap();
    let jpeg = encode(".jpg", &turned);
    let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
    let (start, rest) = jpeg.split_at(2);
    let turned = parse([start, b"\xff\xe1", &length, b"Exif\0\0", tiff, rest].concat());
    Some((upright, turned))
}

/// A red disc on blue, 800 by 600 pixels.
pub(super) fn disc() -> Photo {
    parse(encode(".jpg", &disc_pixels()))
}

/// A small PNG with half-transparent pixels.
pub(super) fn transparent() -> Photo {
    let colour = Scalar::new(200.0, 40.0, 20.0, 128.0);
    parse(encode(".png", &Mat::new_rows_cols_with_default(120, 100, CV_8UC4, colour).unwrap()))
}

/// A photo of 64 by 200,000 pixels.
pub(super) fn narrow() -> Photo {
    let colour = Scalar::new(200.0, 40.0, 20.0, 0.0);
    parse(encode(".png", &Mat::new_rows_cols_with_default(65_500, 64, CV_8UC3, colour).unwrap()))
}

/// A JPEG without a quantization table, so that its pixels cannot be decoded.
pub(super) fn undecodable() -> Photo {
    let mut jpeg = encode(".jpg", &disc_pixels());
    let table = jpeg.windows(2).position(|marker| marker == b"\xff\xdb").unwrap();
    let length: [u8; 2] = jpeg.get(table + 2..table + 4).unwrap().try_into().unwrap();
    jpeg.drain(table..table + 2 + usize::from(u16::from_be_bytes(length)));
    parse(jpeg)
}

fn disc_pixels() -> Mat {
    let blue = Scalar::new(200.0, 40.0, 20.0, 0.0);
    let mut pixels = Mat::new_rows_cols_with_default(600, 800, CV_8UC3, blue).unwrap();
    let red = Scalar::new(10.0, 20.0, 220.0, 0.0);
    circle(&mut pixels, (400, 300).into(), 200, red, FILLED, LINE_8, 0).unwrap();
    pixels
}

fn encode(extension: &str, pixels: &Mat) -> Vec<u8> {
    let mut file = Vector::new();
    imencode(extension, pixels, &mut file, &Vector::new()).unwrap();
    file.to_vec()
}

fn parse(file: Vec<u8>) -> Photo {
    Photo::parse(file.into(), &PhotoLimits::NONE).unwrap()
}
