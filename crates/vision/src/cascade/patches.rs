//! Comparison of the surroundings of paired points, pixel by pixel.
//!
//! Pages of text, tiles and facades consist of similar patches in rows. Points match points of another row or another
//! page, and one camera motion explains many of these pairs. The pixels around the points distinguish such pairs from
//! pairs of the same spot.

use super::picture::{Picture, correlation};
use super::point_pair::{PointPair, minus, plus};

/// Number of pairs that show the same patch in both pictures. The local similarity maps a square around the point of
/// the reference to the photo. The normalised cross-correlation of both squares has to exceed [`MIN_CORRELATION`].
///
/// The local similarity is the least-squares similarity of the pair and its nearest pairs in the reference. At most
/// [`MOST_EXAMINED`] pairs, evenly distributed, are examined, and the count is scaled. Places are in pixels of the
/// pictures.
pub(super) fn confirmed(reference: &Picture, photo: &Picture, pairs: &[PointPair]) -> u32 {
    if pairs.len() < LEAST_PAIRS {
        return 0;
    }
    let [width, height] = reference.size();
    let radius = width.max(height) * RADIUS;
    let examined = pairs.len().min(MOST_EXAMINED);
    let chosen = (0..examined).filter_map(|place| pairs.get(place * pairs.len() / examined));
    let looks_the_same = |pair: &&PointPair| {
        LocalSimilarity::around(pair, pairs).is_some_and(|local| {
            local.correlation(reference, photo, pair, radius) > MIN_CORRELATION
        })
    };
    let count = chosen.filter(looks_the_same).count();
    ((count * pairs.len() + examined / 2) / examined) as u32
}

/// Correlation above which two patches are the same. At most a quarter of the inliers between different pages of text
/// exceed it. Between photos of one scene taken far apart, more than a third do.
const MIN_CORRELATION: f32 = 0.4;
/// Half the side of a patch, as a share of the reference's longer side: 16 of 640 pixels.
const RADIUS: f32 = 0.025;
/// Number of samples in a row of a patch.
const SAMPLES: usize = 17;
const COUNT: usize = SAMPLES * SAMPLES;
/// Standard deviation of the brightness below which a patch has no content.
const MIN_DEVIATION: f32 = 3.0;
/// Number of nearest pairs, including the pair itself, that determine its local similarity.
const NEIGHBOURS: usize = 10;
/// Minimum number of pairs for a local similarity.
const LEAST_PAIRS: usize = 4;
/// Maximum number of examined pairs: 200 patches take about a millisecond.
const MOST_EXAMINED: usize = 200;
/// Maximum local scale, and the inverse of the minimum: beyond it patches show different detail.
const MAX_SCALE: f32 = 4.0;

/// Rotation and scaling of a pair's surroundings from the reference to the photo.
struct LocalSimilarity {
    /// Scale times the cosine of the angle.
    cosine: f32,
    /// Scale times the sine of the angle.
    sine: f32,
}

impl LocalSimilarity {
    /// The least-squares similarity of the nearest pairs; `None` if its scale is outside the range for comparing
    /// patches.
    fn around(pair: &PointPair, pairs: &[PointPair]) -> Option<Self> {
        let near: Vec<_> = pair.nearest(pairs, NEIGHBOURS, 0.0).collect();
        let count = near.len() as f32;
        let mean = |of: fn(&PointPair) -> [f32; 2]| {
            let sum = near.iter().map(|pair| of(pair)).fold([0.0, 0.0], plus);
            sum.map(|sum: f32| sum / count)
        };
        let (from, to) = (mean(|pair| pair.reference), mean(|pair| pair.photo));
        let (mut length, mut along, mut across) = (0.0_f32, 0.0, 0.0);
        for other in &near {
            let [x, y] = minus(other.reference, from);
            let [u, v] = minus(other.photo, to);
            length += x * x + y * y;
            along += x * u + y * v;
            across += x * v - y * u;
        }
        if length <= 0.0 {
            return None;
        }
        let local = Self { cosine: along / length, sine: across / length };
        (1.0 / MAX_SCALE..=MAX_SCALE).contains(&local.cosine.hypot(local.sine)).then_some(local)
    }

    fn correlation(
        &self,
        reference: &Picture,
        photo: &Picture,
        pair: &PointPair,
        radius: f32,
    ) -> f32 {
        let places = square(radius);
        let before = places.map(|place| reference.at(plus(pair.reference, place)));
        let after = places.map(|place| photo.at(plus(pair.photo, self.map(place))));
        correlation(&before, &after, MIN_DEVIATION)
    }

