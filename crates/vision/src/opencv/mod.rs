//! Decoding, feature points, geometry and quality by OpenCV and libjpeg-turbo.

mod channels;
#[cfg(test)]
mod corpus_tests;
mod decode;
#[cfg(test)]
mod decode_tests;
mod drawn;
mod geometry;
mod jpeg;
mod jpeg_encoder;
mod orb;
mod pixels;
mod plausible;
mod quality;
mod sift;

use std::sync::Once;

use injeung_domain::Fault;
use injeung_domain::ports::VisionError;

pub(crate) use decode::{decode, decode_here, decode_unturned, shrunk};
pub(crate) use drawn::{DRAWN_FIT, drawn};
pub(crate) use geometry::{Motion, epipolar_motion, motion};
pub use jpeg_encoder::OpenCvJpegEncoder;
pub(crate) use jpeg_encoder::encode;
pub(crate) use orb::orb;
pub(crate) use pixels::{Colour, Fit};
pub(crate) use plausible::is_spread;
pub use quality::QualityBounds;
pub(crate) use quality::rate;
pub(crate) use sift::{plain_places, sift};

/// Keeps OpenCV from starting threads of its own: the pools limit the concurrency.
pub(crate) fn use_one_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ::opencv::core::set_num_threads(1) {
            tracing::warn!(%error, "failed to keep OpenCV to one thread");
        }
    });
}

/// The fault of a call to OpenCV that fails for no photo.
pub(crate) fn fault(error: ::opencv::Error) -> VisionError {
    Fault::permanent(error).into()
}
