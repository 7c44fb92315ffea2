//! Features in 12 bytes and 70 bytes a point, format version 1.
//!
//! All numbers are little-endian:
//!
//! | bytes | content |
//! |---|---|
//! | 4 | `IJXF` |
//! | 2 | version, 1 |
//! | 2, 2 | width and height of the photo, 1 to 2,047 pixels |
//! | 2 | number of points, n |
//! | n * 4 | column and row of each point in 1/32 pixel, within the photo |
//! | n * 2 | score of each point in 1/65,535 |
//! | n * 64 | descriptor of each point, scaled so that its largest entry is 127 or -127 |

use crate::features::{DESCRIPTOR, Features};

/// Bytes that are not stored features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorruptFeatures {
    /// The magic number, version or size is invalid.
    #[error("read the header of neural features")]
    Header,
    /// The bytes end early, or more follow.
    #[error("read neural features: their length differs from the header's")]
    Length,
    /// A point is outside the photo.
    #[error("read neural features: a point is outside the photo")]
    Point,
    /// The largest entry of a descriptor is neither 127 nor -127.
    #[error("read neural features: a descriptor has another scale")]
    Descriptor,
}

impl Features {
    /// Bytes to store: 12 and 70 a point, of the first 65,535 points. The photo may have sides of at most
    /// 2,047 pixels.
    ///
    /// Read again, a point is at most 1/64 pixel and a score at most 0.00001 off; the cosine of a descriptor
    /// and the original is above 0.9998.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = self.points.len().min(MAX_POINTS);
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + count * POINT_LENGTH);
        bytes.extend(MAGIC);
        for number in [VERSION, self.width as u16, self.height as u16, count as u16] {
            bytes.extend(number.to_le_bytes());
        }
        for [x, y] in self.points.iter().take(count) {
            bytes.extend(to_fixed(*x, self.width).to_le_bytes());
            bytes.extend(to_fixed(*y, self.height).to_le_bytes());
        }
        for score in self.scores.iter().take(count) {
            bytes.extend(((score * f32::from(u16::MAX)).round() as u16).to_le_bytes());
        }
        for descriptor in self.descriptors.iter().take(count) {
            let largest =
                descriptor.iter().fold(f32::MIN_POSITIVE, |most, entry| most.max(entry.abs()));
            let scaled = |entry: &f32| (entry / largest * LARGEST).round() as i8 as u8;
            bytes.extend(descriptor.iter().map(scaled));
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// If the bytes are something else, of another version, or inconsistent.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CorruptFeatures> {
        let (header, body) =
            bytes.split_at_checked(HEADER_LENGTH).ok_or(CorruptFeatures::Header)?;
        let numbers = header.strip_prefix(MAGIC).ok_or(CorruptFeatures::Header)?;
        let mut numbers = shorts(numbers);
        let mut next = || numbers.next().unwrap_or_default();
        let (version, width, height, count) =
            (next(), u32::from(next()), u32::from(next()), usize::from(next()));
        let sides = 1..=MAX_SIDE;
        if version != VERSION || !sides.contains(&width) || !sides.contains(&height) {
            return Err(CorruptFeatures::Header);
        }
        if body.len() != count * POINT_LENGTH {
            return Err(CorruptFeatures::Length);
        }
        let (points, rest) = body.split_at(count * 4);
        let (scores, descriptors) = rest.split_at(count * 2);
        let points: Vec<[f32; 2]> = points.as_chunks().0.iter().map(read_point).collect();
        let is_inside = |[x, y]: &[f32; 2]| *x <= width as f32 && *y <= height as f32;
        if !points.iter().all(is_inside) {
            return Err(CorruptFeatures::Point);
        }
        let descriptors = descriptors.as_chunks().0.iter().map(read_descriptor);
        Ok(Self {
            width,
            height,
            points,
            scores: shorts(scores).map(|score| f32::from(score) / f32::from(u16::MAX)).collect(),
            descriptors: descriptors.collect::<Result<_, _>>()?,
        })
    }
}

const MAX_POINTS: usize = u16::MAX as usize;
const MAGIC: &[u8] = b"IJXF";
/// Version of this layout and of the meaning of its numbers.
const VERSION: u16 = 1;
/// Longest side of a photo whose points fit into 16 bits, in pixels.
const MAX_SIDE: u32 = 2047;
const HEADER_LENGTH: usize = MAGIC.len() + 8;
const POINT_LENGTH: usize = 4 + 2 + DESCRIPTOR;
/// Steps of a coordinate in a pixel.
const STEPS: f32 = 32.0;
/// Magnitude of the largest entry of a stored descriptor.
const LARGEST: f32 = 127.0;

fn shorts(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes))
}

/// A coordinate in 1/32 pixel, moved to the edge if it is outside.
fn to_fixed(length: f32, side: u32) -> u16 {
    (length.clamp(0.0, side as f32) * STEPS).round() as u16
}

fn read_point([a, b, c, d]: &[u8; 4]) -> [f32; 2] {
    [[*a, *b], [*c, *d]].map(|bytes| f32::from(u16::from_le_bytes(bytes)) / STEPS)
}

