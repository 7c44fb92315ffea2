//! Graphics that both photos carry: time stamps, stickers, frames and the bars of apps.
//!
//! A program draws them at the same place and size, or at another place and size, but always upright and
//! undistorted. Points on them therefore agree by one scaling and shift to within a pixel, while photos of one
//! scene from two places do not: their pairs spread around any such motion. COLMAP discards stationary matches
//! and watermarks for the same reason (Schönberger and Frahm, Structure-from-Motion Revisited, CVPR 2016).

use super::detail::{PointPair, minus};
use super::mask::Mask;
use super::picture::{Picture, correlation};

/// The parts of both pictures that are covered by graphics, as far as the tiers have found them.
#[derive(Debug)]
pub(super) struct Graphics {
    motions: Vec<Motion>,
    reference: Mask,
    photo: Mask,
}

impl Graphics {
    /// No graphics.
    pub(super) fn new(reference: &Picture, photo: &Picture) -> Self {
        Self {
            motions: Vec::new(),
            reference: Mask::new(reference.size()),
            photo: Mask::new(photo.size()),
        }
    }

    /// Marks graphics that these pairs of points reveal, and returns for each pair whether it can belong to the
    /// scene. Places are pixels of the pictures.
    ///
    /// The most exact scaling and shift is examined, until none is exact enough. Where the pictures agree under it as
    /// a whole, as photos from a tripod do, it is the scene's and its pairs stay.
    pub(super) fn separate(
        &mut self,
        reference: &Picture,
        photo: &Picture,
        pairs: &[PointPair],
    ) -> Vec<bool> {
        let mut of_scene: Vec<bool> = pairs.iter().map(|pair| !self.covers(pair)).collect();
        let mut is_static = vec![false; pairs.len()];
        for _ in 0..MOST_MOTIONS {
            let open: Vec<(usize, PointPair)> = (pairs.iter().copied().enumerate())
                .filter(|(place, _)| of_scene.get(*place) == Some(&true))
                .filter(|(place, _)| is_static.get(*place) == Some(&false))
                .collect();
            let candidates: Vec<PointPair> = open.iter().map(|(_, pair)| *pair).collect();
            let Some(motion) = Motion::most_exact(&candidates) else { break };
            if motion.exactness(&candidates) < MARGIN {
                break;
            }
            let within = |distance: f32| {
                open.iter().filter(move |(_, pair)| motion.misses_by(pair) < distance)
            };
            if motion.aligns(reference, photo) {
                for (place, _) in within(AROUND) {
                    if let Some(flag) = is_static.get_mut(*place) {
                        *flag = true;
                    }
                }
                continue;
            }
            self.motions.push(motion);
            for (_, pair) in within(2.0 * EXACT) {
                self.reference.mark(pair.reference);
                self.photo.mark(pair.photo);
            }
            for ((flag, pair), is_static) in of_scene.iter_mut().zip(pairs).zip(&is_static) {
                *flag = *is_static || !self.covers(pair);
            }
        }
        of_scene
    }

    fn covers(&self, pair: &PointPair) -> bool {
        self.reference.covers(pair.reference)
            || self.photo.covers(pair.photo)
            || self.motions.iter().any(|motion| motion.slides(pair))
    }
}

/// A bound on the work; screenshots of apps have two to four motions.
const MOST_MOTIONS: usize = 8;
/// How far from its place a point on graphics is at most, in pixels.
const EXACT: f32 = 1.5;
/// Pairs of a scene that happen to agree with a scaling and shift have others around, this far, in pixels.
const AROUND: f32 = 4.0;
/// The share of the pairs within [`AROUND`] that is within [`EXACT`] where a scene happens to agree with a scaling and
/// shift: 0.3 in the median, 0.55 in one of ten matching photos. Of graphics it is 0.5 to 1.
const PEAK: f32 = 0.45;
/// How many exact pairs more than that graphics have at least: few pairs prove little.
const MARGIN: f32 = 2.0;
/// Non-matching photos agree with a scaling and shift in up to 7 pairs, mostly in 3 or fewer.
const LEAST_PAIRS: usize = 6;

