//! Rejection of motions that fit as a matrix but that no camera makes.

use opencv::core::{Point2f, Vector};
use opencv::imgproc::{contour_area_def, convex_hull_def};

use crate::points::{Descriptors, Features, Match};

/// Whether the points that one motion explains are not all in one spot of a photo of this width and height. Two photos
/// with the same date stamp or maker's mark agree in one spot.
pub(crate) fn is_spread(points: &[[f32; 2]], (width, height): (u32, u32)) -> bool {
    let points: Vector<Point2f> = points.iter().map(|[x, y]| Point2f::new(*x, *y)).collect();
    let mut hull = Vector::<Point2f>::new();
    // OpenCV fails without points, whose area is 0.
    let area = convex_hull_def(&points, &mut hull).and_then(|()| contour_area_def(&hull));
    area.unwrap_or(0.0) >= LEAST_SHARE * f64::from(width) * f64::from(height)
}

/// Whether pairs of points lie around each other in the same sense in both photos, rather than mirrored.
///
/// A fundamental matrix explains a mirrored picture as well as a rotated one, and neither sign of a mirror is certain
/// alone. Overall, a scene in depth can appear reversed: what is left of another thing from here can be right of it from
/// there. Locally, a symmetric part is not reversed in a mirror. Points in one or two spots are no evidence.
pub(super) fn keeps_handedness(reference: &Features, photo: &Features, pairs: &[Match]) -> bool {
    let places = |pair: &Match| {
        Some((*reference.points.get(pair.reference)?, *photo.points.get(pair.photo)?))
    };
    let (from, to): (Vec<_>, Vec<_>) = pairs.iter().filter_map(places).unzip();
    let close = match reference.descriptors {
        Descriptors::Orb(_) => CLOSE_ORB,
        Descriptors::Sift(_) => CLOSE_SIFT,
    };
    let long_side = reference.width.max(reference.height);
    are_unmirrored(&from, &to, close * long_side as f32)
}

/// The same for places. Points nearer than `close`, in pixels of `from`, can show the same thing.
fn are_unmirrored(from: &[[f32; 2]], to: &[[f32; 2]], close: f32) -> bool {
    let (same, other) = triangles(from, to, close);
    let keeps = f64::from(same) >= KEPT * f64::from(same + other);
    same > 0 && (keeps || correlation(from, to) > MIRRORED)
}

/// Numbers of triangles that have the same and the opposite sense in both photos. A triangle is a point and the nearest
/// two that are close neither to it nor to each other.
fn triangles(from: &[[f32; 2]], to: &[[f32; 2]], close: f32) -> (u32, u32) {
    let (mut same, mut other) = (0, 0);
    for (centre, centre_to) in from.iter().zip(to) {
        let Some(first) = nearest(from, &[*centre], close) else { continue };
        let Some(second) = from.get(first).and_then(|one| nearest(from, &[*centre, *one], close))
        else {
            continue;
        };
        let area = |points: &[[f32; 2]], centre: [f32; 2]| {
            Some(signed_area(centre, *points.get(first)?, *points.get(second)?))
        };
        match area(from, *centre).zip(area(to, *centre_to)) {
            Some((before, after)) if before * after > 0.0 => same += 1,
            Some((before, after)) if before * after < 0.0 => other += 1,
            Some(_) | None => {}
        }
    }
    (same, other)
}

/// Determinant of the correlation of the points: 1 if a linear map takes the ones to the others, -1 if it also mirrors
/// them, near 0 for a scene in depth or points on a line.
fn correlation(from: &[[f32; 2]], to: &[[f32; 2]]) -> f64 {
    let centre = |points: &[[f32; 2]]| {
        let count = points.len().max(1) as f64;
        let sum = points
            .iter()
            .fold([0.0, 0.0], |[x, y], point| [x + f64::from(point[0]), y + f64::from(point[1])]);
        sum.map(|length| length / count)
    };
    let (a, b) = (centre(from), centre(to));
    // Sums of products of the coordinates: of both photos, of the first and of the second.
    let (mut both, mut ones, mut others) = ([[0.0; 2]; 2], [[0.0; 2]; 2], [[0.0; 2]; 2]);
    for (p, q) in from.iter().zip(to) {
        let p = [f64::from(p[0]) - a[0], f64::from(p[1]) - a[1]];
        let q = [f64::from(q[0]) - b[0], f64::from(q[1]) - b[1]];
        for (sums, u, v) in [(&mut both, q, p), (&mut ones, p, p), (&mut others, q, q)] {
            for (row, x) in sums.iter_mut().zip(u) {
                for (entry, y) in row.iter_mut().zip(v) {
                    *entry += x * y;
                }
            }
        }
    }
    let determinant = |[[a, b], [c, d]]: [[f64; 2]; 2]| a * d - b * c;
    let lengths = (determinant(ones) * determinant(others)).max(0.0).sqrt();
    determinant(both) / lengths.max(f64::MIN_POSITIVE)
}

