use injeung_domain::GeometricModel;
use opencv::calib3d::{USAC_ACCURATE, find_fundamental_mat, find_homography};
use opencv::core::{Mat, Point2f, Vector};
use opencv::prelude::*;

use super::plausible::keeps_handedness;
use crate::points::{FUNDAMENTAL_TOLERANCE, Features, HOMOGRAPHY_TOLERANCE, Match, score};

/// A motion of the camera that explains most of the matches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Motion {
    pub(crate) model: GeometricModel,
    /// Significance; see [`score`].
    pub(crate) score: f64,
    /// Explained matches, in their order.
    pub(crate) inliers: Vec<Match>,
}

/// Estimates the motion that explains matches of ORB or SIFT points, as a homography and as a fundamental matrix, by
/// OpenCV's USAC (Raguram et al., PAMI 2013) with a fixed seed. Returns the more significant one; `None` if there is
/// neither, or the photo is mirrored.
pub(crate) fn motion(reference: &Features, photo: &Features, matches: &[Match]) -> Option<Motion> {
    let (from, to) = ends(&reference.points, &photo.points, matches);
    let rate = |model, flags: &[bool]| rated(model, matches, flags, (photo.width, photo.height));
    let (plane, possible) = homography(&from, &to)
        .map(|found| (rate(GeometricModel::Homography, &found.inliers), found.possible))
        .unzip();
    let depth = fundamental(&from, &to).map(|inliers| rate(GeometricModel::Fundamental, &inliers));
    // A fundamental matrix also explains any change of a plane, even its collapse to a spot. So if a homography
    // explains more, its plausibility decides.
    let plane_score = plane.as_ref().map_or(f64::NEG_INFINITY, |plane| plane.score);
    let best = match depth {
        Some(depth) if depth.score > plane_score => Some(depth),
        Some(_) | None => plane.filter(|_| possible == Some(true)),
    };
    best.filter(|motion| keeps_handedness(reference, photo, &motion.inliers))
}

/// Estimates the motion that explains matches of the neural tiers: a fundamental matrix alone, which also explains
/// planes. If most of many matches are true, the number of inliers separates scenes better. `None` if it explains no
/// more than chance.
///
/// Points are columns and rows in pixels; `size` is the photo's columns and rows.
pub(crate) fn epipolar_motion(
    reference: &[[f32; 2]],
    photo: &[[f32; 2]],
    size: (u32, u32),
    matches: &[Match],
) -> Option<Motion> {
    let (from, to) = ends(reference, photo, matches);
    let flags = fundamental(&from, &to)?;
    let motion = rated(GeometricModel::Fundamental, matches, &flags, size);
    Some(motion).filter(|motion| motion.score > 0.0)
}

/// A motion that explains the flagged matches.
fn rated(
    model: GeometricModel,
    matches: &[Match],
    flags: &[bool],
    (width, height): (u32, u32),
) -> Motion {
    let inliers = matches.iter().zip(flags).filter_map(|(found, is)| is.then_some(*found));
    let inliers: Vec<Match> = inliers.collect();
    let score = score(model, matches.len(), inliers.len(), width, height);
    Motion { model, score, inliers }
}

const CONFIDENCE: f64 = 0.999;
const MAX_ITERATIONS: i32 = 2000;

/// Places of the matches in the reference and in the photo.
fn ends(
    reference: &[[f32; 2]],
    photo: &[[f32; 2]],
    matches: &[Match],
) -> (Vector<Point2f>, Vector<Point2f>) {
    let from = places(reference, matches.iter().map(|found| found.reference));
    (from, places(photo, matches.iter().map(|found| found.photo)))
}

fn places(points: &[[f32; 2]], indices: impl Iterator<Item = usize>) -> Vector<Point2f> {
    indices.filter_map(|index| points.get(index)).map(|[x, y]| Point2f::new(*x, *y)).collect()
}

