use std::fmt;
use std::str::FromStr;

use time::{Date, OffsetDateTime};

use crate::ParticipationId;
use crate::participation::positive_id;

positive_id! {
    /// Identifies a row of the feed; the database gives it.
    FeedId
}

/// What a person wrote beside a photo; may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedContent(String);

impl FeedContent {
    /// The longest content, in characters.
    pub const MAX_CHARS: usize = 10_000;

    /// The text as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FeedContent {
    type Err = FeedContentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('\0') {
            return Err(FeedContentError::Nul);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(FeedContentError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for FeedContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A text that no feed row can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeedContentError {
    /// A NUL character, which not every database keeps.
    #[error("the content holds a NUL character")]
    Nul,
    /// More than [`FeedContent::MAX_CHARS`] characters.
    #[error("the content has more than {} characters", FeedContent::MAX_CHARS)]
    TooLong,
}

/// An accepted photo on its way into the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeed {
    /// Whose photo it is.
    pub participation_id: ParticipationId,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// The day whose window it was accepted in.
    pub day: Date,
    /// Whether it has to be the only one of its day.
    pub only_one_of_its_day: bool,
    /// Where the photo can be fetched.
    pub image_url: String,
    /// What was written beside it.
    pub content: FeedContent,
}

/// A row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Who it is.
    pub id: FeedId,
    /// Whose photo it is.
    pub participation_id: ParticipationId,
    /// When it was accepted, to the microsecond.
    pub created_at: OffsetDateTime,
    /// Where the photo can be fetched.
    pub image_url: String,
    /// What was written beside it.
    pub content: FeedContent,
}
