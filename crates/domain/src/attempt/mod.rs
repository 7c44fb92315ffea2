//! Records of verifications, for the people who check verdicts.

mod query;
mod review;

use std::fmt;
use std::str::FromStr;

use time::{Duration, OffsetDateTime};

use crate::participation::positive_id;
use crate::{FeedContent, ParticipationId, PhotoKind};

pub use query::{AttemptFact, AttemptOrder, AttemptQuery};
pub use review::{
    NewReview, ReviewChange, ReviewDecision, ReviewEntry, ReviewId, ReviewReason, ReviewState,
};

positive_id! {
    /// Database id of an attempt, assigned on insert.
    AttemptId
}

/// A verification before its record is inserted.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAttempt {
    /// Id of the request, which its response had too.
    pub request_id: String,
    /// Instant at which the request arrived.
    pub created_at: OffsetDateTime,
    /// Participation that the request names; it may not exist.
    pub participation_id: ParticipationId,
    /// What was verified.
    pub kind: AttemptKind,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Code of the rejection or failure in the response.
    pub errcode: Option<u16>,
    /// Text beside the photo.
    pub content: FeedContent,
    /// Subject that the photo had to show.
    pub keyword: Option<String>,
    /// Probability of a comparison; `None` if there was none.
    pub probability: Option<f64>,
    /// Minimum probability of an accepted photo.
    pub threshold: Option<f64>,
    /// Algorithm and version of the verdict.
    pub model: String,
    /// Duration of the use case.
    pub took: Duration,
    /// URL of the reference that the photo was compared with, or of the view that recognised it.
    pub reference_url: Option<String>,
    /// SHA-256 digest of the examined JPEG.
    pub photo_sha256: Option<[u8; 32]>,
    /// URL of the accepted photo, or of a rejected one that is kept.
    pub photo_url: Option<String>,
    /// What the steps found. Its format is the caller's.
    pub evidence: String,
}

/// A recorded verification.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Database id.
    pub id: AttemptId,
    /// The record, with its instant to the microsecond.
    pub record: NewAttempt,
    /// Decision of an operator that is in force.
    pub review: Option<ReviewState>,
    /// Appeal of the participant.
    pub appeal: Option<Appeal>,
}

/// Request of a participant that people examine a rejected photo. It is open while no decision is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeal {
    /// Instant at which its request arrived.
    pub filed_at: OffsetDateTime,
    /// What the participant writes; may be empty.
    pub text: FeedContent,
}

impl Attempt {
    /// Whether an operator can decide about the photo: it was rejected and is kept.
    pub fn is_reviewable(&self) -> bool {
        self.record.outcome == AttemptOutcome::Rejected && self.record.photo_url.is_some()
    }
}

/// What an attempt verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttemptKind {
    /// The scene of the reference, by `verify_feature`.
    Feature,
    /// What a keyword names, by `verify_keyword`.
    Keyword,
}

impl AttemptKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Feature, Self::Keyword];

    /// Name of the kind in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Keyword => "keyword",
        }
    }

    /// Kind of the photo that an accepted attempt stores.
    pub(crate) fn photo_kind(self) -> PhotoKind {
        match self {
            Self::Feature => PhotoKind::Feature,
            Self::Keyword => PhotoKind::Classification,
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptOutcome {
    /// The photo was accepted.
    Accepted,
    /// The request or its photo was rejected.
    Rejected,
    /// The service failed.
    Failed,
}

impl AttemptOutcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Rejected, Self::Failed];

    /// Name of the outcome in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

/// The text names none of the known values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name is unknown")]
pub struct UnknownName;

impl FromStr for AttemptKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(UnknownName)
    }
}

impl FromStr for AttemptOutcome {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == text).ok_or(UnknownName)
    }
}

impl fmt::Display for AttemptOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
