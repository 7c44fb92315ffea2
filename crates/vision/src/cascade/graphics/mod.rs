//! Detection of graphics in both photos: time stamps, stickers, frames and the bars of apps.
//!
//! A program draws graphics upright and undistorted, at any place and size. Points on them therefore agree by one
//! scaling and shift to within a pixel. Photos of one scene from two places do not: their pairs spread around any such
//! motion. COLMAP discards stationary matches and watermarks for the same reason (Schönberger and Frahm,
//! Structure-from-Motion Revisited, CVPR 2016).

mod motion;
mod whole;

use self::motion::{AROUND, EXACT, Motion};
use self::whole::{Side, agree_as_a_whole};
use super::mask::Mask;
use super::picture::Picture;
use super::point_pair::PointPair;

/// The parts of both pictures covered by graphics that the tiers found.
#[derive(Debug)]
pub(super) struct Graphics {
    motions: Vec<Motion>,
    reference: Mask,
    photo: Mask,
}

impl Graphics {
    /// Starts without graphics.
    pub(super) fn new(reference: &Picture, photo: &Picture) -> Self {
        Self {
            motions: Vec::new(),
            reference: Mask::new(reference.size()),
            photo: Mask::new(photo.size()),
        }
    }

    /// Marks the graphics that these pairs of points reveal, and returns for each pair whether it can belong to the
    /// scene. Places are in pixels of the pictures.
    ///
    /// The most exact scaling and shift is examined first, until none is exact enough. If the whole pictures agree
    /// under it, as photos from a tripod do, it is a motion of the scene and its pairs stay.
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
            let within = |distance: f32| {
                open.iter().filter(move |(_, pair)| motion.misses_by(pair) < distance)
            };
            let sides = [(reference, &self.reference), (photo, &self.photo)]
                .map(|(of, mask)| Side::new(of, mask));
            if agree_as_a_whole(motion, &sides[0], &sides[1]) {
                for (place, _) in within(AROUND) {
                    if let Some(flag) = is_static.get_mut(*place) {
                        *flag = true;
                    }
                }
                continue;
            }
            self.motions.push(motion);
            for (_, pair) in within(2.0 * EXACT) {
                self.mark(pair);
            }
            for ((flag, pair), is_static) in of_scene.iter_mut().zip(pairs).zip(&is_static) {
                *flag = *is_static || !self.covers(pair);
            }
        }
        of_scene
    }

    /// The parts with graphics of the reference and of the photo.
    pub(super) fn masks(&self) -> [&Mask; 2] {
        [&self.reference, &self.photo]
    }

    fn mark(&mut self, pair: &PointPair) {
        self.reference.mark(pair.reference);
        self.photo.mark(pair.photo);
    }

    fn covers(&self, pair: &PointPair) -> bool {
        self.reference.covers(pair.reference)
            || self.photo.covers(pair.photo)
            || self.motions.iter().any(|motion| motion.slides(pair))
    }
}

/// Maximum number of motions examined; screenshots of apps have two to four.
const MOST_MOTIONS: usize = 8;
#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudo-random numbers from 0 to below 1.
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

    /// The picture `below`, with `above` in a rectangle: left, top, right, bottom.
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

    /// Pairs within a rectangle of the reference that a motion explains.
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

    /// Pairs of a camera that rotated and moved nearer.
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
        // Pairs of the scene under the stamp are removed with it.
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
        // Points on the stamp paired with points elsewhere, in both directions.
        let aside = |reference, photo| PointPair { reference, photo };
        let pairs = [
            aside([100.0, 400.0], [500.0, 100.0]),
            aside([500.0, 100.0], [100.0, 400.0]),
            aside([500.0, 100.0], [400.0, 120.0]),
        ];
        assert_eq!(graphics.separate(&reference, &photo, &pairs), [false, false, true]);
    }
}
