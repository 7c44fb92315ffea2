//! What the use cases need from outside, one trait a file.
//!
//! Each trait's documentation is a contract that the suites in `conformance` check. A port's error
//! is a [`Fault`], or an enum where an outcome means something to the domain.

mod classifier;
mod clock;
mod feature_extractor;
mod jpeg_encoder;
mod object_store;
mod repository;

use std::sync::Arc;

pub use classifier::Classifier;
pub use clock::Clock;
pub use feature_extractor::FeatureExtractor;
pub use jpeg_encoder::JpegEncoder;
pub use object_store::{ObjectStore, PutError};
pub use repository::{
    Acceptance, AddFeedError, Claiming, PutParticipationError, Repository, Reservation, ReservedKey,
};

#[cfg(feature = "mock")]
pub use {
    classifier::MockClassifier, clock::MockClock, feature_extractor::MockFeatureExtractor,
    jpeg_encoder::MockJpegEncoder, object_store::MockObjectStore, repository::MockRepository,
};

use crate::{Fault, PhotoError};

/// Everything the use cases need from outside.
#[derive(Clone)]
pub struct Ports {
    /// The present time.
    pub clock: Arc<dyn Clock>,
    /// Compares photos.
    pub extractor: Arc<dyn FeatureExtractor>,
    /// Names what photos show.
    pub classifier: Arc<dyn Classifier>,
    /// Makes the JPEGs that are stored.
    pub jpeg_encoder: Arc<dyn JpegEncoder>,
    /// Stores photos.
    pub objects: Arc<dyn ObjectStore>,
    /// Stores rows.
    pub repository: Arc<dyn Repository>,
}

/// Why a port that examines a photo returned no result.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The photo cannot be used.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The adapter failed, whatever the photo.
    #[error(transparent)]
    Fault(#[from] Fault),
}
