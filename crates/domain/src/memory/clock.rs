use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::lock;
use crate::ports::Clock;

/// A clock that changes only when it is set or slept on. A sleep advances it at once.
#[derive(Debug)]
pub struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    /// A clock that starts at `now`.
    pub fn new(now: OffsetDateTime) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, now: OffsetDateTime) {
        *lock(&self.0) = now;
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *lock(&self.0)
    }

    async fn sleep(&self, duration: Duration) {
        *lock(&self.0) += duration;
    }
}
