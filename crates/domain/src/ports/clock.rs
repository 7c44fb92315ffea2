use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

/// Source of the current time and of pauses.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current instant. It never goes back unless the clock is set.
    fn now(&self) -> OffsetDateTime;

    /// Completes after the duration has passed.
    async fn sleep(&self, duration: Duration);
}
