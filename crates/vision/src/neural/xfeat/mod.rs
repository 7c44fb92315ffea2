//! XFeat: points of a photo out of the maps that its network gives.
//!
//! The network is run by code of its own, since it is asked for each doubtful photo: docs/adr/0007
//! has what runtimes took. Maps are held cell by cell, so that a window is a few runs of numbers.
//!
//! Two points are at least three pixels apart: each is the most probable of the 5x5 pixels around it.

mod convolution;
mod direct;
mod keypoints;
mod map;
mod network;
mod winograd;

pub(super) use self::network::Network;
