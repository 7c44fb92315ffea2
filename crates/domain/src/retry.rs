//! Reads that are repeated after a fault that may pass.

use std::time::Duration;

use crate::Fault;
use crate::ports::Clock;

/// Pauses between the attempts; together less than a second, which a client does not notice.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// Maximum duration after which a failed read is still repeated. A read that timed out takes longer,
/// and the client would not wait for another.
const DEADLINE: time::Duration = time::Duration::seconds(1);

/// Repeats a read that failed with a transient fault, such as a connection that was lost while
/// another server took over.
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
