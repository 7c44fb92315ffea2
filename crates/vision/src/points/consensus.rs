//! Selection of the matches that agree with one motion of the camera, before a motion is estimated.

use std::f32::consts::TAU;

use super::features::{Features, Match};

/// The matches that agree with others on how the scene rotated and grew between the photos, in their order.
///
/// Points have directions and sizes, so each match alone states a similarity of its surroundings. A match is kept if
/// both conditions hold:
///
/// - Its rotation and growth are near those of most matches (the votes of Lowe, IJCV 2004, for rotation and growth
///   alone, weighted by how near they are).
/// - Its similarity takes at least [`LEAST_SUPPORT`] other matches nearby close to where they are (AdaLAM of Cavalli et
///   al., ECCV 2020, without its affine maps).
///
/// False matches rarely have such neighbours. Therefore a lenient ratio test is enough, and photos with few true
/// matches keep them.
pub(crate) fn agreeing(reference: &Features, photo: &Features, pairs: &[Match]) -> Vec<Match> {
    let similarities = pairs.iter().filter_map(|pair| Similarity::of(reference, photo, *pair));
    let alike = most_alike(similarities.collect());
    let near = reference.width.max(reference.height) as f32 * NEAR;
    let is_supported = |one: &&Similarity| {
        alike.iter().filter(|other| one.supports(other, near)).count() >= LEAST_SUPPORT
    };
    alike.iter().filter(is_supported).map(|similarity| similarity.pair).collect()
}

