//! What people do to a photo before they send it again.

use opencv::core::{Mat, ROTATE_90_CLOCKWISE, ROTATE_180, Scalar};
use opencv::imgproc::{COLOR_BGR2GRAY, COLOR_GRAY2BGR, cvt_color_def};
use opencv::prelude::*;

use crate::pixels::{
    Result, cropped, framed, jpeg, mirrored, resized, screenshot, stamped, toned, turned,
};

/// A transformation and the quality at which its result is encoded.
pub(crate) struct Transformation {
    pub(crate) name: &'static str,
    pub(crate) quality: i32,
    pub(crate) apply: fn(&Mat, usize) -> Result<Mat>,
}

impl Transformation {
    pub(crate) fn file(&self, picture: &Mat, seed: usize) -> Result<Vec<u8>> {
        jpeg(&(self.apply)(picture, seed)?, self.quality)
    }
}

const fn of(
    name: &'static str,
    quality: i32,
    apply: fn(&Mat, usize) -> Result<Mat>,
) -> Transformation {
    Transformation { name, quality, apply }
}

fn same(picture: &Mat) -> Result<Mat> {
    picture.try_clone()
}

fn black_and_white(picture: &Mat) -> Result<Mat> {
    let (mut grey, mut result) = (Mat::default(), Mat::default());
    cvt_color_def(picture, &mut grey, COLOR_BGR2GRAY)?;
    cvt_color_def(&grey, &mut result, COLOR_GRAY2BGR)?;
    Ok(result)
}

/// Warmer, with lifted shadows.
fn filtered(picture: &Mat) -> Result<Mat> {
    let mut result = picture.try_clone()?;
    for entry in result.data_typed_mut::<opencv::core::Vec3b>()? {
        for (channel, gain) in [0.8, 0.95, 1.08].into_iter().enumerate() {
            let value = f64::from(entry[channel]) / 255.0;
            entry[channel] =
                (255.0 * (0.08 + 0.92 * value.powf(0.85)) * gain).clamp(0.0, 255.0) as u8;
        }
    }
    Ok(result)
}

const WHITE: Scalar = Scalar::new(255.0, 255.0, 255.0, 0.0);
const BLACK: Scalar = Scalar::new(0.0, 0.0, 0.0, 0.0);

pub(crate) const TRANSFORMATIONS: [Transformation; 31] = [
    of("encoded again, quality 95", 95, |picture, _| same(picture)),
    of("encoded again, quality 85", 85, |picture, _| same(picture)),
    of("encoded again, quality 70", 70, |picture, _| same(picture)),
    of("encoded again, quality 50", 50, |picture, _| same(picture)),
    of("encoded again, quality 30", 30, |picture, _| same(picture)),
    of("resized to 25 %", 85, |picture, _| resized(picture, 0.25)),
    of("resized to 50 %", 85, |picture, _| resized(picture, 0.5)),
    of("resized to 75 %", 85, |picture, _| resized(picture, 0.75)),
    of("resized to 150 %", 85, |picture, _| resized(picture, 1.5)),
    of("resized to 200 %", 85, |picture, _| resized(picture, 2.0)),
    of("cropped by 5 %", 85, |picture, seed| cropped(picture, 0.05, seed)),
    of("cropped by 10 %", 85, |picture, seed| cropped(picture, 0.10, seed)),
    of("cropped by 15 %", 85, |picture, seed| cropped(picture, 0.15, seed)),
    of("cropped by 25 %", 85, |picture, seed| cropped(picture, 0.25, seed)),
    of("white frame of 5 %", 85, |picture, _| framed(picture, 0.05, WHITE)),
    of("black frame of 15 %", 85, |picture, _| framed(picture, 0.15, BLACK)),
    of("stamped", 85, |picture, _| stamped(picture)),
    of("mirrored", 85, |picture, _| mirrored(picture)),
    of("turned by 90 degrees", 85, |picture, _| turned(picture, ROTATE_90_CLOCKWISE)),
    of("turned by 180 degrees", 85, |picture, _| turned(picture, ROTATE_180)),
    of("screenshot, dark", 90, |picture, _| screenshot(picture, true)),
    of("screenshot, light", 90, |picture, _| screenshot(picture, false)),
    of("darker by 20 %", 85, |picture, _| toned(picture, 0.8, 0.0)),
    of("brighter by 20 %", 85, |picture, _| toned(picture, 1.2, 0.0)),
    of("more contrast", 85, |picture, _| toned(picture, 1.3, -38.0)),
    of("warm filter", 85, |picture, _| filtered(picture)),
    of("black and white", 85, |picture, _| black_and_white(picture)),
    of("cropped 10 %, resized 60 %, quality 60", 60, |picture, seed| {
        resized(&cropped(picture, 0.10, seed)?, 0.6)
    }),
    of("mirrored, brighter, quality 60", 60, |picture, _| toned(&mirrored(picture)?, 1.15, 5.0)),
    of("stamped, cropped 5 %, quality 75", 75, |picture, seed| {
        stamped(&cropped(picture, 0.05, seed)?)
    }),
    of("screenshot, cropped, quality 70", 70, |picture, seed| {
        cropped(&screenshot(picture, seed % 2 == 0)?, 0.08, seed)
    }),
];
