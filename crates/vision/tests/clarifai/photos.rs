//! Photos made for the tests.

use bytes::Bytes;
use injeung_domain::{Photo, PhotoLimits};
use opencv::core::{CV_8UC3, CV_8UC4, Mat, Scalar, Vector};
use opencv::imgcodecs::imencode;
use opencv::imgproc::{FILLED, LINE_8, circle};
use opencv::prelude::*;

/// 1600 by 900 pixels: a red disc on the left of a blue picture.
pub fn textured() -> Photo {
    parse(jpeg())
}

/// The same with an EXIF orientation of 90 degrees clockwise: the disc is on top.
pub fn turned() -> Photo {
    let jpeg = jpeg();
    let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
    parse([&jpeg[..2], b"\xff\xe1", &length, b"Exif\0\0", tiff, &jpeg[2..]].concat())
}

/// A small PNG with half-transparent pixels.
pub fn transparent() -> Photo {
    let colour = Scalar::new(200.0, 40.0, 20.0, 128.0);
    let pixels = Mat::new_rows_cols_with_default(120, 100, CV_8UC4, colour).unwrap();
    parse(encode(".png", &pixels))
}

/// A JPEG without a quantization table, so that its pixels cannot be decoded.
pub fn undecodable() -> Photo {
    let mut jpeg = jpeg();
    let table = jpeg.windows(2).position(|marker| marker == b"\xff\xdb").unwrap();
    let length = usize::from(u16::from_be_bytes([jpeg[table + 2], jpeg[table + 3]]));
    jpeg.drain(table..table + 2 + length);
    parse(jpeg)
}

fn jpeg() -> Vec<u8> {
    let blue = Scalar::new(200.0, 40.0, 20.0, 0.0);
    let mut pixels = Mat::new_rows_cols_with_default(900, 1600, CV_8UC3, blue).unwrap();
    let red = Scalar::new(10.0, 20.0, 220.0, 0.0);
    circle(&mut pixels, (400, 450).into(), 300, red, FILLED, LINE_8, 0).unwrap();
    encode(".jpg", &pixels)
}

fn encode(extension: &str, pixels: &Mat) -> Vec<u8> {
    let mut file = Vector::new();
    imencode(extension, pixels, &mut file, &Vector::new()).unwrap();
    file.to_vec()
}

fn parse(file: Vec<u8>) -> Photo {
    Photo::parse(Bytes::from(file), &PhotoLimits::NONE).unwrap()
}
