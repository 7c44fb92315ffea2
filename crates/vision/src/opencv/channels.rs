//! Conversion of pixels of four channels to blue, green and red of 8 bits each.
//!
//! Works row by row, since a copy of the largest photo takes hundreds of megabytes.

use opencv::core::{CV_8UC3, CV_16U, DataType, Mat, Scalar, Vec3b, Vec4b, Vec4w};
use opencv::prelude::*;

/// Blends blue, green, red and alpha, of 8 or 16 bits each, over white.
pub(super) fn over_white(pixels: &Mat) -> opencv::Result<Mat> {
    if pixels.depth() == CV_16U {
        converted(pixels, |pixel: Vec4w| blend(pixel.0.map(u64::from), u16::MAX.into()))
    } else {
        converted(pixels, |pixel: Vec4b| blend(pixel.0.map(u64::from), u8::MAX.into()))
    }
}

/// Mixes cyan, magenta, yellow and black, which files of this kind store inverted: 255 is no ink.
pub(super) fn without_inks(pixels: &Mat) -> opencv::Result<Mat> {
    converted(pixels, |pixel: Vec4b| {
        let [cyan, magenta, yellow, black] = pixel.0.map(u32::from);
        Vec3b::from([yellow, magenta, cyan].map(|ink| ((ink * black + 127) / 255) as u8))
    })
}

fn blend([blue, green, red, alpha]: [u64; 4], opaque: u64) -> Vec3b {
    let full = opaque * opaque;
    let over = |channel: u64| {
        let sum = channel * alpha + (opaque - alpha) * opaque;
        ((sum * 255 + full / 2) / full) as u8
    };
    Vec3b::from([over(blue), over(green), over(red)])
}

fn converted<P: DataType>(pixels: &Mat, convert: impl Fn(P) -> Vec3b) -> opencv::Result<Mat> {
    let size = pixels.size()?;
    let mut result = Mat::new_size_with_default(size, CV_8UC3, Scalar::default())?;
    for row in 0..size.height {
        let target = result.at_row_mut::<Vec3b>(row)?;
        for (out, pixel) in target.iter_mut().zip(pixels.at_row::<P>(row)?) {
            *out = convert(*pixel);
        }
    }
    Ok(result)
}
