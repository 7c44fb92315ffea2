use opencv::core::{CV_8U, CV_8UC3, Mat, Scalar, Vec3b, Vec4b, Vec4w};
use opencv::prelude::*;

/// Lays pixels of blue, green, red and alpha, of 8 or 16 bits a channel, over white.
///
/// Row by row, since a copy of a photo of the largest size takes hundreds of megabytes.
pub(super) fn over_white(pixels: &Mat) -> opencv::Result<Mat> {
    let size = pixels.size()?;
    let mut result = Mat::new_size_with_default(size, CV_8UC3, Scalar::default())?;
    for row in 0..size.height {
        let opaque = result.at_row_mut::<Vec3b>(row)?;
        if pixels.depth() == CV_8U {
            for (out, pixel) in opaque.iter_mut().zip(pixels.at_row::<Vec4b>(row)?) {
                *out = blend::<255>(pixel.0.map(u32::from));
            }
        } else {
            for (out, pixel) in opaque.iter_mut().zip(pixels.at_row::<Vec4w>(row)?) {
                *out = blend::<65_535>(pixel.0.map(u32::from));
            }
        }
    }
    Ok(result)
}

/// `MAX` is the value of a full channel: 255 or 65,535, whose square still fits 32 bits.
fn blend<const MAX: u32>([blue, green, red, alpha]: [u32; 4]) -> Vec3b {
    let white = (MAX - alpha) * MAX;
    let over = |channel: u32| ((channel * alpha + white + MAX / 2) / MAX / (MAX / 255)) as u8;
    Vec3b::from([over(blue), over(green), over(red)])
}
