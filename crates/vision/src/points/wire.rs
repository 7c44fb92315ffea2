//! Stored ORB and SIFT points of a reference, format version 3.
//!
//! All numbers are little-endian:
//!
//! | bytes | content |
//! |---|---|
//! | 4 | `IJFT` |
//! | 1 | version, 3 |
//! | 2, 2 | columns and rows of the photo at working size, 1 to 2,047 pixels |
//! | 2, 2 | number of ORB points and of SIFT points |
//! | 37 each | points: ORB's, then SIFT's, each kind strongest first |
//!
//! A point is
//!
//! | bits | content |
//! |---|---|
//! | 12, 12 | column and row in 1/4,095 of the photo's longer side, within the photo |
//! | 8 | angle in 1/256 of a turn |
//! | 8 | binary logarithm of the diameter in pixels, in 1/16 |
//! | 256 | descriptor: ORB's, or RootSIFT's entries at two bits each |

use super::coarse::{coarse, fine};
use super::features::{Descriptors, Features, OrbDescriptor, ReferencePoints};

/// Version of this layout and of the meaning of its numbers.
pub(crate) const VERSION: u8 = 3;
/// Longest side of a photo whose points can be stored, in pixels.
pub(crate) const MAX_SIDE: u32 = 2047;
/// Maximum numbers of ORB and SIFT points of a reference, which together take at most 64 KiB.
pub(crate) const MAX_ORB_POINTS: usize = 400;
pub(crate) const MAX_SIFT_POINTS: usize = 1360;

/// Bytes that are not stored points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CorruptFeatures {
    #[error("read the header of the features")]
    Header,
    #[error("read the features: their length differs from the header's")]
    Length,
    #[error("read the features: a point is outside the photo")]
    Point,
}

/// Bytes of the strongest [`MAX_ORB_POINTS`] and [`MAX_SIFT_POINTS`] of a photo with sides of at most [`MAX_SIDE`].
pub(crate) fn to_bytes(reference: &ReferencePoints) -> Vec<u8> {
    let ReferencePoints { orb, sift } = reference;
    let counts = [orb.points.len().min(MAX_ORB_POINTS), sift.points.len().min(MAX_SIFT_POINTS)];
    let mut bytes = Vec::with_capacity(HEADER_LENGTH + counts.iter().sum::<usize>() * POINT_LENGTH);
    bytes.extend(MAGIC);
    bytes.push(VERSION);
    let sizes = [orb.width as u16, orb.height as u16];
    bytes.extend(sizes.into_iter().flat_map(u16::to_le_bytes));
    bytes.extend(counts.into_iter().flat_map(|count| (count as u16).to_le_bytes()));
    for (features, count) in [orb, sift].into_iter().zip(counts) {
        let descriptors: Vec<[u8; 32]> = match &features.descriptors {
            Descriptors::Orb(all) => all.iter().take(count).map(write_orb).collect(),
            Descriptors::Sift(all) => all.iter().take(count).map(coarse).collect(),
        };
        let directions = features.angles.iter().zip(&features.sizes);
        for ((point, (angle, size)), descriptor) in
            features.points.iter().zip(directions).zip(descriptors)
        {
            bytes.extend(write_place(*point, features.width, features.height));
            bytes.extend([*angle, *size]);
            bytes.extend(descriptor);
        }
    }
    bytes
}

