use std::fmt::Display;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How a call to another service is retried.
///
/// The pauses have random lengths ("full jitter"), so that callers that failed together do not
/// return together:
/// <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Maximum number of attempts; the first is always made.
    pub max_attempts: u32,
    /// The time at which no further attempt begins. It does not interrupt an attempt.
    pub deadline: Instant,
    /// Maximum pause before the second attempt. It doubles for each further attempt.
    pub first_pause: Duration,
    /// Maximum of all random pauses.
    pub longest_pause: Duration,
}

impl Retry {
    /// Makes attempts until one succeeds, fails with an error that is not transient, or is the
    /// last one. Returns the result of the last attempt.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub async fn run<T, E, F>(
        self,
        attempt: impl Fn() -> F,
        is_transient: impl Fn(&E) -> bool,
    ) -> Result<T, E>
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
    {
        self.run_with_pauses(attempt, is_transient, |_| None).await
    }

    /// As [`run`](Self::run), with pauses that the other service requests. `requested_pause`
    /// returns the pause in an error, such as that of a `Retry-After` header. The random pause is
    /// added to it. A pause past the deadline ends the attempts.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub async fn run_with_pauses<T, E, F>(
        self,
        attempt: impl Fn() -> F,
        is_transient: impl Fn(&E) -> bool,
        requested_pause: impl Fn(&E) -> Option<Duration>,
    ) -> Result<T, E>
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
    {
        let mut longest = self.first_pause;
        let mut attempts = 1;
        loop {
            let error = match attempt().await {
                Err(error) if is_transient(&error) => error,
                result => return result,
            };
            let random = longest.mul_f64(fastrand::f64());
            let pause = requested_pause(&error).unwrap_or_default().saturating_add(random);
            let left = self.deadline.saturating_duration_since(Instant::now());
            if attempts >= self.max_attempts || pause >= left {
                return Err(error);
            }
            tracing::debug!(attempts, ?pause, %error, "retry a failed call");
            sleep(pause).await;
            attempts += 1;
            longest = longest.saturating_mul(2).min(self.longest_pause);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::cell::Cell;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The result of calls that fail `failures` times and then succeed, and the number of calls.
    async fn outcome(retry: Retry, failures: u32, error: &str) -> (Result<(), String>, u32) {
        let calls = Cell::new(0);
        let attempt = async || {
            calls.set(calls.get() + 1);
            sleep(SECOND).await;
            if calls.get() > failures { Ok(()) } else { Err(error.to_owned()) }
        };
        let result = retry.run(attempt, |error| error == "transient").await;
        (result, calls.get())
    }

    fn retry(max_attempts: u32, time: Duration) -> Retry {
        Retry {
            max_attempts,
            deadline: Instant::now() + time,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(2),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_transient_error_is_retried_and_another_is_not() {
        assert_eq!(outcome(retry(3, 60 * SECOND), 2, "transient").await, (Ok(()), 3));
        let failed = Err("permanent".to_owned());
        assert_eq!(outcome(retry(3, 60 * SECOND), 2, "permanent").await, (failed, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_attempts_is_limited() {
        let failed = Err("transient".to_owned());
        for (max_attempts, made) in [(0, 1), (1, 1), (4, 4)] {
            let outcome = outcome(retry(max_attempts, 60 * SECOND), 9, "transient").await;
            assert_eq!(outcome, (failed.clone(), made));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_after_the_deadline() {
        let failed = Err("transient".to_owned());
        assert_eq!(outcome(retry(9, SECOND), 9, "transient").await, (failed.clone(), 1));
        assert_eq!(outcome(retry(9, 2 * SECOND), 9, "transient").await, (failed.clone(), 2));
        let patient = Retry { first_pause: Duration::MAX, ..retry(9, 60 * SECOND) };
        assert_eq!(outcome(patient, 9, "transient").await, (failed, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_requested_pause_is_kept_and_one_past_the_deadline_ends_the_attempts() {
        for (requested, expected) in
            [(10, Ok(())), (100, Err("transient")), (u64::MAX, Err("transient"))]
        {
            let begun = Instant::now();
            let calls = Cell::new(0);
            let attempt = async || {
                calls.set(calls.get() + 1);
                if calls.get() > 1 { Ok(()) } else { Err("transient") }
            };
            let pause = |_: &&str| Some(Duration::from_secs(requested));
            let retry = retry(3, 60 * SECOND);
            assert_eq!(retry.run_with_pauses(attempt, |_| true, pause).await, expected);
            let least = if expected.is_ok() { 10 * SECOND } else { Duration::ZERO };
            assert!(begun.elapsed() >= least && begun.elapsed() < least + SECOND);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_pause_is_longer_than_the_longest() {
        let begun = Instant::now();
        let (result, calls) = outcome(retry(30, 600 * SECOND), 29, "transient").await;
        assert_eq!((result, calls), (Ok(()), 30));
        assert!(begun.elapsed() < 31 * SECOND);
    }
}
