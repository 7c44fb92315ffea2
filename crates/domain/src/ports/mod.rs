//! Dependencies of the use cases, one trait per file.
//!
//! The documentation of each trait is a contract that the suites in `conformance` check. The error
//! of a port is a [`Fault`], or an enum if the domain distinguishes its outcomes.

mod acceptance;
mod classifier;
mod clock;
mod feature_extractor;
mod jpeg_encoder;
mod message_sender;
mod object_store;
mod replay_detector;
mod repository;
mod repository_error;

use std::sync::Arc;

pub use acceptance::{Acceptance, Claiming, Reservation, ReservedKey};
pub use classifier::Classifier;
pub use clock::Clock;
pub use feature_extractor::FeatureExtractor;
pub use jpeg_encoder::JpegEncoder;
pub use message_sender::{MessageSender, SendError};
pub use object_store::{ObjectStore, PutError};
pub use replay_detector::ReplayDetector;
pub use repository::Repository;
pub use repository_error::{AddFeedError, PutParticipationError, ReviewError};

#[cfg(feature = "mock")]
pub use {
    classifier::MockClassifier, clock::MockClock, feature_extractor::MockFeatureExtractor,
    jpeg_encoder::MockJpegEncoder, message_sender::MockMessageSender,
    object_store::MockObjectStore, replay_detector::MockReplayDetector, repository::MockRepository,
};

use crate::{Fault, PhotoError};

/// Adapters for all dependencies of the use cases.
#[derive(Clone)]
pub struct Ports {
    /// Current time and pauses.
    pub clock: Arc<dyn Clock>,
    /// Comparison of photos.
    pub extractor: Arc<dyn FeatureExtractor>,
    /// Names of what photos show.
    pub classifier: Arc<dyn Classifier>,
    /// JPEGs to store.
    pub jpeg_encoder: Arc<dyn JpegEncoder>,
    /// Recognition of photos that were sent before.
    pub replay_detector: Arc<dyn ReplayDetector>,
    /// Store of the photos.
    pub objects: Arc<dyn ObjectStore>,
    /// Store of the rows.
    pub repository: Arc<dyn Repository>,
}

/// Why a port that examines a photo returned no result.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The photo cannot be used.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The adapter failed for a reason other than the photo.
    #[error(transparent)]
    Fault(#[from] Fault),
}