/// Reads what [`to_bytes`] wrote.
///
/// # Errors
/// If the bytes are something else, of another version, or inconsistent.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<ReferencePoints, CorruptFeatures> {
    let (header, points) = bytes.split_at_checked(HEADER_LENGTH).ok_or(CorruptFeatures::Header)?;
    let (start, sizes) = header.split_at_checked(MAGIC.len() + 1).ok_or(CorruptFeatures::Header)?;
    let mut numbers = [0; 4];
    for (number, bytes) in numbers.iter_mut().zip(sizes.as_chunks().0) {
        *number = u16::from_le_bytes(*bytes);
    }
    let [width, height, orb, sift] = numbers.map(usize::from);
    let sides = 1..=MAX_SIDE as usize;
    if !start.starts_with(MAGIC)
        || !start.ends_with(&[VERSION])
        || !sides.contains(&width)
        || !sides.contains(&height)
        || orb > MAX_ORB_POINTS
        || sift > MAX_SIFT_POINTS
    {
        return Err(CorruptFeatures::Header);
    }
    let (points, rest) = points.as_chunks::<POINT_LENGTH>();
    if points.len() != orb + sift || !rest.is_empty() {
        return Err(CorruptFeatures::Length);
    }
    let (orb, sift) = points.split_at_checked(orb).ok_or(CorruptFeatures::Length)?;
    let (width, height) = (width as u32, height as u32);
    let read = |all: &[[u8; POINT_LENGTH]], describe: fn(Vec<[u8; 32]>) -> Descriptors| {
        let mut features = Features {
            width,
            height,
            points: Vec::with_capacity(all.len()),
            angles: Vec::with_capacity(all.len()),
            sizes: Vec::with_capacity(all.len()),
            descriptors: Descriptors::Orb(Vec::new()),
        };
        let mut descriptors = Vec::with_capacity(all.len());
        for [a, b, c, angle, size, descriptor @ ..] in all {
            features.points.push(read_place([*a, *b, *c], width, height)?);
            features.angles.push(*angle);
            features.sizes.push(*size);
            descriptors.push(*descriptor);
        }
        features.descriptors = describe(descriptors);
        Some(features)
    };
    let read_orb_all = |all: Vec<_>| Descriptors::Orb(all.iter().map(read_orb).collect());
    let read_sift_all = |all: Vec<_>| Descriptors::Sift(all.iter().map(fine).collect());
    Ok(ReferencePoints {
        orb: read(orb, read_orb_all).ok_or(CorruptFeatures::Point)?,
        sift: read(sift, read_sift_all).ok_or(CorruptFeatures::Point)?,
    })
}

const MAGIC: &[u8] = b"IJFT";
const HEADER_LENGTH: usize = MAGIC.len() + 1 + 8;
const POINT_LENGTH: usize = 37;
/// Steps of a coordinate along the longer side.
const STEPS: f32 = 4095.0;

/// A coordinate in steps, moved to the edge if refinement moved it outside.
fn write_place([x, y]: [f32; 2], width: u32, height: u32) -> [u8; 3] {
    let step = width.max(height) as f32 / STEPS;
    // Rounds down if rounding up would leave the photo.
    let fixed = |length: f32, side: u32| {
        ((length / step).round().clamp(0.0, (side as f32 / step).floor())) as u32
    };
    let [a, b, c, _] = (fixed(x, width) | (fixed(y, height) << 12)).to_le_bytes();
    [a, b, c]
}

fn read_place([a, b, c]: [u8; 3], width: u32, height: u32) -> Option<[f32; 2]> {
    let step = width.max(height) as f32 / STEPS;
    let both = u32::from_le_bytes([a, b, c, 0]);
    let [x, y] = [both & 0xfff, both >> 12].map(|fixed| fixed as f32);
    let inside = x <= (width as f32 / step).floor() && y <= (height as f32 / step).floor();
    inside.then_some([x * step, y * step])
}

fn write_orb(words: &OrbDescriptor) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

