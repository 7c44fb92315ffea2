use time::{Duration, OffsetDateTime};

use super::{AttemptKind, AttemptOutcome};
use crate::ParticipationId;

/// Which attempts to list, and in which order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttemptQuery {
    /// Only those of one participation.
    pub participation_id: Option<ParticipationId>,
    /// Only those of one kind.
    pub kind: Option<AttemptKind>,
    /// Only those with one outcome.
    pub outcome: Option<AttemptOutcome>,
    /// Only those with one code.
    pub errcode: Option<u16>,
    /// Only those that wait for an operator: rejected, with a kept photo, not decided. Those with an appeal come
    /// first, whatever the order.
    pub waiting: bool,
    /// Only those of one request.
    pub request_id: Option<String>,
    /// Only those from this instant on.
    pub since: Option<OffsetDateTime>,
    /// Only those before this instant.
    pub until: Option<OffsetDateTime>,
    /// Order of the list.
    pub order: AttemptOrder,
    /// Number of attempts to skip.
    pub skip: u32,
    /// Maximum number of attempts.
    pub limit: u32,
}

/// Order of a list of attempts. Ties are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttemptOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// The most probable first; attempts without a probability last.
    MostProbable,
    /// The least probable first; attempts without a probability last.
    LeastProbable,
    /// The slowest first.
    Slowest,
}

/// Figures of an attempt for statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptFact {
    /// Instant at which the request arrived.
    pub created_at: OffsetDateTime,
    /// What was verified.
    pub kind: AttemptKind,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Code of the rejection or failure.
    pub errcode: Option<u16>,
    /// Probability of a comparison.
    pub probability: Option<f64>,
    /// Minimum probability of an accepted photo at that time.
    pub threshold: Option<f64>,
    /// Duration of the use case.
    pub took: Duration,
}
