use async_trait::async_trait;

use super::Acceptance;
use crate::{Fault, Feed, FeedId, NewFeed, ParticipationId};

/// Keeps the accepted photos' rows.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FeedRepository: Send + Sync {
    /// Adds a row, marks its day as one that has a photo, and settles the acceptance, all of it or
    /// nothing. The day is marked whether or not the row has to be its only one.
    ///
    /// # Errors
    /// [`AddFeedError::DayTaken`] when the row has to be the only one of its day, and there is
    /// another; of several callers at once at most one succeeds then. For the faults see
    /// [`Acceptance`].
    async fn add(&self, feed: NewFeed, acceptance: &Acceptance) -> Result<FeedId, AddFeedError>;

    /// The rows of a participation, newest first, `limit` at most.
    async fn latest(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<Feed>, Fault>;
}

/// Why no row was added.
#[derive(Debug, thiserror::Error)]
pub enum AddFeedError {
    /// The day has a photo already.
    #[error("the day has a photo already")]
    DayTaken,
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
