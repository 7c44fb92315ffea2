//! What no motion of a camera does, though its matrix may fit.

use std::f64::consts::TAU;

use opencv::core::{Point2f, Vector};
use opencv::imgproc::{contour_area_def, convex_hull_def};

use super::features::{Features, Match};

/// Whether the pairs of points that one motion explains can be of one scene: all of them turned
/// about alike, and not all of them in one spot.
///
/// A mirrored picture turns each point by another angle, and so does chance. Points in one spot are
/// what two photos of one camera's date or one maker's mark have in common.
pub(crate) fn is_plausible(reference: &Features, photo: &Features, inliers: &[Match]) -> bool {
    let size = |features: &Features| (features.width, features.height);
    let places = inliers.iter().filter_map(|found| {
        Some((*reference.points.get(found.reference)?, *photo.points.get(found.photo)?))
    });
    let (from, to): (Vec<_>, Vec<_>) = places.unzip();
    concentration(reference, photo, inliers) >= LEAST_CONCENTRATION
        && is_spread(&from, size(reference))
        && is_spread(&to, size(photo))
}

/// Whether points that one motion explains do not all lie in one spot of a photo of so many columns
/// and rows.
pub(crate) fn is_spread(points: &[[f32; 2]], (width, height): (u32, u32)) -> bool {
    let points: Vector<Point2f> = points.iter().map(|[x, y]| Point2f::new(*x, *y)).collect();
    let mut hull = Vector::<Point2f>::new();
    // OpenCV fails where there are no points, and they have no area.
    let area = convex_hull_def(&points, &mut hull).and_then(|()| contour_area_def(&hull));
    area.unwrap_or(0.0) >= LEAST_SHARE * f64::from(width) * f64::from(height)
}

/// Whether the points of one photo lie around each other in the same sense as those of the other,
/// rather than mirrored.
///
/// What is asked is the determinant of the points' correlation: 1 where a linear map takes the ones
/// to the others, -1 where it turns the picture over, near 0 where they lie in depth or on a line.
/// A fundamental matrix explains a mirrored picture as well as a turned one, and the points need no
/// angles for this.
pub(crate) fn keeps_handedness(from: &[[f32; 2]], to: &[[f32; 2]]) -> bool {
    let centre = |points: &[[f32; 2]]| {
        let count = points.len().max(1) as f64;
        let sum = points
            .iter()
            .fold([0.0, 0.0], |[x, y], point| [x + f64::from(point[0]), y + f64::from(point[1])]);
        sum.map(|length| length / count)
    };
    let (a, b) = (centre(from), centre(to));
    // Sums of products of the coordinates of both, of the one photo's and of the other's.
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
    determinant(both) > MIRRORED * (determinant(ones) * determinant(others)).max(0.0).sqrt()
}

/// The quarter turns, clockwise, by which the photo is turned against the reference: what most pairs
/// say by the directions of their points. Nothing where they say so no more clearly than by `sure`
/// standard deviations of votes by chance.
pub(crate) fn quarter_turns(
    reference: &Features,
    photo: &Features,
    pairs: &[Match],
    sure: f64,
) -> Option<u8> {
    let mut votes = [0_u32; 4];
    for found in pairs {
        let (Some(from), Some(to)) =
            (reference.angles.get(found.reference), photo.angles.get(found.photo))
        else {
            continue;
        };
        // Directions are in 1/256 of a turn.
        let quarter = to.wrapping_sub(*from).wrapping_add(32) / 64;
        if let Some(count) = votes.get_mut(usize::from(quarter)) {
            *count += 1;
        }
    }
    let all = f64::from(votes.iter().sum::<u32>());
    let (quarter, most) = (0..).zip(votes).max_by_key(|(quarter, most)| (*most, 3 - quarter))?;
    (f64::from(most) - all / 4.0 > sure * (all * 3.0 / 16.0).sqrt()).then_some(quarter)
}

/// A photo whose correlation with the reference has a smaller determinant is mirrored. A mirrored
/// drawn picture had between -0.7 and this, since some of its pairs are wrong. Of 196 right pairs
/// XFeat's least is -0.27; of 187 that LighterGlue's points agree in, four of hard photos are below.
const MIRRORED: f64 = -0.3;

