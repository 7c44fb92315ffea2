//! The features of a reference and their stored bytes.
//!
//! | bytes | content |
//! |---|---|
//! | 4 | `IJRF` |
//! | 4 | length of the next part, little-endian |
//! | that length | ORB's and SIFT's points in the format of `points::wire` |
//! | 4 | length of the next part, little-endian |
//! | that length | grey picture at working size, a JPEG |
//! | 4 | length of the next part, little-endian |
//! | that length | small picture in colour, a JPEG |
//! | the rest | XFeat's points in the format of `injeung_neural::Features::to_bytes`; empty if the neural tier is off |

use injeung_domain::Fault;
use injeung_domain::ports::VisionError;

use super::picture::Picture;
use super::query::Query;
use super::things::Thumbnail;
use super::turns::QuarterTurns;
use crate::neural::{Neural, NeuralFeatures};
use crate::points::{ReferencePoints, wire};

/// Features of a reference photo that later photos are compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// ORB's and SIFT's points, stored whichever tiers are on: at most 64 KiB.
    pub(super) points: ReferencePoints,
    pub(super) xfeat: Option<NeuralFeatures>,
    /// Grey pixels for the comparison of patches around points.
    pub(super) picture: Picture,
    /// Colours for the comparison of things.
    pub(super) thumbnail: Thumbnail,
}

impl Reference {
    /// Extracts the features of a photo that are stored.
    pub(super) fn of(neural: Option<Neural<'_>>, query: &Query) -> Result<Self, VisionError> {
        let xfeat = |(models, settings)| query.xfeat(models, settings, QuarterTurns::None).cloned();
        Ok(Self {
            points: query.points_to_keep()?,
            xfeat: neural.map(xfeat).transpose()?,
            picture: query.picture()?.clone(),
            thumbnail: query.thumbnail()?,
        })
    }

    /// Encodes the features for storage.
    ///
    /// # Errors
    /// A permanent fault if OpenCV fails.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        let points = wire::to_bytes(&self.points);
        let picture = self.picture.to_jpeg().map_err(Fault::permanent)?;
        let mut bytes = MAGIC.to_vec();
        for part in [points, picture, self.thumbnail.to_bytes()] {
            bytes.extend((part.len() as u32).to_le_bytes());
            bytes.extend(part);
        }
        bytes.extend(self.xfeat.iter().flat_map(NeuralFeatures::to_bytes));
        Ok(bytes)
    }

    /// Decodes the output of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// A permanent fault if the bytes have another format or are inconsistent.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        let corrupt = || Fault::permanent(Corrupt);
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(corrupt)?;
        let (points, rest) = part(rest).ok_or_else(corrupt)?;
        let (picture, rest) = part(rest).ok_or_else(corrupt)?;
        let (thumbnail, xfeat) = part(rest).ok_or_else(corrupt)?;
        let xfeat = Some(xfeat).filter(|bytes| !bytes.is_empty());
        Ok(Self {
            points: wire::from_bytes(points).map_err(Fault::permanent)?,
            xfeat: xfeat.map(NeuralFeatures::from_bytes).transpose().map_err(Fault::permanent)?,
            picture: Picture::from_jpeg(picture).ok_or_else(corrupt)?,
            thumbnail: Thumbnail::from_bytes(thumbnail).ok_or_else(corrupt)?,
        })
    }
}

const MAGIC: &[u8; 4] = b"IJRF";

#[derive(Debug, thiserror::Error)]
#[error("read the features of a reference: they are corrupt")]
struct Corrupt;

