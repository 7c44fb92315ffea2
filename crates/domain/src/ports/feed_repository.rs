use async_trait::async_trait;

use crate::{Fault, Feed, FeedId, NewFeed, ObjectKey, ParticipationId};

/// Keeps the accepted photos' rows.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FeedRepository: Send + Sync {
    /// Adds a row and clears the reservation of its photo's key, both or neither.
    ///
    /// # Errors
    /// A permanent fault when the key is not reserved any more: its object is being removed. After
    /// a transient fault the row may or may not be there, and the reservation accordingly.
    async fn add(&self, feed: NewFeed, key: &ObjectKey) -> Result<FeedId, Fault>;

    /// The rows of a participation, newest first, `limit` at most.
    async fn latest(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<Feed>, Fault>;
}