/// Result of the best homography.
struct Homography {
    /// Whether each match is explained.
    inliers: Vec<bool>,
    /// Whether a camera can produce it.
    possible: bool,
}

/// The best homography; `None` if there is none.
fn homography(from: &Vector<Point2f>, to: &Vector<Point2f>) -> Option<Homography> {
    if from.len() <= 4 {
        return None;
    }
    let mut mask = Mat::default();
    // OpenCV fails on degenerate points; that means no model.
    let matrix = find_homography(from, to, &mut mask, USAC_ACCURATE, HOMOGRAPHY_TOLERANCE).ok()?;
    let entries: &[f64; 9] = matrix.data_typed::<f64>().ok()?.try_into().ok()?;
    let inliers = flags(&mask)?;
    let explained = from.iter().zip(&inliers).filter_map(|(point, is)| is.then_some(point));
    let possible = is_possible(entries, explained);
    Some(Homography { inliers, possible })
}

/// Whether the best fundamental matrix explains each match.
fn fundamental(from: &Vector<Point2f>, to: &Vector<Point2f>) -> Option<Vec<bool>> {
    if from.len() <= 7 {
        return None;
    }
    let mut mask = Mat::default();
    let matrix = find_fundamental_mat(
        from,
        to,
        USAC_ACCURATE,
        FUNDAMENTAL_TOLERANCE,
        CONFIDENCE,
        MAX_ITERATIONS,
        &mut mask,
    );
    matrix.ok().filter(|matrix| !matrix.empty()).and_then(|_| flags(&mask))
}

fn flags(mask: &Mat) -> Option<Vec<bool>> {
    Some(mask.data_typed::<u8>().ok()?.iter().map(|flag| *flag != 0).collect())
}

/// Whether a homography, row by row, shows the surroundings of each point unmirrored and at a scale of 0.02 to 50, as
/// in a second photo of the same plane.
fn is_possible(matrix: &[f64; 9], points: impl Iterator<Item = Point2f>) -> bool {
    let [a, b, c, d, e, f, g, h, i] = *matrix;
    let determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    let areas = 0.02_f64.powi(2)..=50.0_f64.powi(2);
    points.map(|point| g * f64::from(point.x) + h * f64::from(point.y) + i).all(|depth| {
        // The determinant of the map's derivative, the scale of areas, is negative if the picture is mirrored or the
        // point is behind the camera.
        areas.contains(&(determinant / depth.powi(3)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn possible(matrix: [f64; 9]) -> bool {
        let corners = [(0.0, 0.0), (640.0, 0.0), (0.0, 480.0), (640.0, 480.0)];
        is_possible(&matrix, corners.into_iter().map(|(x, y)| Point2f::new(x, y)))
    }

    #[test]
    fn what_a_camera_can_do_is_possible() {
        assert!(possible([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]));
        assert!(possible([0.0, -3.0, 480.0, 3.0, 0.0, 0.0, 0.0, 0.0, 1.0]), "turned and nearer");
        assert!(possible([1.0, 0.2, 5.0, 0.1, 0.9, 3.0, 5e-4, 1e-4, 1.0]), "tilted");
        assert!(possible([-2.0, 0.0, 0.0, 0.0, -2.0, 0.0, 0.0, 0.0, -2.0]), "of any sign");
    }

    #[test]
    fn mirrors_and_collapses_are_not() {
        assert!(!possible([-1.0, 0.0, 640.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]), "mirrored");
        assert!(!possible([0.01, 0.0, 9.0, 0.0, 0.01, 9.0, 0.0, 0.0, 1.0]), "a spot");
        assert!(!possible([60.0, 0.0, 0.0, 0.0, 60.0, 0.0, 0.0, 0.0, 1.0]), "out of a spot");
        assert!(!possible([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -2e-3, 0.0, 1.0]), "behind the camera");
        assert!(!possible([0.0; 9]), "nothing");
        assert!(!possible([f64::NAN; 9]), "no numbers");
    }
}
