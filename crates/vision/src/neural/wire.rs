//! The bytes that stored points of XFeat's are made of, version 1.
//!
//! All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `IJXF` |
//! | 2 | the version, 1 |
//! | 2, 2 | columns and rows of the photo at working size, 1 to 2,047 pixels |
//! | 2 | the number of points, n |
//! | n * 4 | column and row of each point in 1/32 pixel, within the photo |
//! | n * 2 | the score of each point in 1/65,535 |
//! | n * 64 | the descriptor of each point: its entries in proportion, the largest 127 or -127 |

use ndarray::Array2;

use super::features::{DESCRIPTOR, NeuralFeatures};

/// The most points that features can have.
pub(super) const MAX_POINTS: usize = u16::MAX as usize;

/// Why bytes are no points of XFeat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorruptNeuralFeatures {
    /// They do not begin as they should.
    #[error("the neural features' header is corrupt")]
    Header,
    /// They are cut off, or more follows.
    #[error("the neural features are not as long as their header says")]
    Length,
    /// A point is where there is no photo.
    #[error("a point of the neural features lies outside the photo")]
    Point,
    /// A descriptor's largest entry is not what it is always scaled to.
    #[error("a descriptor of the neural features is corrupt")]
    Descriptor,
}

/// Writes features of at most [`MAX_POINTS`] points on a photo of at most [`MAX_SIDE`].
pub(super) fn to_bytes(features: &NeuralFeatures) -> Vec<u8> {
    let count = features.points.len().min(MAX_POINTS);
    let mut bytes = Vec::with_capacity(HEADER_LENGTH + count * POINT_LENGTH);
    bytes.extend(MAGIC);
    for number in [VERSION, features.width as u16, features.height as u16, count as u16] {
        bytes.extend(number.to_le_bytes());
    }
    for [x, y] in features.points.iter().take(count) {
        bytes.extend(to_fixed(*x, features.width).to_le_bytes());
        bytes.extend(to_fixed(*y, features.height).to_le_bytes());
    }
    for score in features.scores.iter().take(count) {
        bytes.extend(((score * f32::from(u16::MAX)).round() as u16).to_le_bytes());
    }
    for descriptor in features.descriptors.rows().into_iter().take(count) {
        let largest =
            descriptor.iter().fold(f32::MIN_POSITIVE, |most, entry| most.max(entry.abs()));
        bytes
            .extend(descriptor.iter().map(|entry| (entry / largest * LARGEST).round() as i8 as u8));
    }
    bytes
}

/// Reads what [`to_bytes`] wrote.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<NeuralFeatures, CorruptNeuralFeatures> {
    let (header, body) =
        bytes.split_at_checked(HEADER_LENGTH).ok_or(CorruptNeuralFeatures::Header)?;
    let numbers = header.strip_prefix(MAGIC).ok_or(CorruptNeuralFeatures::Header)?;
    let mut numbers = shorts(numbers);
    let mut next = || numbers.next().unwrap_or_default();
    let (version, width, height, count) =
        (next(), u32::from(next()), u32::from(next()), usize::from(next()));
    let sides = 1..=MAX_SIDE;
    if version != VERSION || !sides.contains(&width) || !sides.contains(&height) {
        return Err(CorruptNeuralFeatures::Header);
    }
    if body.len() != count * POINT_LENGTH {
        return Err(CorruptNeuralFeatures::Length);
    }
    let (points, rest) = body.split_at(count * 4);
    let (scores, descriptors) = rest.split_at(count * 2);
    let points: Vec<[f32; 2]> = points.as_chunks().0.iter().map(read_point).collect();
    let is_inside = |[x, y]: &[f32; 2]| *x <= width as f32 && *y <= height as f32;
    if !points.iter().all(is_inside) {
        return Err(CorruptNeuralFeatures::Point);
    }
    Ok(NeuralFeatures {
        width,
        height,
        points,
        scores: shorts(scores).map(|score| f32::from(score) / f32::from(u16::MAX)).collect(),
        descriptors: read_descriptors(descriptors, count)?,
    })
}

const MAGIC: &[u8] = b"IJXF";
/// The version of this layout and of what the numbers in it mean.
const VERSION: u16 = 1;
/// The longest side of a photo that points can be given in, in pixels.
const MAX_SIDE: u32 = 2047;
const HEADER_LENGTH: usize = MAGIC.len() + 8;
const POINT_LENGTH: usize = 4 + 2 + DESCRIPTOR;
/// Steps a pixel.
const STEPS: f32 = 32.0;
/// What the largest entry of a descriptor is scaled to.
const LARGEST: f32 = 127.0;

fn shorts(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes))
}

/// A point that is over the edge is put on it.
fn to_fixed(length: f32, side: u32) -> u16 {
    (length.clamp(0.0, side as f32) * STEPS).round() as u16
}

fn read_point([a, b, c, d]: &[u8; 4]) -> [f32; 2] {
    [[*a, *b], [*c, *d]].map(|bytes| f32::from(u16::from_le_bytes(bytes)) / STEPS)
}