fn read_orb(bytes: &[u8; 32]) -> OrbDescriptor {
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

    type Points = Vec<([f32; 2], [u8; 2], [u8; 32])>;

    fn points() -> impl Strategy<Value = Points> {
        vec(([0.0..=640.0_f32, 0.0..=480.0_f32], any::<[u8; 2]>(), any::<[u8; 32]>()), 0..20)
    }

    fn features(points: &Points, describe: fn(&[u8; 32]) -> Descriptors) -> Features {
        let descriptors = points.iter().map(|(_, _, bytes)| describe(bytes));
        let mut all = Features {
            width: 640,
            height: 480,
            points: points.iter().map(|(place, _, _)| *place).collect(),
            angles: points.iter().map(|(_, [angle, _], _)| *angle).collect(),
            sizes: points.iter().map(|(_, [_, size], _)| *size).collect(),
            descriptors: describe(&[0; 32]),
        };
        match &mut all.descriptors {
            Descriptors::Orb(all) => all.clear(),
            Descriptors::Sift(all) => all.clear(),
        }
        for one in descriptors {
            match (&mut all.descriptors, one) {
                (Descriptors::Orb(all), Descriptors::Orb(one)) => all.extend(one),
                (Descriptors::Sift(all), Descriptors::Sift(one)) => all.extend(one),
                (Descriptors::Orb(_), Descriptors::Sift(_))
                | (Descriptors::Sift(_), Descriptors::Orb(_)) => {}
            }
        }
        all
    }

    fn reference() -> impl Strategy<Value = ReferencePoints> {
        (points(), points()).prop_map(|(orb, sift)| ReferencePoints {
            orb: features(&orb, |bytes| Descriptors::Orb(vec![read_orb(bytes)])),
            sift: features(&sift, |bytes| Descriptors::Sift(vec![fine(bytes)])),
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(reference in reference()) {
            let bytes = to_bytes(&reference);
            let read = from_bytes(&bytes).unwrap();
            for (kept, whole) in [(&read.orb, &reference.orb), (&read.sift, &reference.sift)] {
                prop_assert_eq!(&kept.descriptors, &whole.descriptors);
                prop_assert_eq!(&kept.angles, &whole.angles);
                prop_assert_eq!(&kept.sizes, &whole.sizes);
                for ([x, y], [a, b]) in kept.points.iter().zip(&whole.points) {
                    // A step is 640/4,095 pixels.
                    prop_assert!((x - a).abs() < 0.16 && (y - b).abs() < 0.16);
                }
            }
            prop_assert_eq!(to_bytes(&read), bytes);
        }

        #[test]
        fn short_and_long_bytes_are_rejected(reference in reference()) {
            let mut bytes = to_bytes(&reference);
            for length in 0..bytes.len() {
                prop_assert!(from_bytes(bytes.split_at(length).0).is_err());
            }
            bytes.push(0);
            prop_assert_eq!(from_bytes(&bytes), Err(CorruptFeatures::Length));
        }

        #[test]
        fn flipped_bits_are_rejected_or_read_as_another_reference(
            reference in reference(),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let whole = to_bytes(&reference);
            let mut bytes = whole.clone();
            let place = place.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
            let read = from_bytes(&bytes);
            if place < MAGIC.len() + 1 {
                prop_assert_eq!(read, Err(CorruptFeatures::Header));
            } else if let Ok(read) = read {
                prop_assert_ne!(Ok(read), from_bytes(&whole));
            }
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes in vec(any::<u8>(), 0..300)) {
            let with_header = [b"IJFT\x03", bytes.as_slice()].concat();
            for bytes in [bytes, with_header] {
                let _ = from_bytes(&bytes);
            }
        }
    }

    #[test]
    fn a_reference_takes_at_most_64_kb() {
        let many = |descriptors| Features {
            width: 640,
            height: 480,
            points: vec![[640.0, 480.0]; 5000],
            angles: vec![255; 5000],
            sizes: vec![255; 5000],
            descriptors,
        };
        let reference = ReferencePoints {
            orb: many(Descriptors::Orb(vec![[7; 4]; 5000])),
            sift: many(Descriptors::Sift(vec![[94; 128]; 5000])),
        };
        let bytes = to_bytes(&reference);
        assert!(bytes.len() <= 64 << 10, "{}", bytes.len());
        assert_eq!(from_bytes(&bytes).unwrap().sift.points.len(), MAX_SIFT_POINTS);
    }
}
