//! Bodies of the fuzz targets of this crate. `fuzz/` runs them on inputs that it invents, `cargo test` on the stored ones.
#![allow(clippy::expect_used, clippy::panic, reason = "a broken promise must stop the fuzzer")]

#[cfg(test)]
#[path = "../../../fuzz/corpus.rs"]
mod corpus;

use std::sync::OnceLock;

use ::opencv::prelude::*;
use bytes::Bytes;
use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, PhotoLimits, ReferenceFeatures};

use crate::neural::NeuralFeatures;
use crate::opencv::{Colour, Fit, decode};
use crate::{Cascade, CascadeSettings, Query};

pub use crate::clarifai::fuzz as clarifai;
pub use crate::openai::fuzz as chat;

/// The smallest side that the configuration allows, and few pixels, which keep an input fast.
const LIMITS: PhotoLimits = PhotoLimits { min_side: 16, max_pixels: 1_000_000 };

/// A photo, decoded in the ways of the service. A failure is always the photo's.
pub fn decoding(file: &[u8]) {
    let Ok(photo) = Photo::parse(Bytes::copy_from_slice(file), &LIMITS) else { return };
    for (colour, channels) in [(Colour::Grey, 1), (Colour::Bgr, 3)] {
        // The short side is never enlarged.
        for fit in [Fit::LongSide(96), Fit::ShortSide(LIMITS.min_side), Fit::Full] {
            match decode(&photo, colour, fit) {
                Ok(pixels) => {
                    assert_eq!((pixels.channels(), pixels.depth()), (channels, 0));
                    assert!(!pixels.empty());
                }
                Err(VisionError::Photo(_)) => {}
                Err(VisionError::Fault(fault)) => panic!("{fault}"),
            }
        }
    }
}

/// Stored features of a reference, compared with a photo if they are valid; and XFeat's part of them.
pub fn features(bytes: &[u8]) {
    let _ = NeuralFeatures::from_bytes(bytes);
    let (cascade, query) = compared();
    let format = cascade.settings().format();
    let features = ReferenceFeatures { format, bytes: Bytes::copy_from_slice(bytes) };
    if let Ok(reference) = cascade.read(&features) {
        cascade.scores(&reference, query).expect("features that can be read can be compared");
    }
}

/// The tiers without networks, and a photo.
fn compared() -> &'static (Cascade, Query) {
    static COMPARED: OnceLock<(Cascade, Query)> = OnceLock::new();
    COMPARED.get_or_init(|| {
        let cascade = Cascade::new(CascadeSettings::default(), None).expect("tiers are on");
        let query = cascade.query(&scene()).expect("it can be decoded");
        (cascade, query)
    })
}

/// The scene that the stored features are of.
fn scene() -> Photo {
    const SCENE: &[u8] = include_bytes!("../../../fuzz/corpus/decoding/scene.jpg");
    Photo::parse(SCENE.into(), &LIMITS).expect("it is a photo")
}

#[cfg(test)]
mod tests {
    use super::{ReferenceFeatures, corpus};

    #[test]
    fn stored_inputs() {
        corpus::replay("decoding", super::decoding);
        corpus::replay("features", super::features);
        corpus::replay("clarifai", super::clarifai);
        corpus::replay("chat", super::chat);
    }

    /// Otherwise the fuzzer begins with features of an older format, which are all rejected alike.
    #[test]
    fn the_stored_features_have_the_current_format() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/features/scene");
        let (cascade, query) = super::compared();
        if std::env::var_os("INJEUNG_UPDATE_CORPUS").is_some() {
            let (features, _) = cascade.extract(&super::scene()).expect("it can be decoded");
            std::fs::write(file, features.bytes).expect("write the file");
        }
        let bytes = std::fs::read(file).expect("read the file").into();
        let features = ReferenceFeatures { format: cascade.settings().format(), bytes };
        let reference = cascade.read(&features).expect("run this with INJEUNG_UPDATE_CORPUS=1");
        assert!(cascade.compare(&reference, query).expect("a comparison").comparison.same_scene);
    }
}
