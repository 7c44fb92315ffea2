use std::time::Duration;

use crate::ports::Clock;

/// Checks a [`Clock`] that is not set during the check.
///
/// # Panics
/// If the clock violates the port's contract.
pub async fn clock(clock: &dyn Clock) {
    let mut last = clock.now();
    for _ in 0..1000 {
        let now = clock.now();
        assert!(now >= last, "time went back from {last} to {now}");
        last = now;
    }
    let nap = Duration::from_millis(20);
    clock.sleep(nap).await;
    assert!(clock.now() >= last + nap, "the time that was slept has passed");
}
