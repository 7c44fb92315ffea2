use std::str::FromStr;

use time::OffsetDateTime;

use super::{AttemptId, UnknownName};
use crate::participation::positive_id;
use crate::ports::Acceptance;
use crate::{FeedId, NewFeed, ParticipationId};

positive_id! {
    /// Database id of an entry in the log of reviews, assigned on insert.
    ReviewId
}

/// Decision of an operator that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewState {
    /// The rejected photo was accepted; it has a feed row.
    Accepted,
    /// The rejection was confirmed.
    Confirmed,
}

impl ReviewState {
    /// Name of the state in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewDecision {
    /// Accepts a rejected photo.
    Accept,
    /// Confirms a rejection.
    Confirm,
    /// Undoes the decision in force.
    Undo,
}

impl ReviewDecision {
    /// All decisions.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Confirm, Self::Undo];

    /// Name of the decision in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Confirm => "confirm",
            Self::Undo => "undo",
        }
    }

    /// The reasons that an operator may give.
    pub fn reasons(self) -> &'static [ReviewReason] {
        use ReviewReason as Reason;
        match self {
            Self::Accept => &[
                Reason::ShowsIt,
                Reason::SceneChanged,
                Reason::PoorReference,
                Reason::PoorPhoto,
                Reason::Exception,
            ],
            Self::Confirm => &[Reason::ShowsSomethingElse, Reason::NotTaken, Reason::Unclear],
            Self::Undo => &[Reason::Mistake, Reason::NewInformation],
        }
    }
}

/// Why an operator decided so: a closed list, so that the log can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewReason {
    /// The photo plainly shows the scene or the subject.
    ShowsIt,
    /// The scene itself changed: another season, moved furniture.
    SceneChanged,
    /// The reference is too poor to compare with.
    PoorReference,
    /// The photo is dark or blurred, but shows the scene or the subject.
    PoorPhoto,
    /// An exception from the rules of the challenge.
    Exception,
    /// The photo shows something else.
    ShowsSomethingElse,
    /// The photo is of a screen or a print, or was taken at another time.
    NotTaken,
    /// The photo does not show enough to decide.
    Unclear,
    /// The decision was a mistake.
    Mistake,
    /// The participant or the app gave new information.
    NewInformation,
}

impl ReviewReason {
    const ALL: [Self; 10] = [
        Self::ShowsIt,
        Self::SceneChanged,
        Self::PoorReference,
        Self::PoorPhoto,
        Self::Exception,
        Self::ShowsSomethingElse,
        Self::NotTaken,
        Self::Unclear,
        Self::Mistake,
        Self::NewInformation,
    ];

    /// Name of the reason in the database and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShowsIt => "shows_it",
            Self::SceneChanged => "scene_changed",
            Self::PoorReference => "poor_reference",
            Self::PoorPhoto => "poor_photo",
            Self::Exception => "exception",
            Self::ShowsSomethingElse => "shows_something_else",
            Self::NotTaken => "not_taken",
            Self::Unclear => "unclear",
            Self::Mistake => "mistake",
            Self::NewInformation => "new_information",
        }
    }
}

impl FromStr for ReviewReason {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|reason| reason.name() == text).ok_or(UnknownName)
    }
}

impl FromStr for ReviewDecision {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|decision| decision.name() == text).ok_or(UnknownName)
    }
}

/// An entry of the log before it is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReview {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Participation of the attempt.
    pub participation_id: ParticipationId,
    /// Instant of the decision.
    pub reviewed_at: OffsetDateTime,
    /// Who decided.
    pub operator: String,
    /// Decision that was in force before; the attempt must still be in this state.
    pub before: Option<ReviewState>,
    /// Why.
    pub reason: ReviewReason,
    /// Algorithm and version of the verdict.
    pub model: String,
}

/// What a decision changes beside the attempt and the log, in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewChange {
    /// Adds a feed row for the photo with its trace and commits its acceptance.
    Accept {
        /// The row.
        feed: Box<NewFeed>,
        /// Acceptance of the row's photo.
        acceptance: Acceptance,
    },
    /// Nothing.
    Confirm,
    /// Undoes a confirmation: nothing.
    Reopen,
    /// Removes the feed row of an accepted photo with its trace, and releases its day if the row marked it. The
    /// photo's object is left with an abandoned reservation, which the clean-up resolves.
    Withdraw {
        /// The row.
        feed_id: FeedId,
        /// SHA-256 digest of its photo.
        content_sha256: [u8; 32],
    },
}

impl ReviewChange {
    /// The decision that makes this change.
    pub fn decision(&self) -> ReviewDecision {
        match self {
            Self::Accept { .. } => ReviewDecision::Accept,
            Self::Confirm => ReviewDecision::Confirm,
            Self::Reopen | Self::Withdraw { .. } => ReviewDecision::Undo,
        }
    }

    /// State of the attempt after the change.
    pub fn after(&self) -> Option<ReviewState> {
        match self {
            Self::Accept { .. } => Some(ReviewState::Accepted),
            Self::Confirm => Some(ReviewState::Confirmed),
            Self::Reopen | Self::Withdraw { .. } => None,
        }
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewEntry {
    /// Database id.
    pub id: ReviewId,
    /// The entry, with its instant to the microsecond.
    pub review: NewReview,
    /// What was decided.
    pub decision: ReviewDecision,
    /// Decision in force afterwards.
    pub after: Option<ReviewState>,
    /// Feed row that was added or removed.
    pub feed_id: Option<FeedId>,
}