/// Of 154 right pairs none had less than 0.73, and 148 had 0.94 and more.
const LEAST_CONCENTRATION: f64 = 0.6;
/// Of a photo's area. Of 154 right pairs two had less, 0.15 % and 0.21 %, the others 0.8 % and more.
const LEAST_SHARE: f64 = 0.004;

/// How much the turns from each point to its pair agree: the length of the mean of their unit
/// vectors, 0 (any) to 1 (all the same).
fn concentration(reference: &Features, photo: &Features, pairs: &[Match]) -> f64 {
    let turns = pairs.iter().filter_map(|found| {
        let [from, to] = [reference.angles.get(found.reference)?, photo.angles.get(found.photo)?];
        Some((f64::from(to.wrapping_sub(*from)) / 256.0 * TAU).sin_cos())
    });
    let (sine, cosine) = turns.fold((0.0, 0.0), |sum, turn| (sum.0 + turn.0, sum.1 + turn.1));
    sine.hypot(cosine) / pairs.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::features::Descriptors;
    use super::*;

    const ALL: [Match; 4] = [pair(0), pair(1), pair(2), pair(3)];

    const fn pair(index: usize) -> Match {
        Match { reference: index, photo: index }
    }

    /// Points in the corners of a square of this side.
    fn features(side: f32, angles: [u8; 4]) -> Features {
        let points = [[0.0, 0.0], [side, 0.0], [0.0, side], [side, side]].to_vec();
        let descriptors = Descriptors::Orb(Vec::new());
        Features { width: 100, height: 100, points, angles: angles.to_vec(), descriptors }
    }

    #[test]
    fn a_camera_that_turned_turns_all_points_alike() {
        let before = features(50.0, [0, 70, 130, 250]);
        let after = features(50.0, [64, 140, 190, 60]);
        assert!(is_plausible(&before, &after, &ALL));
    }

    #[test]
    fn a_mirror_turns_each_point_otherwise() {
        let before = features(50.0, [0, 64, 128, 192]);
        let mirrored = features(50.0, [128, 64, 0, 192]);
        assert!(!is_plausible(&before, &mirrored, &ALL));
    }

    #[test]
    fn the_turn_that_most_pairs_say_is_taken_where_it_is_clear() {
        let before = features(50.0, [0, 70, 130, 250]);
        for quarter in 0..4_u8 {
            let turned = before.angles.iter().map(|angle| angle.wrapping_add(64 * quarter + 20));
            let after = Features { angles: turned.collect(), ..before.clone() };
            assert_eq!(quarter_turns(&before, &after, &ALL, 2.0), Some(quarter));
        }
        let any = features(50.0, [0, 134, 2, 58]);
        assert_eq!(quarter_turns(&before, &any, &ALL, 2.0), None);
        assert_eq!(quarter_turns(&before, &before, &[], 1.0), None);
    }

    #[test]
    fn a_picture_that_is_turned_over_is_another_one() {
        let from = [[0.0, 0.0], [60.0, 10.0], [20.0, 50.0], [80.0, 70.0]];
        let turned = from.map(|[x, y]| [100.0 - y, x]);
        let mirrored = from.map(|[x, y]| [100.0 - x, y]);
        assert!(keeps_handedness(&from, &from));
        assert!(keeps_handedness(&from, &turned));
        assert!(!keeps_handedness(&from, &mirrored));
        // In depth, nearer points moved farther to the side, as far as they lay aside before.
        let depth = [[55.0, 0.0], [45.0, 10.0], [45.0, 50.0], [55.0, 70.0]];
        assert!(keeps_handedness(&from, &depth));
        assert!(!keeps_handedness(&[], &[]));
    }

    #[test]
    fn a_spot_is_no_scene() {
        let [scene, spot] = [50.0, 5.0].map(|side| features(side, [7; 4]));
        assert!(!is_plausible(&scene, &spot, &ALL));
        assert!(!is_plausible(&spot, &scene, &ALL));
        assert!(!is_plausible(&scene, &scene, &[]));
    }
}
