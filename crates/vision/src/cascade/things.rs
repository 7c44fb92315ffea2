//! Comparison of the things in two photos of one place, by their colours.
//!
//! Feature points are mostly on the surroundings, such as the plate and the table, so they do not distinguish the food on it. The
//! photo is laid over the reference, and the colours of the parts that differ are counted in both. A thing that was moved has
//! the same colours at another spot; another thing has other colours.

use opencv::calib3d::{USAC_ACCURATE, find_homography};
use opencv::core::{
    BORDER_CONSTANT, BORDER_REFLECT, CV_8U, CV_32FC3, Mat, Point, Point2f, Scalar, Size, Vec3b,
    Vec3f, Vector,
};
use opencv::imgcodecs::{IMREAD_COLOR, imdecode};
use opencv::imgproc::{
    COLOR_BGR2Lab, INTER_LINEAR, cvt_color_def, dilate_def, erode, gaussian_blur,
    gaussian_blur_def, warp_perspective,
};
use opencv::prelude::*;

use super::finding::Finding;
use super::picture::jpeg_size;
use crate::opencv::encode;

/// Maximum difference of the things in matching photos: with it at most 5 of 75 matching photos of food are
/// rejected (docs/accuracy.md).
pub(super) const LIMIT: f64 = 0.13;
/// Longer side of the reference's colours, in pixels.
pub(super) const SIDE: u32 = 240;
/// Longer side of the photo that is laid over them, in pixels.
pub(super) const PHOTO_SIDE: u32 = 480;
/// Minimum share of the reference that the photo has to show.
const MIN_OVERLAP: f64 = 0.1;
/// Maximum distance of a point from its place, in pixels of the reference's colours.
const TOLERANCE: f64 = 2.0;
/// Maximum error of the alignment, in pixels of the reference's colours, and the steps in which it is searched.
const SHIFT: i32 = 4;
const STEP: usize = 2;
/// Minimum distance of two colours of CIELAB that differ. Brightness counts half, because shadows change it.
const MIN_DISTANCE: f32 = 20.0;
/// Side of the square around a differing pixel whose colours are counted, in pixels.
const AROUND: i32 = 9;
/// Exponent between stored brightness and light.
const GAMMA: f64 = 2.2;
/// Added to light, so that black pixels have a ratio.
const DARK: f64 = 0.002;
/// Counted range of CIELAB's a and b, and the number of counts in a row.
const RANGES: [[f32; 2]; 2] = [[-60.0, 70.0], [-60.0, 80.0]];
const COUNTS: i32 = 26;

/// A small picture in colour of a reference, as a JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thumbnail(Vec<u8>);

impl Thumbnail {
    /// Encodes pixels in blue, green and red with a longer side of [`SIDE`], 5 to 15 KB.
    ///
    /// # Errors
    /// If OpenCV fails.
    pub(super) fn of(pixels: &Mat) -> opencv::Result<Self> {
        encode(pixels).map(Self)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// `None` for other bytes than those of a JPEG of at most [`SIDE`] pixels a side.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let sides = jpeg_size(bytes)?;
        let is_small = sides.iter().all(|side| (1..=SIDE as usize).contains(side));
        is_small.then(|| Self(bytes.to_vec()))
    }

    fn pixels(&self) -> opencv::Result<Mat> {
        imdecode(&Mat::from_slice(&self.0)?, IMREAD_COLOR)
    }
}

/// Amount by which the colours of things differ, as a share of the part of the reference that the photo shows: 0 to 1. `None` if
/// the photos cannot be aligned.
///
/// `photo` has three channels and is upright, as is the place of each pair.
///
/// # Errors
/// If OpenCV fails.
pub(super) fn difference(
    reference: &Thumbnail,
    photo: &Mat,
    found: &Finding,
) -> opencv::Result<Option<f64>> {
    let reference = reference.pixels()?;
    let Some(map) = homography(found, reference.size()?, photo.size()?) else { return Ok(None) };
    let (laid, shown) = laid_over(photo, &map, reference.size()?)?;
    let shown: Vec<bool> = shown.data_bytes()?.iter().map(|value| *value > 0).collect();
    let area = shown.iter().filter(|is_shown| **is_shown).count();
    if (area as f64) < MIN_OVERLAP * shown.len() as f64 {
        return Ok(None);
    }
    let laid = equalised(&reference, &laid, &shown)?;
    let unchanged = equalised(&reference, &reference, &shown)?;
    let (before, after) = (lab(&unchanged)?, lab(&laid)?);
    let changed = changed(&before, &after, &shown)?;
    let [before, after] = [counts(&before, &changed)?, counts(&after, &changed)?];
    let differences = before.iter().zip(&after).map(|(one, other)| f64::from((one - other).abs()));
    Ok(Some(differences.sum::<f64>() / 2.0 / area as f64))
}

