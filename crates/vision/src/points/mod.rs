//! ORB and SIFT points of photos: their pairs, their consensus and the bytes that are stored of them. Nothing
//! here uses OpenCV, which finds the points.

mod coarse;
mod consensus;
mod features;
mod matching;
mod score;
pub(crate) mod wire;

pub(crate) use self::consensus::{agreeing, quarter_turns};
pub use self::features::Match;
pub(crate) use self::features::{
    Descriptors, Features, OrbDescriptor, ReferencePoints, SiftDescriptor, angle, size,
};
pub(crate) use self::matching::matches;
pub(crate) use self::score::{FUNDAMENTAL_TOLERANCE, HOMOGRAPHY_TOLERANCE, score};
