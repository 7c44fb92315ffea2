//! XFeat: points of a photo out of the maps that its network gives.
//!
//! Points are at most as near as two pixels: each is the most probable of the 5x5 pixels around it.

mod keypoints;
mod network;

pub(super) use self::keypoints::Keypoints;
pub(super) use self::network::Network;
