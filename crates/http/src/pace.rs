use std::task::{Context, Poll, ready};
use std::time::Duration;

use injeung_adapter::settings::{seconds, within};
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Number of parts of the window. The rate is checked at the end of each.
const SLOTS: usize = 10;

/// Minimum rate of a transfer.
///
/// It is measured over a window, because uplinks of phones stall for seconds and then catch up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct MinRate {
    /// Bytes per second, on average over the window.
    #[serde(rename = "min_bytes_per_s", deserialize_with = "within::<_, _, 1, 1_073_741_824>")]
    pub bytes_per_s: u64,
    /// Duration of the window, at least 10 milliseconds. Shorter transfers are never too slow.
    #[serde(rename = "rate_window_s", deserialize_with = "seconds::<_, 1, 3600>")]
    pub window: Duration,
}

/// Bytes of a transfer within a sliding window.
#[derive(Debug)]
pub(crate) struct Pace {
    min_bytes: u64,
    /// Bytes in each part of the window, oldest first.
    slots: [u64; SLOTS],
    /// Number of ended parts since the start.
    ended: usize,
    ticks: Interval,
}

impl Pace {
    /// Starts the first window.
    pub(crate) fn new(MinRate { bytes_per_s, window }: MinRate) -> Self {
        let milliseconds = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let part = (window / SLOTS as u32).max(Duration::from_millis(1));
        let mut ticks = interval_at(Instant::now() + part, part);
        // If this process is delayed, no part of the window must end without bytes.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            min_bytes: bytes_per_s.saturating_mul(milliseconds) / 1000,
            slots: [0; SLOTS],
            ended: 0,
            ticks,
        }
    }

    /// Counts transferred bytes.
    pub(crate) fn transferred(&mut self, bytes: usize) {
        let [.., newest] = &mut self.slots;
        *newest = newest.saturating_add(bytes as u64);
    }

    /// Ready if a whole window had fewer bytes than the minimum.
    pub(crate) fn poll_too_slow(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.ticks.poll_tick(context));
            self.ended = self.ended.saturating_add(1);
            if self.ended >= SLOTS && self.slots.iter().sum::<u64>() < self.min_bytes {
                return Poll::Ready(());
            }
            self.slots.rotate_left(1);
            let [.., newest] = &mut self.slots;
            *newest = 0;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{sleep, timeout};

    use super::*;

    /// A minimum of 100 bytes per second over 10 seconds.
    fn pace() -> Pace {
        Pace::new(MinRate { bytes_per_s: 100, window: Duration::from_secs(10) })
    }

    /// Seconds until the transfer is too slow; `None` if it is not within `seconds`.
    async fn seconds_until_too_slow(pace: &mut Pace, seconds: u64) -> Option<u64> {
        let begun = Instant::now();
        let too_slow = poll_fn(|context| pace.poll_too_slow(context));
        let found = timeout(Duration::from_millis(seconds * 1000 + 500), too_slow).await;
        found.ok().map(|()| begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_too_slow_after_one_window() {
        assert_eq!(seconds_until_too_slow(&mut pace(), 60).await, Some(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_counts_for_one_window() {
        let mut pace = pace();
        pace.transferred(1_000_000);
        assert_eq!(seconds_until_too_slow(&mut pace, 60).await, Some(11));
    }

    #[tokio::test(start_paused = true)]
    async fn a_steady_transfer_is_fast_enough() {
        let mut pace = pace();
        for _ in 0..60 {
            pace.transferred(200);
            assert_eq!(seconds_until_too_slow(&mut pace, 1).await, None);
        }
        assert!(seconds_until_too_slow(&mut pace, 60).await.is_some_and(|seconds| seconds < 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_within_the_window_is_allowed() {
        let mut pace = pace();
        for _ in 0..5 {
            assert_eq!(seconds_until_too_slow(&mut pace, 8).await, None);
            pace.transferred(1000);
        }
        assert!(seconds_until_too_slow(&mut pace, 60).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_delay_of_this_process_is_not_the_transfers() {
        let mut pace = pace();
        for _ in 0..9 {
            assert_eq!(seconds_until_too_slow(&mut pace, 1).await, None);
            pace.transferred(200);
        }
        sleep(Duration::from_secs(600)).await;
        assert_eq!(seconds_until_too_slow(&mut pace, 1).await, None);
    }
}