/// Map from the photo to the reference that explains the most pairs; `None` if there is none.
fn homography(found: &Finding, reference: Size, photo: Size) -> Option<Mat> {
    let scale = |size: Size, (width, _): (u32, u32)| size.width as f32 / width.max(1) as f32;
    let (before, after) = (scale(reference, found.reference_size), scale(photo, found.photo_size));
    let place = |[x, y]: [f32; 2], by: f32| Point2f::new(x * by, y * by);
    let from: Vector<Point2f> = found.inliers.iter().map(|pair| place(pair.photo, after)).collect();
    let to: Vector<Point2f> =
        found.inliers.iter().map(|pair| place(pair.reference, before)).collect();
    if from.len() <= 4 {
        return None;
    }
    // OpenCV fails on degenerate points; that means no map.
    let map = find_homography(&from, &to, &mut Mat::default(), USAC_ACCURATE, TOLERANCE).ok()?;
    (map.total() == 9).then_some(map)
}

/// The photo laid over the reference, and where it is: 255 there, 0 elsewhere.
fn laid_over(photo: &Mat, map: &Mat, size: Size) -> opencv::Result<(Mat, Mat)> {
    let [a, b, _, d, e, _, _, _, i] = *map.data_typed::<f64>()? else {
        return Ok((Mat::default(), Mat::default()));
    };
    let scale = ((a * e - b * d) / (i * i)).abs().sqrt();
    let mut source = photo.try_clone()?;
    if scale < 1.0 {
        // Blurred before it is reduced, at most to a tenth.
        let blur = 0.4 / scale.max(0.1);
        gaussian_blur_def(photo, &mut source, Size::default(), blur)?;
    }
    let warp = |source: &Mat| -> opencv::Result<Mat> {
        let mut laid = Mat::default();
        let outside = Scalar::default();
        warp_perspective(source, &mut laid, map, size, INTER_LINEAR, BORDER_CONSTANT, outside)?;
        Ok(laid)
    };
    let whole =
        Mat::new_rows_cols_with_default(photo.rows(), photo.cols(), CV_8U, Scalar::all(255.0))?;
    let mut shown = warp(&whole)?;
    for value in shown.data_bytes_mut()? {
        *value = if *value > 250 { 255 } else { 0 };
    }
    let mut inner = Mat::default();
    let (anchor, outside) = (Point::new(-1, -1), Scalar::default());
    erode(&shown, &mut inner, &square(5)?, anchor, 1, BORDER_CONSTANT, outside)?;
    Ok((warp(&source)?, inner))
}

/// A square of ones.
fn square(side: i32) -> opencv::Result<Mat> {
    Mat::new_rows_cols_with_default(side, side, CV_8U, Scalar::all(1.0))
}