/// Clockwise quarter turns of the photo against the reference, as most of the matches state by the directions of
/// their points; `None` without matches.
pub(crate) fn quarter_turns(
    reference: &Features,
    photo: &Features,
    agreeing: &[Match],
) -> Option<u8> {
    let mut votes = [0_usize; 4];
    for found in agreeing {
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
    let most = (0..).zip(votes).max_by_key(|(quarter, most)| (*most, 3 - quarter));
    most.filter(|(_, most)| *most > 0).map(|(quarter, _)| quarter)
}

/// Maximum difference of rotations, an eighth of a turn, in 1/256 of a turn.
const TURN: i16 = 32;
/// Maximum difference of growths, 1.3 octaves, in 1/16 of an octave.
const GROWTH: i16 = 21;
/// Maximum distance of neighbours as a fraction of the reference's longer side.
const NEAR: f32 = 1.0 / 6.0;
/// Points nearer than this, in pixels, are one point with two directions.
const SAME: f32 = 3.0;
/// Maximum distance of a neighbour from its predicted place: pixels of the larger photo, and a fraction of its distance
/// from the point, since surfaces are tilted.
const SLACK: (f32, f32) = (4.0, 0.35);
/// Minimum number of supporting neighbours. With 4, more matching photos are rejected; with 2, no fewer
/// (docs/data/experiments.md).
const LEAST_SUPPORT: usize = 3;

/// The motion of a match's surroundings, as its points state it.
struct Similarity {
    pair: Match,
    from: [f32; 2],
    to: [f32; 2],
    change: Change,
}

/// Rotation and growth from one photo to another.
#[derive(Clone, Copy)]
struct Change {
    /// Clockwise, in 1/256 of a turn.
    turn: u8,
    /// In 1/16 of an octave: 16 means twice as large in the photo.
    growth: i16,
}

impl Change {
    /// Differences of two changes: in 1/256 of a turn, and in 1/16 of an octave.
    fn apart(self, other: Self) -> [i16; 2] {
        let turn = self.turn.wrapping_sub(other.turn).cast_signed().unsigned_abs();
        [i16::from(turn), (self.growth - other.growth).abs()]
    }

    fn is_like(self, other: Self) -> bool {
        let [turn, growth] = self.apart(other);
        turn <= TURN && growth <= GROWTH
    }

    /// Weight of the other change, 0 at the maximum differences and larger the nearer it is.
    fn vote(self, other: Self) -> i64 {
        let [turn, growth] = self.apart(other);
        i64::from((GROWTH * (TURN - turn)).min(TURN * (GROWTH - growth)).max(0))
    }

    fn scale(self) -> f32 {
        (f32::from(self.growth) / 16.0).exp2()
    }
}

impl Similarity {
    fn of(reference: &Features, photo: &Features, pair: Match) -> Option<Self> {
        let size =
            |features: &Features, index| features.sizes.get(index).map(|size| i16::from(*size));
        let before = *reference.angles.get(pair.reference)?;
        Some(Self {
            pair,
            from: *reference.points.get(pair.reference)?,
            to: *photo.points.get(pair.photo)?,
            change: Change {
                turn: photo.angles.get(pair.photo)?.wrapping_sub(before),
                growth: size(photo, pair.photo)? - size(reference, pair.reference)?,
            },
        })
    }

    /// Whether the other match is nearby and close to the place that this similarity predicts.
    fn supports(&self, other: &Self, near: f32) -> bool {
        let [x, y] = minus(other.from, self.from);
        let distance = x.hypot(y);
        if distance <= SAME || distance >= near || self.change.apart(other.change)[0] > TURN {
            return false;
        }
        let scale = self.change.scale();
        let (sine, cosine) = (f32::from(self.change.turn) / 256.0 * TAU).sin_cos();
        let moved = [scale * (cosine * x - sine * y), scale * (sine * x + cosine * y)];
        let [off_x, off_y] = minus(moved, minus(other.to, self.to));
        off_x.hypot(off_y) < SLACK.0 * scale.max(1.0) + SLACK.1 * scale * distance
    }
}

fn minus([a, b]: [f32; 2], [c, d]: [f32; 2]) -> [f32; 2] {
    [a - c, b - d]
}

/// Those whose change is like that of the match with the most votes.
fn most_alike(mut all: Vec<Similarity>) -> Vec<Similarity> {
    let votes =
        |one: &&Similarity| -> i64 { all.iter().map(|other| one.change.vote(other.change)).sum() };
    // The first of equals is the most certain.
    let centre = all.iter().rev().max_by_key(votes).map(|centre| centre.change);
    all.retain(|one| centre.is_some_and(|centre| one.change.is_like(centre)));
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests fail by panicking")]

    use super::super::features::Descriptors;
    use super::*;

    /// A grid of points with this direction and size.
    fn grid(angle: u8, size: u8) -> Features {
        let points: Vec<_> = (0..25_u8)
            .map(|i| [100.0 + f32::from(i % 5) * 20.0, 100.0 + f32::from(i / 5) * 20.0])
            .collect();
        Features {
            width: 480,
            height: 360,
            angles: vec![angle; points.len()],
            sizes: vec![size; points.len()],
            points,
            descriptors: Descriptors::Orb(Vec::new()),
        }
    }

    fn in_order(count: usize) -> Vec<Match> {
        (0..count).map(|index| Match { reference: index, photo: index }).collect()
    }

    /// The grid after a quarter turn clockwise and a growth to twice the size.
    fn moved() -> Features {
        let mut moved = grid(7 + 64, 40 + 16);
        for point in &mut moved.points {
            *point = [400.0 - 2.0 * point[1], 2.0 * point[0]];
        }
        moved
    }

    #[test]
    fn what_moved_as_its_neighbours_did_agrees() {
        let (before, after) = (grid(7, 40), moved());
        assert_eq!(agreeing(&before, &after, &in_order(25)), in_order(25));
        assert_eq!(agreeing(&before, &after, &[]), []);
    }

    #[test]
    fn pairs_that_lie_elsewhere_do_not() {
        let (before, after) = (grid(7, 40), moved());
        // Each point is matched with the point across the centre, except for a corner of six points, and the centre.
        let pairs = (0..25).map(|index| {
            let photo = if index % 5 < 3 && index < 10 { index } else { 24 - index };
            Match { reference: index, photo }
        });
        let found = agreeing(&before, &after, &pairs.collect::<Vec<_>>());
        assert_eq!(found.iter().map(|pair| pair.photo).collect::<Vec<_>>(), [0, 1, 2, 5, 6, 7, 12]);
    }

    #[test]
    fn pairs_that_point_elsewhere_or_are_of_other_size_do_not() {
        let (before, mut after) = (grid(7, 40), moved());
        for index in [3, 12] {
            after.angles[index] = after.angles[index].wrapping_add(40);
            after.sizes[index + 1] += 30;
        }
        let found = agreeing(&before, &after, &in_order(25));
        assert_eq!(found.len(), 21);
        assert!(found.iter().all(|pair| ![3, 4, 12, 13].contains(&pair.photo)));
    }

    #[test]
    fn a_mirror_moves_no_two_points_by_one_similarity() {
        let mut before = grid(0, 40);
        for (angle, index) in before.angles.iter_mut().zip(0_u8..) {
            *angle = index.wrapping_mul(37);
        }
        let mut mirrored = before.clone();
        for (point, angle) in mirrored.points.iter_mut().zip(&mut mirrored.angles) {
            point[0] = 480.0 - point[0];
            *angle = 128_u8.wrapping_sub(*angle);
        }
        assert_eq!(agreeing(&before, &before, &in_order(25)), in_order(25));
        assert_eq!(agreeing(&before, &mirrored, &in_order(25)), []);
    }

    #[test]
    fn the_turn_is_what_most_pairs_say() {
        let pointing = |angles: [u8; 4]| Features { angles: angles.to_vec(), ..grid(0, 40) };
        let before = pointing([0, 70, 130, 250]);
        for quarter in 0..4_u8 {
            let turn = |by: u8| move |angle: u8| angle.wrapping_add(64 * quarter + by);
            let mut after = pointing([0, 70, 130, 250].map(turn(20)));
            after.angles[2] = turn(33)(130);
            assert_eq!(quarter_turns(&before, &after, &in_order(4)), Some(quarter));
        }
        assert_eq!(quarter_turns(&before, &before, &[]), None);
    }

    #[test]
    fn three_pairs_are_no_consensus() {
        let (before, after) = (grid(7, 40), moved());
        assert_eq!(agreeing(&before, &after, &in_order(3)), []);
        assert_eq!(agreeing(&before, &after, &in_order(4)), in_order(4));
    }
}