/// A descriptor of length 1; the bytes do not hold the original length.
fn read_descriptor(bytes: &[u8; DESCRIPTOR]) -> Result<[f32; DESCRIPTOR], CorruptFeatures> {
    let entries = bytes.map(|byte| f32::from(byte as i8));
    if entries.iter().fold(0.0, |most: f32, entry| most.max(entry.abs())) != LARGEST {
        return Err(CorruptFeatures::Descriptor);
    }
    let length = entries.iter().map(|entry| entry * entry).sum::<f32>().sqrt();
    Ok(entries.map(|entry| entry / length))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const WIDTH: u32 = 640;
    const HEIGHT: u32 = 480;

    fn features() -> impl Strategy<Value = Features> {
        let point = (0.0..640.0_f32, 0.0..480.0_f32, 0.0..=1.0_f32, vec(-1.0..1.0_f32, DESCRIPTOR));
        vec(point, 0..12).prop_map(|all| {
            let unit = |descriptor: &[f32]| -> [f32; DESCRIPTOR] {
                let length = descriptor.iter().map(|entry| entry * entry).sum::<f32>().sqrt();
                let entries: Vec<f32> = descriptor.iter().map(|entry| entry / length).collect();
                entries.try_into().unwrap()
            };
            Features {
                width: WIDTH,
                height: HEIGHT,
                points: all.iter().map(|(x, y, ..)| [*x, *y]).collect(),
                scores: all.iter().map(|(_, _, score, _)| *score).collect(),
                descriptors: all.iter().map(|(_, _, _, descriptor)| unit(descriptor)).collect(),
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_near_to_what_was_written(features in features()) {
            let bytes = features.to_bytes();
            prop_assert_eq!(bytes.len(), 12 + 70 * features.points.len());
            let read = Features::from_bytes(&bytes).unwrap();
            prop_assert_eq!((read.width, read.height), (WIDTH, HEIGHT));
            prop_assert_eq!(read.points.len(), features.points.len());
            for (read, point) in read.points.iter().flatten().zip(features.points.iter().flatten()) {
                prop_assert!((read - point).abs() <= 1.0 / 64.0);
            }
            for (read, score) in read.scores.iter().zip(&features.scores) {
                prop_assert!((read - score).abs() <= 1e-5);
            }
            let dot = |a: &[f32; DESCRIPTOR], b: &[f32; DESCRIPTOR]| -> f32 {
                a.iter().zip(b).map(|(a, b)| a * b).sum()
            };
            for (read, descriptor) in read.descriptors.iter().zip(&features.descriptors) {
                prop_assert!((dot(read, read) - 1.0).abs() < 1e-5);
                prop_assert!(dot(read, descriptor) > 0.9998);
            }
            // Written again, nothing more is lost.
            prop_assert_eq!(read.to_bytes(), bytes);
        }

        #[test]
        fn short_and_long_bytes_are_rejected(features in features(), cut in any::<prop::sample::Index>()) {
            let mut bytes = features.to_bytes();
            prop_assert!(Features::from_bytes(bytes.split_at(cut.index(bytes.len())).0).is_err());
            bytes.push(0);
            prop_assert_eq!(Features::from_bytes(&bytes), Err(CorruptFeatures::Length));
        }

        #[test]
        fn flipped_bits_are_rejected_or_read_as_other_features(
            features in features(),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let mut bytes = features.to_bytes();
            let place = place.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
            let read = Features::from_bytes(&bytes);
            if place < MAGIC.len() + 2 {
                prop_assert_eq!(read, Err(CorruptFeatures::Header));
            } else if let Ok(read) = read {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes in vec(any::<u8>(), 0..300)) {
            let with_header = [b"IJXF\x01\x00\x10\x00\x10\x00\x02\x00", bytes.as_slice()].concat();
            for bytes in [bytes, with_header] {
                let _ = Features::from_bytes(&bytes);
            }
        }
    }

    #[test]
    fn points_outside_and_descriptors_without_scale_are_rejected() {
        let mut bytes = b"IJXF\x01\x00\x10\x00\x10\x00\x01\x00".to_vec();
        // The point is at the lower right corner, 16 pixels in 1/32 each.
        bytes.extend([0x00, 0x02, 0x00, 0x02, 0xff, 0xff]);
        bytes.extend([0; DESCRIPTOR - 1]);
        let with_last = |last: u8| [bytes.as_slice(), &[last]].concat();
        let read = Features::from_bytes(&with_last(0x81)).unwrap();
        assert_eq!((read.points, read.scores), (vec![[16.0, 16.0]], vec![1.0]));
        assert_eq!(read.descriptors[0].last(), Some(&-1.0));
        for last in [0, 126, 0x80] {
            assert_eq!(Features::from_bytes(&with_last(last)), Err(CorruptFeatures::Descriptor));
        }
        if let Some(column) = bytes.get_mut(12) {
            *column = 1;
        }
        let outside = [bytes.as_slice(), &[127]].concat();
        assert_eq!(Features::from_bytes(&outside), Err(CorruptFeatures::Point));
    }
}
