//! Points by which a copy is laid over its original.

use injeung_domain::Fault;
use opencv::core::Mat;

use crate::opencv::orb;
use crate::points::{Descriptors, OrbDescriptor};

/// ORB points of a picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Points {
    /// Columns and rows, in pixels.
    pub(super) places: Vec<[f32; 2]>,
    pub(super) descriptors: Vec<OrbDescriptor>,
}

impl Points {
    /// At most `max` points, the strongest first.
    pub(super) fn of(grey: &Mat, max: u32) -> opencv::Result<Self> {
        let features = orb(grey, max)?;
        let descriptors = match features.descriptors {
            Descriptors::Orb(descriptors) => descriptors,
            Descriptors::Sift(_) => Vec::new(),
        };
        Ok(Self { places: features.points, descriptors })
    }

    /// The first `max` points.
    pub(super) fn strongest(&self, max: usize) -> Self {
        let places = self.places.iter().take(max).copied().collect();
        Self { places, descriptors: self.descriptors.iter().take(max).copied().collect() }
    }

    /// Encodes the points: a version, then columns and rows in sixteenths of pixels and the descriptors.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for (place, descriptor) in self.places.iter().zip(&self.descriptors) {
            bytes.extend(place.iter().flat_map(|at| ((at * STEPS) as u16).to_le_bytes()));
            bytes.extend(descriptor.iter().flat_map(|word| word.to_le_bytes()));
        }
        bytes
    }

    /// Decodes the output of [`to_bytes`](Self::to_bytes); `None` for another version or a wrong length.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (points, rest) = bytes.strip_prefix(&[VERSION])?.as_chunks::<POINT_BYTES>();
        if !rest.is_empty() {
            return None;
        }
        let mut read = Self { places: Vec::new(), descriptors: Vec::new() };
        for point in points {
            let (x, rest) = point.split_first_chunk()?;
            let (y, rest) = rest.split_first_chunk()?;
            read.places.push([x, y].map(|at| f32::from(u16::from_le_bytes(*at)) / STEPS));
            let mut descriptor = OrbDescriptor::default();
            for (word, bytes) in descriptor.iter_mut().zip(rest.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*bytes);
            }
            read.descriptors.push(descriptor);
        }
        Some(read)
    }

    /// Pairs of places whose descriptors are each other's clearly nearest.
    fn pairs(&self, other: &Self) -> Vec<Pair> {
        let nearest = |descriptor: &OrbDescriptor| {
            let (mut best, mut second, mut place) = (u32::MAX, u32::MAX, 0);
            for (at, theirs) in other.descriptors.iter().enumerate() {
                let distance = distance(descriptor, theirs);
                if distance < best {
                    (second, best, place) = (best, distance, at);
                } else {
                    second = second.min(distance);
                }
            }
            let is_clear = best <= MAX_DISTANCE && (best as f32) < MAX_RATIO * second as f32;
            is_clear.then_some(place)
        };
        let pairs = self.places.iter().zip(&self.descriptors).filter_map(|(from, descriptor)| {
            Some(Pair { from: *from, to: *other.places.get(nearest(descriptor)?)? })
        });
        pairs.collect()
    }
}

const VERSION: u8 = 1;
/// Steps of a stored place per pixel.
const STEPS: f32 = 16.0;
const POINT_BYTES: usize = 2 * 2 + 32;
/// Maximum number of bits in which the descriptors of a pair differ, of 256.
const MAX_DISTANCE: u32 = 64;
/// Maximum distance of the nearest descriptor as a share of the second nearest.
const MAX_RATIO: f32 = 0.9;

fn distance(a: &OrbDescriptor, b: &OrbDescriptor) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[derive(Debug, Clone, Copy)]
struct Pair {
    from: [f32; 2],
    to: [f32; 2],
}

/// Position of one picture in another: turned by quarters, scaled along both axes, and shifted. No camera that is held by hand
/// moves like this; a program that resizes and crops does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Alignment {
    /// Quarter turns, clockwise.
    pub(super) turns: usize,
    pub(super) scale: [f32; 2],
    pub(super) shift: [f32; 2],
    /// Number of pairs that it explains.
    pub(super) inliers: usize,
    /// Number of all pairs.
    pub(super) pairs: usize,
}

