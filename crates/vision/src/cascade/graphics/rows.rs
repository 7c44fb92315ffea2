//! Detection of text that a program draws at one place, with different words on each photo.

use super::super::detail::{PointPair, minus};

/// The pairs of points in the same row, if their shifts along it differ; otherwise none.
///
/// Letters match any similar letters of their line. If a camera stays level between two photos, neighbouring pairs have
/// similar shifts.
pub(super) fn pairs_of_text(pairs: &[PointPair]) -> Vec<PointPair> {
    let shift = |pair: &PointPair| minus(pair.photo, pair.reference);
    let is_level = |pair: &&PointPair| {
        let [x, y] = shift(pair);
        y.abs() < ROW && x.abs() < ALONG
    };
    let level: Vec<PointPair> = pairs.iter().filter(is_level).copied().collect();
    let is_like_neighbours = |pair: &&PointPair| {
        let is_alike = |other: &&PointPair| {
            let [x, y] = minus(other.reference, pair.reference);
            (shift(other)[0] - shift(pair)[0]).abs() < ALIKE + GROWTH * x.hypot(y)
        };
        2 * pair.nearest(&level, NEIGHBOURS, APART).filter(is_alike).count() >= NEIGHBOURS
    };
    if level.len() < LEAST_PAIRS
        || 2 * level.iter().filter(is_like_neighbours).count() > level.len()
    {
        return Vec::new();
    }
    level
}

/// Maximum distance between the rows of both points, in pixels.
const ROW: f32 = 1.5;
/// Maximum distance between points on one line of text, in pixels: half the picture.
const ALONG: f32 = 320.0;
/// Number of nearest pairs that are neighbours.
const NEIGHBOURS: usize = 4;
/// Minimum distance of a neighbour, in pixels: points of one letter shift alike.
const APART: f32 = 32.0;
/// Maximum difference between similar shifts, in pixels: depth changes them from point to point.
const ALIKE: f32 = 12.0;
/// Additional difference between similar shifts, as a share of the distance: perspective and scale change them steadily.
const GROWTH: f32 = 0.35;
/// Minimum number of pairs of text. Of 120 pairs of points, photos without text have up to 7 in one row with different
/// shifts. Photos with five lines of text have 28 and more.
const LEAST_PAIRS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs on lines 20 pixels apart, shifted by `shift` of their index along the line and by `down` across it.
    fn lines(count: usize, shift: impl Fn(usize) -> f32, down: f32) -> Vec<PointPair> {
        (0..count)
            .map(|at| ([40.0 + (at * 37 % 400) as f32, (60 + 20 * (at % 5)) as f32], shift(at)))
            .map(|([x, y], shift)| PointPair { reference: [x, y], photo: [x + shift, y + down] })
            .collect()
    }

    #[test]
    fn other_words_at_one_place_are_text() {
        let pairs = lines(30, |at| (at * 53 % 240) as f32 - 120.0, 0.5);
        assert_eq!(pairs_of_text(&pairs).len(), 30);
    }

    #[test]
    fn a_level_camera_sees_no_text() {
        for shift in [0.0, 35.0] {
            assert!(pairs_of_text(&lines(30, |at| shift + (at % 7) as f32, 0.5)).is_empty());
        }
        // A rotation about the vertical axis shifts points by their column.
        let turned = lines(30, |at| 0.3 * (at * 37 % 400) as f32, 0.5);
        assert!(pairs_of_text(&turned).is_empty());
        assert!(pairs_of_text(&lines(30, |at| (at * 53 % 240) as f32, 6.0)).is_empty());
        assert!(pairs_of_text(&lines(6, |at| (at * 53 % 240) as f32, 0.0)).is_empty());
        assert!(pairs_of_text(&[]).is_empty());
    }
}