/// A scaling and a shift from the reference to the photo: `scale * place + shift`.
#[derive(Debug, Clone, Copy)]
struct Motion {
    scale: f32,
    shift: [f32; 2],
}

impl Motion {
    /// How many more pairs agree exactly than [`PEAK`] of those around; negative for too few pairs.
    fn exactness(&self, pairs: &[PointPair]) -> f32 {
        let (mut exact, mut around) = (0, 0);
        for pair in pairs {
            let distance = self.misses_by(pair);
            exact += usize::from(distance < EXACT);
            around += usize::from(distance < AROUND);
        }
        if exact < LEAST_PAIRS { -1.0 } else { exact as f32 - PEAK * around as f32 }
    }

    /// The motion that pairs agree with most exactly, by hypotheses of one pair that keeps its size and of two
    /// neighbouring pairs. The work is bounded: of many pairs every few are the source of hypotheses.
    fn most_exact(pairs: &[PointPair]) -> Option<Self> {
        if pairs.len() < LEAST_PAIRS {
            return None;
        }
        let sources = pairs.len().min(MOST_SOURCES);
        let sources = (0..sources).filter_map(|place| pairs.get(place * pairs.len() / sources));
        let best = sources
            .flat_map(|source| Self::hypotheses(source, pairs))
            .map(|motion| (motion.exactness(pairs), motion))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, motion)| motion)?;
        Some(
            [2.0, 1.5, 1.0, 1.0].iter().fold(best, |motion, factor| {
                motion.refined(pairs, factor * EXACT).unwrap_or(motion)
            }),
        )
    }

    /// The motions that a pair suggests alone and with its nearest neighbours that are apart.
    fn hypotheses(source: &PointPair, pairs: &[PointPair]) -> impl Iterator<Item = Self> {
        let alone = Self { scale: 1.0, shift: minus(source.photo, source.reference) };
        let together = source.nearest(pairs, PARTNERS, APART).filter_map(|other| {
            let [x, y] = minus(other.reference, source.reference);
            let [u, v] = minus(other.photo, source.photo);
            let (before, after) = (x.hypot(y), u.hypot(v));
            let is_upright = x * u + y * v > 0.0 && (x * v - y * u).abs() < TURN * before * after;
            let scale = after / before;
            (is_upright && SCALES.contains(&scale)).then(|| Self::through(scale, source))
        });
        std::iter::once(alone).chain(together)
    }

    fn through(scale: f32, pair: &PointPair) -> Self {
        Self { scale, shift: minus(pair.photo, pair.reference.map(|place| scale * place)) }
    }

    fn map(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.scale * x + self.shift[0], self.scale * y + self.shift[1]]
    }

    /// How far from the place in the photo the motion takes the place in the reference, in pixels.
    fn misses_by(&self, pair: &PointPair) -> f32 {
        let [x, y] = minus(self.map(pair.reference), pair.photo);
        x.hypot(y)
    }

    /// Whether the pair misses the motion along a row or a column only: points on a line of text or on the edge of a
    /// frame are paired with others on the same one.
    fn slides(&self, pair: &PointPair) -> bool {
        let [x, y] = minus(self.map(pair.reference), pair.photo).map(f32::abs);
        x.min(y) < ASIDE && x.max(y) < ALONG
    }

    fn explained<'a>(
        &self,
        pairs: &'a [PointPair],
        distance: f32,
    ) -> impl Iterator<Item = &'a PointPair> {
        let motion = *self;
        pairs.iter().filter(move |pair| motion.misses_by(pair) < distance)
    }

    /// The least-squares motion of the pairs that agree to within this distance.
    fn refined(&self, pairs: &[PointPair], distance: f32) -> Option<Self> {
        let near: Vec<&PointPair> = self.explained(pairs, distance).collect();
        let count = near.len() as f32;
        let mean = |of: fn(&PointPair) -> [f32; 2]| {
            let sum =
                near.iter().map(|pair| of(pair)).fold([0.0, 0.0], |[a, b], [c, d]| [a + c, b + d]);
            sum.map(|sum: f32| sum / count)
        };
        let centre =
            PointPair { reference: mean(|pair| pair.reference), photo: mean(|pair| pair.photo) };
        let (mut length, mut along) = (0.0, 0.0);
        for pair in &near {
            let [x, y] = minus(pair.reference, centre.reference);
            let [u, v] = minus(pair.photo, centre.photo);
            length += x * x + y * y;
            along += x * u + y * v;
        }
        let scale: f32 = along / length;
        SCALES.contains(&scale).then(|| Self::through(scale, &centre))
    }

    /// Whether the pictures agree as a whole once one of them is moved over the other; either way, since the one with
    /// less detail hides some of the other's.
    fn aligns(&self, reference: &Picture, photo: &Picture) -> bool {
        let (reference, photo) = (reference.halved(), photo.halved());
        let there = Self { scale: self.scale, shift: self.shift.map(|shift| shift / 2.0) };
        let back =
            Self { scale: 1.0 / there.scale, shift: there.shift.map(|shift| -shift / there.scale) };
        there.covers_alike(&reference, &photo) || back.covers_alike(&photo, &reference)
    }

    /// Whether at least half of the first picture's cells that show something correlate with the second, and no large
    /// connected part of them does not. A picture in a frame or between the bars of an app is such a part.
    fn covers_alike(&self, reference: &Picture, photo: &Picture) -> bool {
        let [columns, rows] = reference.size().map(|side| (side / CELL as f32) as usize);
        let cells: Vec<Cell> = (0..rows * columns)
            .map(|place| self.cell(reference, photo, [place % columns, place / columns]))
            .collect();
        let count = |kind: Cell| cells.iter().filter(|cell| **cell == kind).count();
        let (agree, differ) = (count(Cell::Agrees), count(Cell::Differs));
        let shown = agree + differ;
        2 * agree >= shown
            && shown > 0
            && (largest_part(&cells, columns) as f32) < LARGEST_PART * shown as f32
    }

    /// Compares one cell of the reference with where it is in the photo, give or take [`SLACK`] pixels.
    fn cell(&self, reference: &Picture, photo: &Picture, [column, row]: [usize; 2]) -> Cell {
        let corner = [(column * CELL) as f32, (row * CELL) as f32];
        let last = corner.map(|at| at + (CELL - 1) as f32);
        if !photo.contains(self.map(corner)) || !photo.contains(self.map(last)) {
            return Cell::Empty;
        }
        let places = || {
            (0..CELL * CELL)
                .map(|place| [corner[0] + (place % CELL) as f32, corner[1] + (place / CELL) as f32])
        };
        let before: Vec<f32> = places().map(|place| reference.at(place)).collect();
        let after = |aside: [f32; 2]| -> Vec<f32> {
            places()
                .map(|place| photo.at(self.map([place[0] + aside[0], place[1] + aside[1]])))
                .collect()
        };
        if deviation(&before) < MIN_DEVIATION && deviation(&after([0.0, 0.0])) < MIN_DEVIATION {
            return Cell::Empty;
        }
        let mut shifts =
            (-SLACK..=SLACK).flat_map(|y| (-SLACK..=SLACK).map(move |x| [x as f32, y as f32]));
        let agrees = shifts.any(|aside| correlation(&before, &after(aside), 1.0) > MIN_CORRELATION);
        if agrees { Cell::Agrees } else { Cell::Differs }
    }
}