/// Descriptors of length 1; the length they had before is in none of the bytes.
fn read_descriptors(bytes: &[u8], count: usize) -> Result<Array2<f32>, CorruptNeuralFeatures> {
    let mut entries = Vec::with_capacity(bytes.len());
    for descriptor in bytes.as_chunks::<DESCRIPTOR>().0 {
        let numbers = descriptor.map(|byte| f32::from(byte as i8));
        if numbers.iter().fold(0.0, |most: f32, number| most.max(number.abs())) != LARGEST {
            return Err(CorruptNeuralFeatures::Descriptor);
        }
        let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
        entries.extend(numbers.map(|number| number / length));
    }
    Array2::from_shape_vec((count, DESCRIPTOR), entries).map_err(|_| CorruptNeuralFeatures::Length)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const WIDTH: u32 = 640;
    const HEIGHT: u32 = 480;

    fn features() -> impl Strategy<Value = NeuralFeatures> {
        let point = (0.0..640.0_f32, 0.0..480.0_f32, 0.0..=1.0_f32, vec(-1.0..1.0_f32, DESCRIPTOR));
        vec(point, 0..12).prop_map(|all| {
            let mut entries = Vec::new();
            for (_, _, _, descriptor) in &all {
                let length = descriptor.iter().map(|entry| entry * entry).sum::<f32>().sqrt();
                entries.extend(descriptor.iter().map(|entry| entry / length));
            }
            NeuralFeatures {
                width: WIDTH,
                height: HEIGHT,
                points: all.iter().map(|(x, y, ..)| [*x, *y]).collect(),
                scores: all.iter().map(|(_, _, score, _)| *score).collect(),
                descriptors: Array2::from_shape_vec((all.len(), DESCRIPTOR), entries).unwrap(),
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_near_to_what_was_written(features in features()) {
            let bytes = to_bytes(&features);
            prop_assert_eq!(bytes.len(), 12 + 70 * features.points.len());
            let read = from_bytes(&bytes).unwrap();
            prop_assert_eq!((read.width, read.height), (WIDTH, HEIGHT));
            prop_assert_eq!(read.points.len(), features.points.len());
            for (read, point) in read.points.iter().flatten().zip(features.points.iter().flatten()) {
                prop_assert!((read - point).abs() <= 1.0 / 64.0);
            }
            for (read, score) in read.scores.iter().zip(&features.scores) {
                prop_assert!((read - score).abs() <= 1e-5);
            }
            let rows = read.descriptors.rows().into_iter().zip(features.descriptors.rows());
            for (read, descriptor) in rows {
                prop_assert!((read.dot(&read) - 1.0).abs() < 1e-5);
                prop_assert!(read.dot(&descriptor) > 0.9998);
            }
            // Written again, nothing more is lost.
            prop_assert_eq!(to_bytes(&read), bytes);
        }

        #[test]
        fn short_and_long_bytes_are_refused(features in features(), cut in any::<prop::sample::Index>()) {
            let mut bytes = to_bytes(&features);
            prop_assert!(from_bytes(bytes.split_at(cut.index(bytes.len())).0).is_err());
            bytes.push(0);
            prop_assert_eq!(from_bytes(&bytes), Err(CorruptNeuralFeatures::Length));
        }

        #[test]
        fn flipped_bits_are_refused_or_read_as_other_features(
            features in features(),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let mut bytes = to_bytes(&features);
            let place = place.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
            let read = from_bytes(&bytes);
            if place < MAGIC.len() + 2 {
                prop_assert_eq!(read, Err(CorruptNeuralFeatures::Header));
            } else if let Ok(read) = read {
                prop_assert_eq!(to_bytes(&read), bytes);
            }
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes in vec(any::<u8>(), 0..300)) {
            let with_header = [b"IJXF\x01\x00\x10\x00\x10\x00\x02\x00", bytes.as_slice()].concat();
            for bytes in [bytes, with_header] {
                let _ = from_bytes(&bytes);
            }
        }
    }

    #[test]
    fn points_outside_and_descriptors_without_scale_are_refused() {
        let mut bytes = b"IJXF\x01\x00\x10\x00\x10\x00\x01\x00".to_vec();
        // The point is at the lower right corner, 16 pixels in 1/32 each.
        bytes.extend([0x00, 0x02, 0x00, 0x02, 0xff, 0xff]);
        bytes.extend([0; DESCRIPTOR - 1]);
        let with_last = |last: u8| [bytes.as_slice(), &[last]].concat();
        let read = from_bytes(&with_last(0x81)).unwrap();
        assert_eq!((read.points, read.scores), (vec![[16.0, 16.0]], vec![1.0]));
        assert_eq!(read.descriptors.iter().last(), Some(&-1.0));
        for last in [0, 126, 0x80] {
            assert_eq!(from_bytes(&with_last(last)), Err(CorruptNeuralFeatures::Descriptor));
        }
        if let Some(column) = bytes.get_mut(12) {
            *column = 1;
        }
        let outside = [bytes.as_slice(), &[127]].concat();
        assert_eq!(from_bytes(&outside), Err(CorruptNeuralFeatures::Point));
    }
}