impl Alignment {
    /// The alignment that explains most pairs; `None` if it explains less than [`MIN_INLIERS`].
    pub(super) fn of(from: &Points, to: &Points) -> Option<Self> {
        let pairs = from.pairs(to);
        let candidates = (0..4).filter_map(|turns| Self::with_turns(turns, &pairs));
        candidates.max_by_key(|found| found.inliers)
    }

    fn with_turns(turns: usize, pairs: &[Pair]) -> Option<Self> {
        let turned: Vec<Pair> =
            pairs.iter().map(|pair| Pair { from: turned(pair.from, turns), ..*pair }).collect();
        if turned.len() < MIN_INLIERS {
            return None;
        }
        let start =
            Self { turns, scale: [1.0; 2], shift: [0.0; 2], inliers: 0, pairs: pairs.len() };
        let samples = (0..SAMPLES).filter_map(|sample| {
            let one = turned.get(sample % turned.len())?;
            let step = 1 + sample / turned.len() * 7 + sample % 5;
            let other = turned.get((sample + step * turned.len() / 11 + 1) % turned.len())?;
            start.through(*one, *other)
        });
        let mut best =
            samples.max_by_key(|found| found.explained(&turned, COARSE_TOLERANCE).count())?;
        for _ in 0..3 {
            let explained: Vec<Pair> = best.explained(&turned, TOLERANCE).copied().collect();
            best = best.fitted(&explained)?;
        }
        best.inliers = best.explained(&turned, TOLERANCE).count();
        (best.inliers >= MIN_INLIERS).then_some(best)
    }

    /// The alignment with equal scales that two turned pairs determine.
    fn through(&self, one: Pair, other: Pair) -> Option<Self> {
        let minus = |[a, b]: [f32; 2], [c, d]: [f32; 2]| [a - c, b - d];
        let ([x, y], [u, v]) = (minus(other.from, one.from), minus(other.to, one.to));
        let (length, long) = (x.hypot(y), u.hypot(v));
        let cross = (x * v - y * u) / (length * long);
        let is_parallel = cross.abs() < 0.1 && x * u + y * v > 0.0;
        if length < MIN_LENGTH || !is_parallel {
            return None;
        }
        let scale = long / length;
        let shift = std::array::from_fn(|axis| {
            let at = |place: [f32; 2]| place.get(axis).copied().unwrap_or_default();
            (at(one.to) + at(other.to) - scale * (at(one.from) + at(other.from))) / 2.0
        });
        (1.0 / MAX_SCALE..=MAX_SCALE).contains(&scale).then_some(Self {
            scale: [scale; 2],
            shift,
            ..*self
        })
    }

    /// The turned pairs that the alignment maps to within a distance.
    fn explained<'p>(&self, turned: &'p [Pair], tolerance: f32) -> impl Iterator<Item = &'p Pair> {
        let Self { scale: [sx, sy], shift: [tx, ty], .. } = *self;
        turned.iter().filter(move |pair| {
            let ([x, y], [u, v]) = (pair.from, pair.to);
            (sx * x + tx - u).hypot(sy * y + ty - v) < tolerance
        })
    }

    /// The least-squares alignment of turned pairs.
    fn fitted(&self, turned: &[Pair]) -> Option<Self> {
        let count = turned.len() as f32;
        let mut fitted = *self;
        let axes = fitted.scale.iter_mut().zip(&mut fitted.shift).enumerate();
        for (axis, (scale, shift)) in axes {
            let at = |place: [f32; 2]| place.get(axis).copied().unwrap_or_default();
            let mean_from = turned.iter().map(|pair| at(pair.from)).sum::<f32>() / count;
            let mean_to = turned.iter().map(|pair| at(pair.to)).sum::<f32>() / count;
            let (mut variance, mut covariance) = (0.0, 0.0);
            for pair in turned {
                let (x, u) = (at(pair.from) - mean_from, at(pair.to) - mean_to);
                variance += x * x;
                covariance += x * u;
            }
            if variance <= 0.0 {
                return None;
            }
            *scale = covariance / variance;
            *shift = mean_to - *scale * mean_from;
        }
        let [sx, sy] = fitted.scale;
        let is_plausible = sx > 0.0 && sy > 0.0 && (sx / sy).ln().abs() < MAX_STRETCH;
        is_plausible.then_some(fitted)
    }
}

