use opencv::core::{CV_8UC3, Mat, Scalar, Vec3b, Vec4b};
use opencv::prelude::*;

/// Blends pixels of blue, green, red and alpha, 8 bits a channel, over white.
///
/// Works row by row, since a copy of the largest photo takes hundreds of megabytes.
pub(super) fn over_white(pixels: &Mat) -> opencv::Result<Mat> {
    let size = pixels.size()?;
    let mut result = Mat::new_size_with_default(size, CV_8UC3, Scalar::default())?;
    for row in 0..size.height {
        let opaque = result.at_row_mut::<Vec3b>(row)?;
        for (out, pixel) in opaque.iter_mut().zip(pixels.at_row::<Vec4b>(row)?) {
            *out = blend(pixel.0.map(u32::from));
        }
    }
    Ok(result)
}

fn blend([blue, green, red, alpha]: [u32; 4]) -> Vec3b {
    let over = |channel: u32| ((channel * alpha + (255 - alpha) * 255 + 127) / 255) as u8;
    Vec3b::from([over(blue), over(green), over(red)])
}