/// The photo in the light of the reference, values from 0 to 1. Each channel is multiplied by the median ratio of both, which
/// most of the scene has.
fn equalised(reference: &Mat, photo: &Mat, shown: &[bool]) -> opencv::Result<Mat> {
    let light: Vec<f64> =
        (0..=u8::MAX).map(|value| (f64::from(value) / 255.0).powf(GAMMA) + DARK).collect();
    let light = |value: u8| light.get(usize::from(value)).copied().unwrap_or(1.0);
    let (before, after) = (reference.data_typed::<Vec3b>()?, photo.data_typed::<Vec3b>()?);
    let mut tables = [const { Vec::new() }; 3];
    for (channel, table) in tables.iter_mut().enumerate() {
        let pairs = before.iter().zip(after).zip(shown).filter(|(_, is_shown)| **is_shown);
        let of = |pixel: &Vec3b| pixel.get(channel).copied().map_or(1.0, light);
        let mut ratios: Vec<f64> = pairs.map(|((one, other), _)| of(one) / of(other)).collect();
        let middle = ratios.len() / 2;
        let gain = if ratios.is_empty() {
            1.0
        } else {
            *ratios.select_nth_unstable_by(middle, f64::total_cmp).1
        };
        *table = (0..=u8::MAX)
            .map(|value| (light(value) * gain - DARK).clamp(0.0, 1.0).powf(1.0 / GAMMA) as f32)
            .collect::<Vec<f32>>();
    }
    let [blue, green, red] = tables;
    let at = |table: &[f32], value: u8| table.get(usize::from(value)).copied().unwrap_or_default();
    let mut result =
        Mat::new_rows_cols_with_default(photo.rows(), photo.cols(), CV_32FC3, Scalar::default())?;
    for (pixel, Vec3b { 0: [b, g, r], .. }) in
        result.data_typed_mut::<Vec3f>()?.iter_mut().zip(after)
    {
        *pixel = Vec3f::from([at(&blue, *b), at(&green, *g), at(&red, *r)]);
    }
    Ok(result)
}

/// Slightly blurred colours of CIELAB.
fn lab(pixels: &Mat) -> opencv::Result<Mat> {
    let (mut soft, mut lab) = (Mat::default(), Mat::default());
    gaussian_blur_def(pixels, &mut soft, Size::default(), 1.2)?;
    cvt_color_def(&soft, &mut lab, COLOR_BGR2Lab)?;
    Ok(lab)
}

/// The pixels with another colour near them, and their surroundings.
fn changed(before: &Mat, after: &Mat, shown: &[bool]) -> opencv::Result<Vec<bool>> {
    let (rows, columns) = (before.rows(), before.cols());
    let (one, other) = (before.data_typed::<Vec3f>()?, after.data_typed::<Vec3f>()?);
    let at = |row: i32, column: i32| {
        let place = row.clamp(0, rows - 1) * columns + column.clamp(0, columns - 1);
        other.get(place.unsigned_abs() as usize)
    };
    let shifts = || (-SHIFT..=SHIFT).step_by(STEP);
    let has_alike = |place: usize, colour: &Vec3f| {
        let (row, column) = (place as i32 / columns, place as i32 % columns);
        let near =
            shifts().flat_map(|down| shifts().map(move |right| (row + down, column + right)));
        near.filter_map(|(row, column)| at(row, column)).any(|found| {
            let ([l, a, b], [m, c, d]) = (colour.0, found.0);
            let distance = (0.5 * (l - m)).powi(2) + (a - c).powi(2) + (b - d).powi(2);
            distance <= MIN_DISTANCE.powi(2)
        })
    };
    let differs = |(place, (colour, is_shown)): (usize, (&Vec3f, &bool))| {
        u8::from(*is_shown && !has_alike(place, colour))
    };
    let pixels: Vec<u8> = one.iter().zip(shown).enumerate().map(differs).collect();
    let pixels = Mat::from_slice(&pixels)?;
    let mut around = Mat::default();
    dilate_def(&pixels.reshape(1, rows)?, &mut around, &square(AROUND)?)?;
    Ok(around.data_bytes()?.iter().zip(shown).map(|(value, shown)| *value > 0 && *shown).collect())
}

