//! Drawn pictures, identical on every machine.

use opencv::core::{CV_8UC1, Mat, Rect, Scalar, Size};
use opencv::imgproc::{INTER_AREA, rectangle, resize};
use opencv::prelude::*;

const WIDTH: i32 = 320;
const HEIGHT: i32 = 256;
const RECTANGLES: usize = 60;

/// Overlapping rectangles of one brightness each that depend on the seed, 320 by 256 pixels; with `moved`, slightly
/// smaller and at another place.
pub(crate) fn rectangles(seed: u32, moved: bool) -> Mat {
    let mut random = Random(seed);
    let mut pixels =
        Mat::new_rows_cols_with_default(HEIGHT, WIDTH, CV_8UC1, Scalar::all(128.0)).unwrap();
    for _ in 0..RECTANGLES {
        let [x, y] = [random.below(WIDTH), random.below(HEIGHT)];
        let [width, height] = [4 + random.below(40), 4 + random.below(40)];
        let brightness = Scalar::all(f64::from(random.below(256)));
        let at = |length: i32, moved_by: i32| {
            if moved { length * 9 / 10 + moved_by } else { length }
        };
        let (left, right) = (at(x, 13), at(x + width, 13));
        let (top, bottom) = (at(y, 7), at(y + height, 7));
        let area = Rect::new(left, top, right - left, bottom - top);
        rectangle(&mut pixels, area, brightness, opencv::imgproc::FILLED, 8, 0).unwrap();
    }
    pixels
}

/// The picture resized without regard to its proportions.
pub(crate) fn resized(pixels: &Mat, width: i32, height: i32) -> Mat {
    let mut result = Mat::default();
    resize(pixels, &mut result, Size::new(width, height), 0.0, 0.0, INTER_AREA).unwrap();
    result
}

/// The picture in other light: `contrast` times as bright, with `brightness` added.
pub(crate) fn relit(pixels: &Mat, contrast: f64, brightness: f64) -> Mat {
    let mut result = Mat::default();
    pixels.convert_to(&mut result, -1, contrast, brightness).unwrap();
    result
}

/// A linear congruential generator (Numerical Recipes), identical on every machine.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: i32) -> i32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::try_from((u64::from(self.0) * u64::from(bound.unsigned_abs())) >> 32).unwrap()
    }
}
