//! XFeat: a convolutional network, and the points in the maps that it computes.
//!
//! Maps are stored cell by cell, so that a window is a few contiguous runs of numbers.

mod convolution;
mod direct;
mod keypoints;
mod map;
mod network;
mod winograd;

pub use self::network::XFeat;
