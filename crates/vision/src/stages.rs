//! Stages of a comparison, one at a time, for benchmarks and tests.

use injeung_domain::Photo;
use injeung_domain::ports::VisionError;
use opencv::core::Mat;

pub use crate::neural::{NeuralFeatures, lighterglue, mutual_matches, xfeat};
use crate::opencv::{Colour, Fit, decode, epipolar_motion, fault, motion, orb, sift};
pub use crate::points::Match;
use crate::points::{Features, agreeing, matches};

/// Decodes a photo to upright 8-bit grey pixels with a longer side of at most `long_side` pixels.
///
/// # Errors
/// [`VisionError::Photo`] if the pixels cannot be decoded, otherwise a fault.
pub fn decode_grey(photo: &Photo, long_side: u32) -> Result<Mat, VisionError> {
    decode(photo, Colour::Grey, Fit::LongSide(long_side))
}

/// ORB or SIFT points of one photo.
#[derive(Debug, Clone)]
pub struct Points(Features);

/// Finds at most `max` ORB points in 8-bit grey pixels.
///
/// # Errors
/// A permanent fault if OpenCV fails.
pub fn find_orb(grey: &Mat, max: u32) -> Result<Points, VisionError> {
    orb(grey, max).map(Points).map_err(fault)
}

/// Finds at most `max` SIFT points in 8-bit grey pixels.
///
/// # Errors
/// A permanent fault if OpenCV fails.
pub fn find_sift(grey: &Mat, max: u32) -> Result<Points, VisionError> {
    sift(grey, max).map(Points).map_err(fault)
}

/// Matches of ORB or SIFT points that pass the ratio test with `ratio`.
pub fn pair_points(reference: &Points, photo: &Points, ratio: f64) -> Vec<Match> {
    matches(&reference.0, &photo.0, ratio)
}

/// The matches of ORB or SIFT points that agree with their neighbours.
pub fn agreeing_pairs(reference: &Points, photo: &Points, pairs: &[Match]) -> Vec<Match> {
    agreeing(&reference.0, &photo.0, pairs)
}

/// Number of matches of ORB or SIFT points that one motion of the camera explains.
pub fn count_inliers(reference: &Points, photo: &Points, pairs: &[Match]) -> usize {
    motion(&reference.0, &photo.0, pairs).map_or(0, |motion| motion.inliers.len())
}

/// Number of matches of XFeat's points that one motion of the camera explains.
pub fn count_neural_inliers(
    reference: &NeuralFeatures,
    photo: &NeuralFeatures,
    pairs: &[Match],
) -> usize {
    let size = (photo.width, photo.height);
    let motion = epipolar_motion(&reference.points, &photo.points, size, pairs);
    motion.map_or(0, |motion| motion.inliers.len())
}
