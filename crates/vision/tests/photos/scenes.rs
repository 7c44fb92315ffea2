//! Drawn photos, always the same and full of detail.

use injeung_domain::{Photo, PhotoLimits};
use opencv::core::{
    BORDER_REFLECT, CV_8UC3, CV_64F, Mat, Point, ROTATE_90_CLOCKWISE, Scalar, Size, Vector,
    no_array,
};
use opencv::imgcodecs::imencode;
use opencv::imgproc::{
    FILLED, INTER_LINEAR, LINE_AA, circle, gaussian_blur_def, line, rectangle_points,
    warp_perspective,
};
use opencv::prelude::*;

/// A wall of overlapping shapes that depend on the seed, 1,200 by 900 pixels.
pub(crate) fn wall(seed: u32) -> Mat {
    let mut random = Random(seed);
    let mut pixels =
        Mat::new_rows_cols_with_default(900, 1200, CV_8UC3, Scalar::all(128.0)).unwrap();
    for index in 0..600 {
        let from = Point::new(random.below(1200), random.below(900));
        let size = 8 + random.below(80);
        let colour = Scalar::from_array([(); 4].map(|()| f64::from(random.below(256))));
        let to = Point::new(from.x + size, from.y + random.below(80) - 40);
        match index % 3 {
            0 => circle(&mut pixels, from, size / 3, colour, FILLED, LINE_AA, 0).unwrap(),
            1 => rectangle_points(&mut pixels, from, to, colour, FILLED, LINE_AA, 0).unwrap(),
            _ => line(&mut pixels, from, to, colour, 3, LINE_AA, 0).unwrap(),
        }
    }
    let mut soft = Mat::default();
    gaussian_blur_def(&pixels, &mut soft, Size::new(5, 5), 1.0).unwrap();
    soft
}

/// One colour with the noise of a sensor.
pub(crate) fn blank(seed: u32) -> Mat {
    let mut random = Random(seed);
    let noise = (0..900 * 1200 * 3).map(|_| (126 + random.below(3) + random.below(3)) as u8);
    let noise: Vec<u8> = noise.collect();
    Mat::from_slice(&noise).unwrap().reshape(3, 900).unwrap().try_clone().unwrap()
}

/// The picture seen from the side: a homography that rotates, shrinks and tilts.
pub(crate) fn from_aside(pixels: &Mat) -> Mat {
    let entries = [0.80, -0.22, 210.0, 0.18, 0.78, -20.0, 1.0e-4, 6.0e-5, 1.0];
    let matrix = Mat::from_slice(&entries).unwrap().reshape(1, 3).unwrap().try_clone().unwrap();
    assert_eq!(matrix.typ(), CV_64F);
    let mut result = Mat::default();
    let size = Size::new(1200, 900);
    let black = Scalar::default();
    warp_perspective(pixels, &mut result, &matrix, size, INTER_LINEAR, BORDER_REFLECT, black)
        .unwrap();
    result
}

/// The picture in other light: `contrast` times as bright, with `brightness` added.
pub(crate) fn relit(pixels: &Mat, contrast: f64, brightness: f64) -> Mat {
    let mut result = Mat::default();
    pixels.convert_to(&mut result, -1, contrast, brightness).unwrap();
    result
}

/// The picture from a camera in portrait orientation.
pub(crate) fn turned(pixels: &Mat) -> Mat {
    let mut result = Mat::default();
    opencv::core::rotate(pixels, &mut result, ROTATE_90_CLOCKWISE).unwrap();
    result
}

pub(crate) fn photo(pixels: &Mat, extension: &str) -> Photo {
    let mut file = Vector::new();
    assert!(imencode(extension, pixels, &mut file, &Vector::new()).unwrap());
    Photo::parse(file.to_vec().into(), &PhotoLimits::NONE).unwrap()
}

/// Mean absolute difference of a channel between two pictures of equal size, 0 to 255.
pub(crate) fn difference(a: &Mat, b: &Mat) -> f64 {
    let mut difference = Mat::default();
    opencv::core::absdiff(a, b, &mut difference).unwrap();
    let mean = opencv::core::mean(&difference, &no_array()).unwrap();
    (mean[0] + mean[1] + mean[2]) / 3.0
}

/// A linear congruential generator (Numerical Recipes), identical on every machine.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: i32) -> i32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::try_from((u64::from(self.0) * u64::from(bound.unsigned_abs())) >> 32).unwrap()
    }
}
