//! Repetition of reads after retryable faults.

use std::time::Duration;

use crate::Fault;
use crate::ports::Clock;

/// Pauses between the attempts; their sum is below one second, which clients tolerate.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// Maximum time after which a failed read is repeated. A read that timed out took longer, and the
/// client would not wait for another.
const DEADLINE: time::Duration = time::Duration::seconds(1);

/// Repeats a read that failed with a transient fault, such as a connection lost during a failover.
///
/// # Errors
/// The last fault.
pub(crate) async fn retried<T, F>(clock: &dyn Clock, read: impl Fn() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let begun = clock.now();
    for pause in PAUSES {
        match read().await {
            Err(fault) if fault.is_retryable() && clock.now() - begun < DEADLINE => {
                tracing::debug!(error = %fault, "repeating a read");
                clock.sleep(pause).await;
            }
            result => return result,
        }
    }
    read().await
}