    fn map(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.cosine * x - self.sine * y, self.sine * x + self.cosine * y]
    }
}

/// Places of a patch's samples relative to its centre, in pixels.
fn square(radius: f32) -> [[f32; 2]; COUNT] {
    let step = 2.0 * radius / (SAMPLES - 1) as f32;
    std::array::from_fn(|place| {
        [place % SAMPLES, place / SAMPLES].map(|at| at as f32 * step - radius)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of 640 by 480 pixels with soft blobs that depend on the seed.
    fn scene(seed: u32) -> Picture {
        let level = |x: usize, y: usize| {
            let [column, row] = [x, y].map(|at| (at / 6) as u32);
            let mut state = column.wrapping_mul(73_856_093)
                ^ row.wrapping_mul(19_349_663)
                ^ seed.wrapping_mul(83_492_791);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        Picture::from_fn(640, 480, level)
    }

    /// The picture rotated by `angle` radians and scaled around its centre, and the map to its places.
    fn turned(
        picture: &Picture,
        angle: f32,
        scale: f32,
    ) -> (Picture, impl Fn([f32; 2]) -> [f32; 2]) {
        let (sine, cosine) = angle.sin_cos();
        let back = move |x: f32, y: f32| {
            let [u, v] = [(x - 320.0) / scale, (y - 240.0) / scale];
            [cosine * u + sine * v + 320.0, cosine * v - sine * u + 240.0]
        };
        let made = Picture::from_fn(640, 480, |x, y| picture.at(back(x as f32, y as f32)) as u8);
        let there = move |[x, y]: [f32; 2]| {
            let [u, v] = [scale * (x - 320.0), scale * (y - 240.0)];
            [cosine * u - sine * v + 320.0, sine * u + cosine * v + 240.0]
        };
        (made, there)
    }

    fn grid(there: impl Fn([f32; 2]) -> [f32; 2], step: usize) -> Vec<PointPair> {
        let places = (0..).step_by(step).take_while(|x| *x <= 200).flat_map(|x| {
            (0..).step_by(step).take_while(|y| *y <= 160).map(move |y| [220 + x, 160 + y])
        });
        let pair = |place: [usize; 2]| {
            let reference = place.map(|at| at as f32);
            PointPair { reference, photo: there(reference) }
        };
        places.map(pair).collect()
    }

    #[test]
    fn the_same_spot_is_confirmed_however_it_is_turned_and_scaled() {
        let reference = scene(1);
        for (angle, scale) in [(0.0, 1.0), (0.3, 1.0), (1.6, 1.2), (-0.2, 0.8)] {
            let (photo, there) = turned(&reference, angle, scale);
            let pairs = grid(there, 20);
            let found = confirmed(&reference, &photo, &pairs) as usize;
            assert!(found * 10 >= pairs.len() * 9, "{angle}, {scale}: {found} of {}", pairs.len());
        }
    }

    #[test]
    fn another_spot_in_the_same_arrangement_is_not() {
        let pairs = grid(|place| place, 20);
        let found = confirmed(&scene(1), &scene(2), &pairs) as usize;
        assert!(found * 20 <= pairs.len(), "{found} of {}", pairs.len());
        // The same picture, shifted by one of its patches, is not confirmed either.
        let shifted = grid(|[x, y]| [x + 24.0, y], 20);
        let found = confirmed(&scene(1), &scene(1), &shifted) as usize;
        assert!(found * 20 <= shifted.len(), "{found} of {}", shifted.len());
    }

    #[test]
    fn many_pairs_are_counted_by_a_sample() {
        let reference = scene(1);
        let pairs = grid(|place| place, 5);
        assert!(pairs.len() > 5 * MOST_EXAMINED);
        assert_eq!(confirmed(&reference, &reference, &pairs) as usize, pairs.len());
    }

    #[test]
    fn few_pairs_and_blank_pictures_confirm_nothing() {
        let blank = Picture::from_fn(640, 480, |_, _| 128);
        let pairs = grid(|place| place, 20);
        assert_eq!(confirmed(&blank, &blank, &pairs), 0);
        assert_eq!(confirmed(&blank, &blank, &[]), 0);
        let spot = PointPair { reference: [300.0, 200.0], photo: [300.0, 200.0] };
        assert_eq!(confirmed(&scene(1), &scene(1), &[spot; 20]), 0);
    }
}