/// Splits off a part that is preceded by its length.
fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use injeung_domain::FaultKind;
    use opencv::core::{CV_8UC3, Mat, Scalar};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::points::{Descriptors, Features};

    /// Points on the grid of the stored format. The first byte of each description is derived from the point's place.
    fn features(places: &[[u16; 2]], descriptors: Descriptors) -> Features {
        let step = 480.0_f32 / 4095.0;
        Features {
            width: 480,
            height: 360,
            points: places.iter().map(|place| place.map(|at| f32::from(at) * step)).collect(),
            angles: places.iter().map(|[x, _]| x.to_le_bytes()[0]).collect(),
            sizes: places.iter().map(|[_, y]| y.to_le_bytes()[0]).collect(),
            descriptors,
        }
    }

    fn places() -> impl Strategy<Value = Vec<[u16; 2]>> {
        vec([0..4000_u16, 0..3000_u16], 0..8)
    }

    fn neural(places: &[[u16; 2]]) -> NeuralFeatures {
        let descriptor = |[x, _]: &[u16; 2]| {
            std::array::from_fn(|entry| f32::from(u8::from(entry == usize::from(*x) % 64)))
        };
        NeuralFeatures {
            width: 640,
            height: 480,
            points: places.iter().map(|place| place.map(|at| f32::from(at) / 32.0)).collect(),
            scores: vec![1.0; places.len()],
            descriptors: places.iter().map(descriptor).collect(),
        }
    }

    fn thumbnail() -> Thumbnail {
        let grey = Scalar::all(90.0);
        Thumbnail::of(&Mat::new_rows_cols_with_default(16, 24, CV_8UC3, grey).unwrap()).unwrap()
    }

    fn reference() -> impl Strategy<Value = Reference> {
        (places(), places(), option::of(places())).prop_map(|(orb, sift, xfeat)| Reference {
            points: ReferencePoints {
                orb: features(&orb, Descriptors::Orb(vec![[7; 4]; orb.len()])),
                sift: features(&sift, Descriptors::Sift(vec![[0; 128]; sift.len()])),
            },
            xfeat: xfeat.map(|places| neural(&places)),
            picture: Picture::from_fn(48, 32, |x, y| (x + 4 * y) as u8),
            thumbnail: thumbnail(),
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(reference in reference()) {
            let bytes = reference.to_bytes().unwrap();
            let read = Reference::from_bytes(&bytes).unwrap();
            prop_assert_eq!(&read.xfeat, &reference.xfeat);
            prop_assert_eq!(&read.points.orb, &reference.points.orb);
            prop_assert_eq!(&read.points.sift.angles, &reference.points.sift.angles);
            prop_assert_eq!(read.picture.size(), reference.picture.size());
        }

        #[test]
        fn truncated_bytes_are_rejected_or_lack_the_neural_points(
            reference in reference(),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = reference.to_bytes().unwrap();
            let whole = Reference::from_bytes(&bytes).unwrap();
            match Reference::from_bytes(bytes.split_at(cut.index(bytes.len())).0) {
                Ok(read) => prop_assert_eq!(read, Reference { xfeat: None, ..whole }),
                Err(fault) => prop_assert_eq!(fault.kind, FaultKind::Permanent),
            }
        }

        #[test]
        fn changed_bytes_are_rejected_or_read_as_another_reference(
            reference in reference(),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let whole = reference.to_bytes().unwrap();
            let mut bytes = whole.clone();
            let place = place.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
            let read = Reference::from_bytes(&bytes);
            let picture = MAGIC.len() + 4 + wire::to_bytes(&reference.points).len();
            let picture = picture..picture + 4 + reference.picture.to_jpeg().unwrap().len();
            if place < MAGIC.len() + 4 {
                prop_assert!(read.is_err(), "byte {place}");
            } else if let Ok(read) = read && !picture.contains(&place) {
                // Some bits of a JPEG change no pixel.
                prop_assert_ne!(read, Reference::from_bytes(&whole).unwrap());
            }
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes in vec(any::<u8>(), 0..300), length in 0..300_u32) {
            let with_header = [&MAGIC[..], &length.to_le_bytes(), &bytes].concat();
            for bytes in [bytes, with_header] {
                let _ = Reference::from_bytes(&bytes);
            }
        }
    }
}