/// Minimum number of pairs that an alignment explains.
pub(super) const MIN_INLIERS: usize = 10;
const SAMPLES: usize = 400;
/// Distance in pixels within which a pair is explained.
const TOLERANCE: f32 = 2.5;
const COARSE_TOLERANCE: f32 = 5.0;
/// Minimum distance in pixels of two pairs that determine an alignment.
const MIN_LENGTH: f32 = 40.0;
const MAX_SCALE: f32 = 6.0;
/// Maximum logarithm of the ratio of both scales.
const MAX_STRETCH: f32 = 0.25;

/// A place turned clockwise by quarters around the origin.
pub(super) fn turned([x, y]: [f32; 2], turns: usize) -> [f32; 2] {
    match turns % 4 {
        0 => [x, y],
        1 => [-y, x],
        2 => [-x, -y],
        _ => [y, -x],
    }
}

/// The points of the new photo, upright and mirrored.
pub(super) struct Query {
    pub(super) upright: Points,
    pub(super) mirrored: Points,
}

impl Query {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let upright = self.upright.to_bytes();
        let length = (upright.len() as u32).to_le_bytes();
        [&length[..], &upright, &self.mirrored.to_bytes()].concat()
    }

    /// # Errors
    /// A permanent fault for bytes that [`to_bytes`](Self::to_bytes) did not write.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        let read = || {
            let (length, rest) = bytes.split_first_chunk()?;
            let (upright, mirrored) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let [upright, mirrored] = [upright, mirrored].map(Points::from_bytes);
            Some(Self { upright: upright?, mirrored: mirrored? })
        };
        read().ok_or_else(|| Fault::permanent("read the points of a photo: they are corrupt"))
    }

    /// The alignment of earlier points in the new photo, and whether it has to be mirrored.
    pub(super) fn align(&self, earlier: &Points) -> Option<(Alignment, bool)> {
        let both = [(&self.upright, false), (&self.mirrored, true)];
        let found = both.into_iter().filter_map(|(points, is_mirrored)| {
            Some((Alignment::of(earlier, points)?, is_mirrored))
        });
        found.max_by_key(|(alignment, is_mirrored)| (alignment.inliers, !is_mirrored))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Points with distinct descriptors in no order.
    fn points(count: u64) -> Points {
        let dice = |n: u64| {
            n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(23)
                .wrapping_mul(0xd134_2543_de82_ef95)
        };
        let place = |n: u64| [dice(3 * n) % 600, dice(3 * n + 1) % 400].map(|at| at as f32);
        Points {
            places: (1..=count).map(place).collect(),
            descriptors: (1..=count).map(|n| [1, 2, 3, 4].map(|word| dice(n * 8 + word))).collect(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let points = points(20);
        assert_eq!(Points::from_bytes(&points.to_bytes()).unwrap(), points);
        let bytes = Query { upright: points.clone(), mirrored: points.strongest(3) }.to_bytes();
        let read = Query::from_bytes(&bytes).unwrap();
        assert_eq!((read.upright, read.mirrored.places.len()), (points, 3));
        for cut in [0, 3, 5, 50, bytes.len() - 1] {
            assert!(Query::from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        assert_eq!(Points::from_bytes(&[2]), None);
    }

    #[test]
    fn a_crop_is_aligned_and_a_camera_motion_is_not() {
        let original = points(60);
        let moved = |motion: &dyn Fn([f32; 2]) -> [f32; 2]| {
            let places = original.places.iter().map(|place| motion(*place)).collect();
            Points { places, ..original.clone() }
        };
        let crop = moved(&|[x, y]| [1.25 * x - 60.0, 1.24 * y - 20.0]);
        let found = Alignment::of(&original, &crop).unwrap();
        assert_eq!((found.turns, found.inliers), (0, 60));
        assert!((found.scale[0] - 1.25).abs() < 1e-3 && (found.shift[1] + 20.0).abs() < 0.1);
        let turned = moved(&|[x, y]| [400.0 - y, x]);
        assert_eq!(Alignment::of(&original, &turned).unwrap().turns, 1);

        let (sine, cosine) = 0.03_f32.sin_cos();
        let rolled = moved(&|[x, y]| [cosine * x - sine * y, sine * x + cosine * y]);
        let rolled = Alignment::of(&original, &rolled).map_or(0, |found| found.inliers);
        assert!(rolled < 30, "{rolled}");
        let other =
            Points { descriptors: points(120).descriptors.split_off(60), ..original.clone() };
        assert_eq!(Alignment::of(&original, &other), None);
    }
}
