//! AKAZE at full size, brute force, a homography, and whether its quadrangle has an area.

use opencv::calib3d::{RANSAC, find_homography};
use opencv::core::{
    DMatch, KeyPoint, Mat, NORM_L2, Point2f, Ptr, Vector, no_array, perspective_transform,
};
use opencv::features2d::{AKAZE, AKAZE_DescriptorType, BFMatcher, KAZE_DiffusivityType};
use opencv::imgcodecs::{IMREAD_GRAYSCALE, imdecode};
use opencv::imgproc::contour_area_def;
use opencv::prelude::*;

/// How many matches are kept, the nearest.
const MATCHES: usize = 80;
/// How far a point may lie from where the homography takes it, in pixels.
const TOLERANCE: f64 = 5.0;
/// The least area of the reference's frame in the photo, in square pixels.
const LEAST_AREA: f64 = 30.0;

/// What was found.
#[derive(Debug)]
#[allow(dead_code, reason = "the fields are printed")]
pub(crate) struct Found {
    reference_features: usize,
    photo_features: usize,
    accepted: bool,
}

/// Compares two photo files. OpenCV's L2 norm takes the bits of AKAZE's descriptors for numbers.
pub(crate) fn compare(reference: &Vector<u8>, photo: &Vector<u8>) -> opencv::Result<Found> {
    let reference = imdecode(reference, IMREAD_GRAYSCALE)?;
    let photo = imdecode(photo, IMREAD_GRAYSCALE)?;
    let (reference_points, reference_descriptors) = features(&reference)?;
    let (photo_points, photo_descriptors) = features(&photo)?;
    let mut found = Found {
        reference_features: reference_points.len(),
        photo_features: photo_points.len(),
        accepted: false,
    };
    if reference_points.is_empty() || photo_points.is_empty() {
        return Ok(found);
    }
    let mut matches = Vector::<DMatch>::new();
    BFMatcher::new(NORM_L2, false)?.train_match(
        &reference_descriptors,
        &photo_descriptors,
        &mut matches,
        &no_array(),
    )?;
    let mut matches = matches.to_vec();
    matches.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    matches.truncate(MATCHES);
    if matches.len() < 4 {
        return Ok(found);
    }
    let (mut from, mut to) = (Vector::<Point2f>::new(), Vector::<Point2f>::new());
    for pair in matches {
        from.push(reference_points.get(pair.query_idx as usize)?.pt());
        to.push(photo_points.get(pair.train_idx as usize)?.pt());
    }
    let homography = find_homography(&from, &to, &mut no_array(), RANSAC, TOLERANCE)?;
    if homography.empty() {
        return Ok(found);
    }
    let (width, height) = (reference.cols() as f32, reference.rows() as f32);
    let corners = [(0.0, 0.0), (0.0, height), (width, height), (width, 0.0)];
    let frame: Vector<Point2f> = corners.iter().map(|(x, y)| Point2f::new(*x, *y)).collect();
    let mut quadrangle = Vector::<Point2f>::new();
    perspective_transform(&frame, &mut quadrangle, &homography)?;
    found.accepted = contour_area_def(&quadrangle)? > LEAST_AREA;
    Ok(found)
}

fn features(pixels: &Mat) -> opencv::Result<(Vector<KeyPoint>, Mat)> {
    let mut akaze: Ptr<AKAZE> = AKAZE::create(
        AKAZE_DescriptorType::DESCRIPTOR_MLDB,
        0,
        3,
        0.001,
        4,
        4,
        KAZE_DiffusivityType::DIFF_PM_G2,
    )?;
    let (mut points, mut descriptors) = (Vector::new(), Mat::default());
    akaze.detect_and_compute_def(pixels, &no_array(), &mut points, &mut descriptors)?;
    Ok((points, descriptors))
}
