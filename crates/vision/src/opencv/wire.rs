//! The bytes that stored features are made of, version 1.
//!
//! All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `IJFT` |
//! | 1 | the kind of descriptors: 1 SIFT, 2 ORB |
//! | 1 | the version, 1 |
//! | 2, 2 | columns and rows of the photo at working size, 1 to 2,047 pixels |
//! | 2 | the number of points, n |
//! | n * 4 | column and row of each point in 1/32 pixel, within the photo |
//! | n * 128 or n * 32 | the descriptor of each point: RootSIFT in 1/512, or ORB's 256 bits |

use super::features::{Descriptors, Features, OrbDescriptor, SiftDescriptor};
use super::settings::Algorithm;

/// The version of this layout and of what the numbers in it mean.
pub(super) const VERSION: u8 = 1;
/// The longest side of a photo that points can be given in, in pixels.
pub(super) const MAX_SIDE: u32 = 2047;
/// The most points that features can have.
pub(super) const MAX_POINTS: usize = u16::MAX as usize;

/// Why bytes are no features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum CorruptFeatures {
    #[error("the features' header is corrupt")]
    Header,
    #[error("the features are not as long as their header says")]
    Length,
    #[error("a point of the features lies outside the photo")]
    Point,
}

/// Writes features of at most [`MAX_POINTS`] points on a photo of at most [`MAX_SIDE`].
pub(super) fn to_bytes(features: &Features) -> Vec<u8> {
    let count = features.points.len().min(MAX_POINTS);
    let (kind, length) = match features.descriptors {
        Descriptors::Sift(_) => (kind_of(Algorithm::Sift), SIFT_LENGTH),
        Descriptors::Orb(_) => (kind_of(Algorithm::Orb), ORB_LENGTH),
    };
    let mut bytes = Vec::with_capacity(HEADER_LENGTH + count * (POINT_LENGTH + length));
    bytes.extend(MAGIC);
    bytes.extend([kind, VERSION]);
    for number in [features.width as u16, features.height as u16, count as u16] {
        bytes.extend(number.to_le_bytes());
    }
    for [x, y] in features.points.iter().take(count) {
        bytes.extend(to_fixed(*x, features.width).to_le_bytes());
        bytes.extend(to_fixed(*y, features.height).to_le_bytes());
    }
    match &features.descriptors {
        Descriptors::Sift(all) => {
            bytes.extend(all.iter().take(count).flatten().map(|entry| *entry as u8));
        }
        Descriptors::Orb(all) => {
            bytes.extend(all.iter().take(count).flatten().flat_map(|word| word.to_le_bytes()));
        }
    }
    bytes
}

/// Reads what [`to_bytes`] wrote, of points of `algorithm`.
///
/// # Errors
/// When the bytes are of something else, of another version, or do not fit together.
pub(super) fn from_bytes(bytes: &[u8], algorithm: Algorithm) -> Result<Features, CorruptFeatures> {
    let (header, body) = bytes.split_at_checked(HEADER_LENGTH).ok_or(CorruptFeatures::Header)?;
    let (start, sizes) = header.split_at_checked(MAGIC.len() + 2).ok_or(CorruptFeatures::Header)?;
    let [width, height, count] = shorts(sizes);
    let sides = 1..=MAX_SIDE;
    let (width, height) = (u32::from(width), u32::from(height));
    if !start.starts_with(MAGIC)
        || !start.ends_with(&[kind_of(algorithm), VERSION])
        || !sides.contains(&width)
        || !sides.contains(&height)
    {
        return Err(CorruptFeatures::Header);
    }
    let count = usize::from(count);
    let (points, descriptors) =
        body.split_at_checked(count * POINT_LENGTH).ok_or(CorruptFeatures::Length)?;
    let points = points.as_chunks().0.iter().map(|point| read_point(*point, width, height));
    Ok(Features {
        width,
        height,
        points: points.collect::<Option<_>>().ok_or(CorruptFeatures::Point)?,
        descriptors: read_descriptors(descriptors, algorithm, count)
            .ok_or(CorruptFeatures::Length)?,
    })
}

const MAGIC: &[u8] = b"IJFT";
const HEADER_LENGTH: usize = MAGIC.len() + 2 + 6;
const POINT_LENGTH: usize = 4;
const SIFT_LENGTH: usize = 128;
const ORB_LENGTH: usize = 32;
/// Steps a pixel.
const STEPS: f32 = 32.0;

fn kind_of(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Sift => 1,
        Algorithm::Orb => 2,
    }
}

