//! What no motion of a camera does, though its matrix may fit.

use opencv::core::{Point2f, Vector};
use opencv::imgproc::{contour_area_def, convex_hull_def};

use super::features::{Features, Match};

/// Whether points that one motion explains do not all lie in one spot of a photo of so many columns
/// and rows, which is what two photos of one camera's date or one maker's mark have in common.
pub(crate) fn is_spread(points: &[[f32; 2]], (width, height): (u32, u32)) -> bool {
    let points: Vector<Point2f> = points.iter().map(|[x, y]| Point2f::new(*x, *y)).collect();
    let mut hull = Vector::<Point2f>::new();
    // OpenCV fails where there are no points, and they have no area.
    let area = convex_hull_def(&points, &mut hull).and_then(|()| contour_area_def(&hull));
    area.unwrap_or(0.0) >= LEAST_SHARE * f64::from(width) * f64::from(height)
}

/// Whether the points of one photo lie around each other in the same sense as those of the other,
/// rather than mirrored. `from` is of a photo whose longer side has `long_side` pixels.
///
/// A fundamental matrix explains a mirrored picture as well as a turned one, and neither of two signs
/// of a mirror is sure alone. As a whole, a scene in depth may be turned over, too: what lies to the
/// left of another thing from here may lie to its right from there. And part by part, what is
/// symmetric is not turned over in a mirror. Points in one spot or two tell of no scene at all.
pub(crate) fn keeps_handedness(from: &[[f32; 2]], to: &[[f32; 2]], long_side: u32) -> bool {
    let (same, other) = triangles(from, to, long_side as f32 * CLOSE);
    let keeps = f64::from(same) >= KEPT * f64::from(same + other);
    same > 0 && (keeps || correlation(from, to) > MIRRORED)
}

/// How many of the triangles, of a point and the nearest two that are neither close by nor close to
/// each other, are passed through in the same sense in both photos, and how many in the other.
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

/// The determinant of the points' correlation: 1 where a linear map takes the ones to the others, -1
/// where it turns the picture over, near 0 where they lie in depth or on a line.
fn correlation(from: &[[f32; 2]], to: &[[f32; 2]]) -> f64 {
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
    let lengths = (determinant(ones) * determinant(others)).max(0.0).sqrt();
    determinant(both) / lengths.max(f64::MIN_POSITIVE)
}

/// The point nearest to some point that is farther than `close` from each of `others`, of which that
/// is the first, by its index.
fn nearest(points: &[[f32; 2]], others: &[[f32; 2]], close: f32) -> Option<usize> {
    let squared = |[a, b]: [f32; 2], [c, d]: [f32; 2]| (a - c).powi(2) + (b - d).powi(2);
    let from = *others.first()?;
    let is_far = |point: [f32; 2]| others.iter().all(|one| squared(point, *one) > close.powi(2));
    let far = points.iter().enumerate().filter(|(_, point)| is_far(**point));
    far.min_by(|(_, a), (_, b)| squared(**a, from).total_cmp(&squared(**b, from)))
        .map(|(index, _)| index)
}

/// Twice the area of a triangle, negative where it is passed through the other way round.
fn signed_area([x, y]: [f32; 2], [a, b]: [f32; 2], [c, d]: [f32; 2]) -> f32 {
    (a - x) * (d - y) - (b - y) * (c - x)
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

/// Points are close by within this share of the longer side.
const CLOSE: f32 = 1.0 / 8.0;
/// A mirrored photo keeps a smaller share of the triangles. Of photos that agree by SIFT with their own
/// mirror image it was 0.21 at most, of mirrored drawn pictures by the neural tiers 0.14 to 0.51.
const KEPT: f64 = 0.6;
/// A mirrored photo's correlation is smaller. Of 196 right pairs XFeat's least is -0.27; SIFT's and
/// LighterGlue's are below for scenes in depth, most of which keep nearly all of the triangles.
const MIRRORED: f64 = -0.3;

/// Of a photo's area. Of 154 right pairs two had less, 0.15 % and 0.21 %, the others 0.8 % and more.
const LEAST_SHARE: f64 = 0.004;

#[cfg(test)]
mod tests {
    use super::super::features::Descriptors;
    use super::*;

    const ALL: [Match; 4] = [pair(0), pair(1), pair(2), pair(3)];

    const fn pair(index: usize) -> Match {
        Match { reference: index, photo: index }
    }

    fn features(angles: [u8; 4]) -> Features {
        Features {
            width: 100,
            height: 100,
            points: vec![[0.0; 2]; 4],
            angles: angles.to_vec(),
            sizes: vec![0; 4],
            descriptors: Descriptors::Orb(Vec::new()),
        }
    }

    #[test]
    fn the_turn_that_most_pairs_say_is_taken_where_it_is_clear() {
        let before = features([0, 70, 130, 250]);
        for quarter in 0..4_u8 {
            let turned = before.angles.iter().map(|angle| angle.wrapping_add(64 * quarter + 20));
            let after = Features { angles: turned.collect(), ..before.clone() };
            assert_eq!(quarter_turns(&before, &after, &ALL, 2.0), Some(quarter));
        }
        let any = features([0, 134, 2, 58]);
        assert_eq!(quarter_turns(&before, &any, &ALL, 2.0), None);
        assert_eq!(quarter_turns(&before, &before, &[], 1.0), None);
    }

    #[test]
    fn a_picture_that_is_turned_over_is_another_one() {
        let from = [[0.0, 0.0], [60.0, 10.0], [20.0, 50.0], [80.0, 70.0]];
        let turned = from.map(|[x, y]| [100.0 - y, x]);
        let mirrored = from.map(|[x, y]| [100.0 - x, y]);
        assert!(keeps_handedness(&from, &from, 100));
        assert!(keeps_handedness(&from, &turned, 100));
        assert!(!keeps_handedness(&from, &mirrored, 100));
        assert!(!keeps_handedness(&[], &[], 100));
    }

    #[test]
    fn what_is_symmetric_in_itself_does_not_hide_a_mirror() {
        // Three small things, which look the same in a mirror and keep their sense there.
        let thing = |x: f32, y: f32| [[x, y], [x + 4.0, y], [x + 2.0, y + 3.0]];
        let from = [thing(10.0, 10.0), thing(70.0, 20.0), thing(30.0, 60.0)].concat();
        let to = [thing(86.0, 10.0), thing(26.0, 20.0), thing(66.0, 60.0)].concat();
        assert!(!keeps_handedness(&from, &to, 100));
    }

    #[test]
    fn things_in_depth_that_change_places_are_no_mirror() {
        // One near by and one far off, each as it is in itself.
        let near = [[10.0, 20.0], [30.0, 22.0], [14.0, 45.0], [32.0, 50.0]];
        let far = near.map(|[x, y]| [x + 60.0, y + 20.0]);
        let [aside, back] = [near.map(|[x, y]| [x + 60.0, y]), far.map(|[x, y]| [x - 60.0, y])];
        assert!(keeps_handedness(&[near, far].concat(), &[aside, back].concat(), 100));
    }

    #[test]
    fn a_spot_is_no_scene() {
        let square = |side: f32| [[0.0, 0.0], [side, 0.0], [0.0, side], [side, side]];
        assert!(is_spread(&square(50.0), (100, 100)));
        assert!(!is_spread(&square(5.0), (100, 100)));
        assert!(!is_spread(&[], (100, 100)));
    }
}
