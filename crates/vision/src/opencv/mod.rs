//! What OpenCV does for us.

mod alpha;
mod coarse;
mod consensus;
pub(crate) mod decode;
#[cfg(test)]
mod decode_tests;
mod drawn;
mod features;
mod geometry;
mod jpeg;
mod jpeg_encoder;
mod matching;
mod orb;
mod overlay;
mod plausible;
mod quality;
mod score;
mod sift;
pub(crate) mod wire;

use std::sync::Once;

use injeung_domain::Fault;
use injeung_domain::ports::VisionError;

pub(crate) use consensus::{agreeing, quarter_turns};
pub(crate) use drawn::{DRAWN_FIT, drawn};
#[cfg(test)]
pub(crate) use features::Descriptors;
pub use features::Match;
pub(crate) use features::{Features, Reference};
pub(crate) use geometry::{Motion, epipolar_motion, motion};
pub use jpeg_encoder::OpenCvJpegEncoder;
pub(crate) use matching::matches;
pub(crate) use orb::orb;
pub use overlay::draw_overlay;
pub(crate) use plausible::is_spread;
pub use quality::QualityBounds;
pub(crate) use quality::rate;
pub(crate) use sift::{plain_places, sift};

/// Keeps OpenCV from starting threads of its own; the pools decide how much runs at once.
pub(crate) fn use_one_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ::opencv::core::set_num_threads(1) {
            tracing::warn!(%error, "failed to keep OpenCV to one thread");
        }
    });
}

/// A failure of OpenCV that is no fault of the photo.
pub(crate) fn fault(error: ::opencv::Error) -> VisionError {
    Fault::permanent(error).into()
}