fn shorts(bytes: &[u8]) -> [u16; 3] {
    let mut numbers = [0; 3];
    for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
        *number = u16::from_le_bytes(*bytes);
    }
    numbers
}

/// A point that refinement moved over the edge is put on it.
fn to_fixed(length: f32, side: u32) -> u16 {
    (length.clamp(0.0, side as f32) * STEPS).round() as u16
}

fn read_point([a, b, c, d]: [u8; 4], width: u32, height: u32) -> Option<[f32; 2]> {
    let point = [[a, b], [c, d]].map(|bytes| f32::from(u16::from_le_bytes(bytes)) / STEPS);
    let [x, y] = point;
    (x <= width as f32 && y <= height as f32).then_some(point)
}

fn read_descriptors(bytes: &[u8], algorithm: Algorithm, count: usize) -> Option<Descriptors> {
    match algorithm {
        Algorithm::Sift => {
            let (all, rest) = bytes.as_chunks::<SIFT_LENGTH>();
            let read = |entries: &[u8; SIFT_LENGTH]| -> SiftDescriptor { entries.map(i16::from) };
            (all.len() == count && rest.is_empty())
                .then(|| Descriptors::Sift(all.iter().map(read).collect()))
        }
        Algorithm::Orb => {
            let (all, rest) = bytes.as_chunks::<ORB_LENGTH>();
            (all.len() == count && rest.is_empty())
                .then(|| Descriptors::Orb(all.iter().map(read_orb).collect()))
        }
    }
}

fn read_orb(bytes: &[u8; ORB_LENGTH]) -> OrbDescriptor {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Features whose points lie on the grid that the layout keeps.
    fn features() -> impl Strategy<Value = (Algorithm, Features)> {
        let point = (0..=640_u16 * 32, 0..=480_u16 * 32)
            .prop_map(|(x, y)| [f32::from(x) / STEPS, f32::from(y) / STEPS]);
        let sift = vec((point.clone(), vec(0..=255_i16, 128)), 0..20).prop_map(|all| {
            let (points, entries): (Vec<_>, Vec<_>) = all.into_iter().unzip();
            let entries = entries.into_iter().map(|entries| entries.try_into().unwrap());
            (Algorithm::Sift, points, Descriptors::Sift(entries.collect()))
        });
        let orb = vec((point, any::<OrbDescriptor>()), 0..20).prop_map(|all| {
            let (points, words) = all.into_iter().unzip();
            (Algorithm::Orb, points, Descriptors::Orb(words))
        });
        prop_oneof![sift, orb].prop_map(|(algorithm, points, descriptors)| {
            (algorithm, Features { width: 640, height: 480, points, descriptors })
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read((algorithm, features) in features()) {
            let bytes = to_bytes(&features);
            prop_assert_eq!(from_bytes(&bytes, algorithm), Ok(features));
        }

        #[test]
        fn short_and_long_bytes_are_refused((algorithm, features) in features()) {
            let mut bytes = to_bytes(&features);
            for length in 0..bytes.len() {
                prop_assert!(from_bytes(bytes.split_at(length).0, algorithm).is_err());
            }
            bytes.push(0);
            prop_assert_eq!(from_bytes(&bytes, algorithm), Err(CorruptFeatures::Length));
        }

        #[test]
        fn flipped_bits_are_refused_or_read_as_other_features(
            (algorithm, features) in features(),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let mut bytes = to_bytes(&features);
            let place = place.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
            let read = from_bytes(&bytes, algorithm);
            if place < MAGIC.len() + 2 {
                prop_assert_eq!(read, Err(CorruptFeatures::Header));
            } else if let Ok(read) = read {
                prop_assert_ne!(&read, &features);
                prop_assert_eq!(to_bytes(&read), bytes);
            }
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes in vec(any::<u8>(), 0..300)) {
            let with_header = [b"IJFT\x01\x01", bytes.as_slice()].concat();
            for bytes in [bytes, with_header] {
                for algorithm in [Algorithm::Sift, Algorithm::Orb] {
                    let _ = from_bytes(&bytes, algorithm);
                }
            }
        }
    }

    #[test]
    fn features_of_another_algorithm_are_refused() {
        let features =
            Features { width: 9, height: 9, points: vec![], descriptors: Descriptors::Orb(vec![]) };
        let bytes = to_bytes(&features);
        assert_eq!(from_bytes(&bytes, Algorithm::Sift), Err(CorruptFeatures::Header));
    }
}
