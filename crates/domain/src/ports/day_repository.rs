use async_trait::async_trait;
use time::Date;

use crate::{Fault, ParticipationId};

/// Keeps what a participation did in the window of each day: whether a photo was accepted, which
/// [`FeedRepository::add`](super::FeedRepository::add) writes down, and how many were tried.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DayRepository: Send + Sync {
    /// Whether the window of a day has an accepted photo.
    async fn has_feed(&self, participation_id: ParticipationId, day: Date) -> Result<bool, Fault>;

    /// Counts an attempt in the window of a day and answers how many there are now; of several
    /// callers at once no two get the same number.
    async fn count_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<u32, Fault>;

    /// Takes back an attempt that was counted in the window of a day; nothing where none is.
    async fn give_back_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<(), Fault>;

    /// Forgets what was done on days before one, oldest first, `limit` participations' at most,
    /// and tells how many. There may be more to forget even where they are fewer than `limit`,
    /// but not where there are none.
    async fn forget(&self, before: Date, limit: u32) -> Result<u32, Fault>;
}
