use std::fmt;
use std::str::FromStr;

use time::{Date, OffsetDateTime};

use crate::participation::positive_id;
use crate::{NewMessage, NewTrace, ParticipationId};

positive_id! {
    /// Database id of a feed row, assigned on insert.
    FeedId
}

/// Text of a participant beside a photo; may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedContent(String);

impl FeedContent {
    /// Maximum length in characters.
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

/// Why a text cannot be stored in a feed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeedContentError {
    /// A NUL character, which not every database can store.
    #[error("the content must not contain NUL")]
    Nul,
    /// More than [`FeedContent::MAX_CHARS`] characters.
    #[error("the content must have at most {} characters", FeedContent::MAX_CHARS)]
    TooLong,
}

/// An accepted photo, before its row is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeed {
    /// Owner of the photo.
    pub participation_id: ParticipationId,
    /// Instant at which the request arrived.
    pub created_at: OffsetDateTime,
    /// Day whose window contains that instant.
    pub day: Date,
    /// Whether the row must be the participation's only one of that day.
    pub only_one_of_its_day: bool,
    /// URL of the stored photo.
    pub image_url: String,
    /// Text beside the photo.
    pub content: FeedContent,
    /// What is kept to recognise copies; `None` if replays are not looked for.
    pub trace: Option<NewTrace>,
    /// Message to queue with the row.
    pub message: Option<NewMessage>,
}

/// Which rows of the feed to list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedQuery {
    /// Only those of one participation.
    pub participation_id: Option<ParticipationId>,
    /// Only those from this instant on.
    pub since: Option<OffsetDateTime>,
    /// Only those before this instant.
    pub until: Option<OffsetDateTime>,
    /// Only those with a smaller id: the page after a row.
    pub before: Option<FeedId>,
    /// Maximum number of rows.
    pub limit: u32,
}

/// A stored row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Database id, assigned on insert.
    pub id: FeedId,
    /// Owner of the photo.
    pub participation_id: ParticipationId,
    /// Instant at which the request arrived, to the microsecond.
    pub created_at: OffsetDateTime,
    /// URL of the stored photo.
    pub image_url: String,
    /// Text beside the photo.
    pub content: FeedContent,
}