/// Index of the point nearest to the first of `others` that is farther than `close` from each of them.
fn nearest(points: &[[f32; 2]], others: &[[f32; 2]], close: f32) -> Option<usize> {
    let squared = |[a, b]: [f32; 2], [c, d]: [f32; 2]| (a - c).powi(2) + (b - d).powi(2);
    let from = *others.first()?;
    let is_far = |point: [f32; 2]| others.iter().all(|one| squared(point, *one) > close.powi(2));
    let far = points.iter().enumerate().filter(|(_, point)| is_far(**point));
    far.min_by(|(_, a), (_, b)| squared(**a, from).total_cmp(&squared(**b, from)))
        .map(|(index, _)| index)
}

/// Twice the area of a triangle, negative in the opposite sense.
fn signed_area([x, y]: [f32; 2], [a, b]: [f32; 2], [c, d]: [f32; 2]) -> f32 {
    (a - x) * (d - y) - (b - y) * (c - x)
}

/// Distance within which ORB's points can show the same, as a fraction of the longer side: each covers 31 to 111 of 480
/// pixels.
const CLOSE_ORB: f32 = 1.0 / 8.0;
/// The same for SIFT's points, many of which are smaller.
const CLOSE_SIFT: f32 = 1.0 / 16.0;
/// A mirrored photo keeps a smaller fraction of the triangles, unless the scene is symmetric.
const KEPT: f64 = 0.6;
/// A mirrored photo has a smaller correlation. So can a scene in depth, but that keeps nearly all of the triangles.
const MIRRORED: f64 = -0.3;

/// Least area of the hull as a fraction of the photo. Of 154 matching pairs two had less, 0.15 % and 0.21 %, the others at
/// least 0.8 %.
const LEAST_SHARE: f64 = 0.004;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_is_turned_over_is_another_one() {
        let from = [[0.0, 0.0], [60.0, 10.0], [20.0, 50.0], [80.0, 70.0]];
        let turned = from.map(|[x, y]| [100.0 - y, x]);
        let mirrored = from.map(|[x, y]| [100.0 - x, y]);
        assert!(are_unmirrored(&from, &from, 12.0));
        assert!(are_unmirrored(&from, &turned, 12.0));
        assert!(!are_unmirrored(&from, &mirrored, 12.0));
        assert!(!are_unmirrored(&from, &from, 200.0));
        assert!(!are_unmirrored(&[], &[], 12.0));
    }

    #[test]
    fn what_is_symmetric_in_itself_does_not_hide_a_mirror() {
        // Three small objects that look the same in a mirror and keep their sense there.
        let thing = |x: f32, y: f32| [[x, y], [x + 4.0, y], [x + 2.0, y + 3.0]];
        let from = [thing(10.0, 10.0), thing(70.0, 20.0), thing(30.0, 60.0)].concat();
        let to = [thing(86.0, 10.0), thing(26.0, 20.0), thing(66.0, 60.0)].concat();
        assert!(!are_unmirrored(&from, &to, 12.0));
    }

    #[test]
    fn things_in_depth_that_change_places_are_no_mirror() {
        // One near and one far object, each unchanged in itself.
        let near = [[10.0, 20.0], [30.0, 22.0], [14.0, 45.0], [32.0, 50.0]];
        let far = near.map(|[x, y]| [x + 60.0, y + 20.0]);
        let [aside, back] = [near.map(|[x, y]| [x + 60.0, y]), far.map(|[x, y]| [x - 60.0, y])];
        assert!(are_unmirrored(&[near, far].concat(), &[aside, back].concat(), 12.0));
    }

    #[test]
    fn a_spot_is_no_scene() {
        let square = |side: f32| [[0.0, 0.0], [side, 0.0], [0.0, side], [side, side]];
        assert!(is_spread(&square(50.0), (100, 100)));
        assert!(!is_spread(&square(5.0), (100, 100)));
        assert!(!is_spread(&[], (100, 100)));
    }
}