/// How far from a row or a column of graphics a point is at most, in pixels.
const ASIDE: f32 = 2.0;
/// How far along it a point may be paired, in pixels: half the picture, for the edges of frames.
const ALONG: f32 = 320.0;

/// How many pairs suggest motions.
const MOST_SOURCES: usize = 200;
/// How many neighbours of a pair suggest a motion together with it.
const PARTNERS: usize = 2;
/// Points nearer than this fix no scale, in pixels.
const APART: f32 = 16.0;
/// The sine of the largest angle between what is upright in both photos.
const TURN: f32 = 0.06;
/// Graphics of phones with small and large screens.
const SCALES: std::ops::Range<f32> = 0.33..3.0;

/// The side of a cell, in pixels of half the working size.
const CELL: usize = 16;
/// How far a cell may be displaced, in the same pixels: photos from a tripod are not moved exactly alike.
const SLACK: i32 = 2;
/// Standard deviation of the brightness below which a cell is empty.
const MIN_DEVIATION: f32 = 8.0;
/// From this correlation on a cell agrees.
const MIN_CORRELATION: f32 = 0.7;
/// A connected part that differs is at most this share of what the pictures show: something that moved.
const LARGEST_PART: f32 = 0.2;

/// What a part of the reference shows under a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Nothing, or nothing in the photo.
    Empty,
    Agrees,
    Differs,
}