/// Number of marked pixels of each pair of a and b, shared among neighbours.
fn counts(lab: &Mat, marked: &[bool]) -> opencv::Result<Vec<f32>> {
    let mut counts = vec![0.0_f32; (COUNTS * COUNTS) as usize];
    let bin = |value: f32, [low, high]: [f32; 2]| {
        let place = (value - low) / (high - low) * COUNTS as f32;
        (place.max(0.0) as usize).min(COUNTS as usize - 1)
    };
    let [of_a, of_b] = RANGES;
    for (Vec3f { 0: [_, a, b], .. }, is_marked) in lab.data_typed::<Vec3f>()?.iter().zip(marked) {
        let place = bin(*a, of_a) * COUNTS as usize + bin(*b, of_b);
        if *is_marked && let Some(count) = counts.get_mut(place) {
            *count += 1.0;
        }
    }
    let counts = Mat::from_slice(&counts)?;
    let mut shared = Mat::default();
    let size = Size::new(9, 9);
    gaussian_blur(&counts.reshape(1, COUNTS)?, &mut shared, size, 1.0, 1.0, BORDER_REFLECT)?;
    Ok(shared.data_typed::<f32>()?.to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use opencv::core::CV_8UC3;
    use opencv::imgproc::{FILLED, LINE_8, circle};

    use super::*;
    use crate::PointPair;

    /// A white plate on a brown table with food of this colour at this place.
    fn plate(food: [f64; 3], [x, y]: [i32; 2], light: f64) -> Mat {
        let colour = |[b, g, r]: [f64; 3]| Scalar::new(b * light, g * light, r * light, 0.0);
        let table = colour([60.0, 110.0, 160.0]);
        let mut picture = Mat::new_rows_cols_with_default(180, 240, CV_8UC3, table).unwrap();
        for (place, radius, fill) in [([120, 90], 70, [220.0; 3]), ([x, y], 25, food)] {
            let centre = Point::new(place[0], place[1]);
            circle(&mut picture, centre, radius, colour(fill), FILLED, LINE_8, 0).unwrap();
        }
        picture
    }

    /// Pairs of an unmoved camera.
    fn finding() -> Finding {
        let places = (0..6).flat_map(|x| (0..5).map(move |y| [x * 40 + 10, y * 40 + 8]));
        let pair = |place: [i32; 2]| {
            let place = place.map(|at| at as f32);
            PointPair { reference: place, photo: place }
        };
        Finding {
            reference_size: (240, 180),
            photo_size: (240, 180),
            inliers: places.map(pair).collect(),
            ..Finding::default()
        }
    }

    fn between(reference: &Mat, photo: &Mat) -> f64 {
        let reference = Thumbnail::of(reference).unwrap();
        difference(&reference, photo, &finding()).unwrap().unwrap()
    }

    const APPLE: [f64; 3] = [40.0, 30.0, 190.0];
    const BANANA: [f64; 3] = [60.0, 200.0, 220.0];
    const PEAR: [f64; 3] = [70.0, 190.0, 150.0];

    #[test]
    fn moved_food_in_other_light_is_the_same_thing() {
        let reference = plate(APPLE, [120, 90], 1.0);
        for (place, light) in [([120, 90], 1.0), ([95, 70], 1.0), ([140, 110], 0.7)] {
            let amount = between(&reference, &plate(APPLE, place, light));
            assert!(amount < LIMIT / 4.0, "{place:?}, {light}: {amount}");
        }
    }

    #[test]
    fn other_food_and_a_plate_without_food_are_other_things() {
        let reference = plate(APPLE, [120, 90], 1.0);
        // The food covers 4.5 % of the picture, below the limit of real photos.
        for other in [BANANA, PEAR, [220.0; 3]] {
            let amount = between(&reference, &plate(other, [120, 90], 1.0));
            assert!((0.03..0.07).contains(&amount), "{other:?}: {amount}");
        }
    }

    #[test]
    fn photos_that_cannot_be_aligned_have_no_difference() {
        let picture = plate(APPLE, [120, 90], 1.0);
        let reference = Thumbnail::of(&picture).unwrap();
        let few = Finding { inliers: finding().inliers.into_iter().take(4).collect(), ..finding() };
        assert_eq!(difference(&reference, &picture, &few).unwrap(), None);
        // All of the photo is beside the reference.
        let mut beside = finding();
        for pair in &mut beside.inliers {
            pair.photo[0] -= 235.0;
        }
        assert_eq!(difference(&reference, &picture, &beside).unwrap(), None);
    }

    #[test]
    fn only_small_jpegs_are_thumbnails() {
        let bytes = Thumbnail::of(&plate(APPLE, [120, 90], 1.0)).unwrap().to_bytes();
        assert!(Thumbnail::from_bytes(&bytes).is_some());
        assert!(Thumbnail::from_bytes(b"no picture").is_none());
        let large = Mat::new_rows_cols_with_default(241, 180, CV_8UC3, Scalar::default()).unwrap();
        assert!(Thumbnail::from_bytes(&encode(&large).unwrap()).is_none());
    }
}
