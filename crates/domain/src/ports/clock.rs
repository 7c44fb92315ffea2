use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

/// Tells the time, and lets it pass.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present instant; never before one that was told earlier, unless the clock is set.
    fn now(&self) -> OffsetDateTime;

    /// Is over when so much time has passed.
    async fn sleep(&self, duration: Duration);
}