/// The number of cells in the largest connected part that differs.
fn largest_part(cells: &[Cell], columns: usize) -> usize {
    let mut open: Vec<bool> = cells.iter().map(|cell| *cell == Cell::Differs).collect();
    let mut largest = 0;
    for start in 0..open.len() {
        let mut todo = vec![start];
        let mut size = 0;
        while let Some(place) = todo.pop() {
            if !open.get_mut(place).is_some_and(std::mem::take) {
                continue;
            }
            size += 1;
            todo.extend([place.wrapping_sub(columns), place + columns]);
            todo.extend((place % columns > 0).then(|| place - 1));
            todo.extend((place % columns + 1 < columns).then_some(place + 1));
        }
        largest = largest.max(size);
    }
    largest
}

fn deviation(values: &[f32]) -> f32 {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that differ from one call to the next, from 0 to below 1.
    fn random(seed: u32) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        }
    }

    /// A picture of 640 by 480 pixels, full of squares of 8 pixels of different brightness.
    fn scene(seed: u32) -> Picture {
        let mut random = random(seed);
        let blocks: Vec<u8> = (0..80 * 60).map(|_| (random() * 255.0) as u8).collect();
        Picture::from_fn(640, 480, |x, y| blocks.get(y / 8 * 80 + x / 8).copied().unwrap_or(0))
    }

    /// The scene with another one in a rectangle: left, top, right, bottom.
    fn with_graphics(
        below: &Picture,
        above: &Picture,
        [left, top, right, bottom]: [usize; 4],
    ) -> Picture {
        Picture::from_fn(640, 480, |x, y| {
            let covered = (left..right).contains(&x) && (top..bottom).contains(&y);
            (if covered { above } else { below }).at([x as f32, y as f32]) as u8
        })
    }

    /// So many pairs within a rectangle of the reference that a motion explains.
    fn on_graphics(
        count: usize,
        [left, top, right, bottom]: [usize; 4],
        motion: Motion,
    ) -> Vec<PointPair> {
        let mut random = random(3);
        let mut between = |low: usize, high: usize| low as f32 + random() * (high - low) as f32;
        (0..count)
            .map(|_| [between(left, right), between(top, bottom)])
            .map(|reference| PointPair { reference, photo: motion.map(reference) })
            .collect()
    }

    /// Pairs of a camera that turned and went nearer.
    fn of_scene(count: usize) -> Vec<PointPair> {
        let mut random = random(4);
        let mut pair = || {
            let [x, y] = [random() * 600.0, random() * 440.0];
            let [u, v] = [1.08 * x - 0.1 * y + 30.0, 0.1 * x + 1.08 * y - 20.0];
            PointPair { reference: [x, y], photo: [u + 3e-5 * u * u, v + 3e-5 * u * v] }
        };
        (0..count).map(|_| pair()).collect()
    }

    const STILL: Motion = Motion { scale: 1.0, shift: [0.0, 0.0] };
    const STAMP: [usize; 4] = [40, 380, 240, 450];

    fn kept(reference: &Picture, photo: &Picture, pairs: &[PointPair]) -> Vec<bool> {
        Graphics::new(reference, photo).separate(reference, photo, pairs)
    }

    #[test]
    fn a_stamp_on_two_scenes_is_graphics_wherever_and_however_large_it_is() {
        let stamp = scene(9);
        let (reference, photo) = (with_graphics(&scene(1), &stamp, STAMP), scene(2));
        for motion in [
            STILL,
            Motion { scale: 1.0, shift: [300.0, -250.0] },
            Motion { scale: 0.7, shift: [200.0, 100.0] },
            Motion { scale: 1.4, shift: [120.0, -200.0] },
        ] {
            let pairs = on_graphics(30, STAMP, motion);
            assert!(kept(&reference, &photo, &pairs).iter().all(|kept| !kept), "{motion:?}");
        }
    }

    #[test]
    fn several_graphics_with_motions_of_their_own_are_found() {
        let bar = [0, 0, 640, 60];
        let pairs = [
            on_graphics(20, STAMP, STILL),
            on_graphics(20, bar, Motion { scale: 1.0, shift: [0.0, 35.0] }),
            on_graphics(12, [500, 200, 600, 300], Motion { scale: 1.2, shift: [-90.0, 20.0] }),
        ]
        .concat();
        assert!(kept(&scene(1), &scene(2), &pairs).iter().all(|kept| !kept));
    }

    #[test]
    fn the_scene_beside_a_stamp_is_kept() {
        let scenes = of_scene(120);
        let pairs = [on_graphics(40, STAMP, STILL), scenes.clone()].concat();
        let kept = kept(&scene(1), &scene(2), &pairs);
        let (stamp, scene) = kept.split_at(40);
        assert!(stamp.iter().all(|kept| !kept));
        // What lies under the stamp goes with it.
        let lost = scene.iter().filter(|kept| !**kept).count();
        assert!((1..40).contains(&lost), "{lost}");
    }

    #[test]
    fn a_scene_without_graphics_is_kept_whole() {
        for count in [5, 40, 400] {
            let pairs = of_scene(count);
            assert!(kept(&scene(1), &scene(1), &pairs).iter().all(|kept| *kept), "{count}");
        }
        assert!(kept(&scene(1), &scene(2), &[]).is_empty());
    }

    #[test]
    fn photos_from_a_tripod_are_kept_with_and_without_a_stamp() {
        let (bare, stamp) = (scene(1), scene(9));
        let stamped = with_graphics(&bare, &stamp, STAMP);
        let pairs = on_graphics(200, [0, 0, 640, 480], STILL);
        for (reference, photo) in [(&bare, &bare), (&stamped, &stamped), (&bare, &stamped)] {
            assert!(kept(reference, photo, &pairs).iter().all(|kept| *kept));
        }
    }

    #[test]
    fn a_large_frame_around_two_scenes_is_graphics() {
        // The frame covers more than half of the picture and agrees pixel by pixel.
        let window = [120, 80, 520, 400];
        let [reference, photo] = [1, 2].map(|seed| with_graphics(&scene(9), &scene(seed), window));
        let pairs = on_graphics(80, [0, 0, 640, 70], STILL);
        assert!(kept(&reference, &photo, &pairs).iter().all(|kept| !kept));
    }

    #[test]
    fn what_one_tier_finds_covers_the_points_of_the_next() {
        let (reference, photo) = (scene(1), scene(2));
        let mut graphics = Graphics::new(&reference, &photo);
        graphics.separate(&reference, &photo, &on_graphics(60, STAMP, STILL));
        // Points on the stamp that are paired with anything, and anything with points on it.
        let aside = |reference, photo| PointPair { reference, photo };
        let pairs = [
            aside([100.0, 400.0], [500.0, 100.0]),
            aside([500.0, 100.0], [100.0, 400.0]),
            aside([500.0, 100.0], [400.0, 120.0]),
        ];
        assert_eq!(graphics.separate(&reference, &photo, &pairs), [false, false, true]);
    }

    #[test]
    fn parts_are_connected_along_sides() {
        let [x, o] = [Cell::Differs, Cell::Agrees];
        assert_eq!(largest_part(&[x, x, o, o, x, o, o, o, x], 3), 3);
        // The end of a row and the start of the next one do not touch.
        assert_eq!(largest_part(&[o, o, x, x, o, o], 3), 1);
        assert_eq!(largest_part(&[], 0), 0);
    }
}
