//! What the use cases need from outside, one trait a file.
//!
//! Each trait's documentation is a contract that the suites in `conformance` check. A port's error
//! is a [`Fault`], or an enum where an outcome means something to the domain.

mod classifier;
mod clock;
mod day_repository;
mod feature_extractor;
mod feed_repository;
mod jpeg_encoder;
mod lease_repository;
mod object_store;
mod participation_repository;
mod reference_repository;
mod request_key_repository;
mod reservation_repository;

use std::sync::Arc;

pub use classifier::Classifier;
pub use clock::Clock;
pub use day_repository::DayRepository;
pub use feature_extractor::FeatureExtractor;
pub use feed_repository::{AddFeedError, FeedRepository};
pub use jpeg_encoder::JpegEncoder;
pub use lease_repository::LeaseRepository;
pub use object_store::{ObjectStore, PutError};
pub use participation_repository::{ParticipationRepository, PutParticipationError};
pub use reference_repository::ReferenceRepository;
pub use request_key_repository::{Claiming, RequestKeyRepository};
pub use reservation_repository::{Acceptance, Reservation, ReservationRepository};

#[cfg(feature = "mock")]
pub use {
    classifier::MockClassifier, clock::MockClock, day_repository::MockDayRepository,
    feature_extractor::MockFeatureExtractor, feed_repository::MockFeedRepository,
    jpeg_encoder::MockJpegEncoder, lease_repository::MockLeaseRepository,
    object_store::MockObjectStore, participation_repository::MockParticipationRepository,
    reference_repository::MockReferenceRepository,
    request_key_repository::MockRequestKeyRepository,
    reservation_repository::MockReservationRepository,
};

use crate::{Fault, PhotoError, Rules, TimeZone};

/// Everything the use cases work with.
#[derive(Clone)]
pub struct Ports {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Whose clocks the names of stored photos are read off.
    pub time_zone: TimeZone,
    /// The rules that the operator has set.
    pub rules: Rules,
    /// Compares photos.
    pub extractor: Arc<dyn FeatureExtractor>,
    /// Says what photos show.
    pub classifier: Arc<dyn Classifier>,
    /// Makes JPEGs of photos that are none.
    pub jpeg_encoder: Arc<dyn JpegEncoder>,
    /// Keeps photos.
    pub objects: Arc<dyn ObjectStore>,
    /// Who takes part in which challenge.
    pub participations: Arc<dyn ParticipationRepository>,
    /// The reference photos.
    pub references: Arc<dyn ReferenceRepository>,
    /// The accepted photos.
    pub feeds: Arc<dyn FeedRepository>,
    /// The names of photos that are being stored.
    pub reservations: Arc<dyn ReservationRepository>,
    /// What was done in the windows of the days.
    pub days: Arc<dyn DayRepository>,
    /// The keys that requests came under.
    pub request_keys: Arc<dyn RequestKeyRepository>,
    /// Who does what only one needs to do.
    pub leases: Arc<dyn LeaseRepository>,
}

/// Why a port that looks into a photo did not answer.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The photo cannot be worked with; that is the photo's fault.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The adapter failed; that is no fault of the photo.
    #[error(transparent)]
    Fault(#[from] Fault),
}
