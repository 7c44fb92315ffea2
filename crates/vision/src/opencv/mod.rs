//! What OpenCV does for us.

mod alpha;
mod compare;
pub(crate) mod decode;
#[cfg(test)]
mod decode_tests;
mod detail;
mod extract;
mod extractor;
mod features;
mod geometry;
mod jpeg_encoder;
mod matching;
mod orb;
mod overlay;
mod score;
mod settings;
mod sift;
mod wire;

use std::sync::Once;

use injeung_domain::Fault;
use injeung_domain::ports::VisionError;

pub use detail::{Detail, PointPair, compare_features, compare_in_detail, extract_features};
pub use extractor::OpenCvFeatureExtractor;
pub use jpeg_encoder::OpenCvJpegEncoder;
pub use overlay::draw_overlay;
pub use settings::{Algorithm, ExtractorSettings, UnknownAlgorithm};

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
