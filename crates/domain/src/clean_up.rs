use time::Duration;

use crate::acceptance;
use crate::{Fault, Ports};

/// How many reservations one call resolves at most.
const BATCH: u32 = 1000;

/// What [`clean_up`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanUpReport {
    /// Reservations whose object, where there was one, is gone now.
    pub removed: u32,
    /// Reservations that could not be resolved; they stay for the next call.
    pub failed: u32,
}

/// The clean-up could not even begin.
#[derive(Debug, thiserror::Error)]
#[error("list overdue reservations: {0}")]
pub struct CleanUpError(#[source] pub Fault);

/// Removes what died on its way into the store: objects whose reservation is older than `grace`
/// and that have no row, and then their reservations.
///
/// `grace` has to be longer than any request may take, so that no object arrives after its
/// reservation is gone. Several processes may do this at once.
///
/// # Errors
/// When the reservations could not be read. A reservation that could not be resolved is counted
/// and does not keep the others from being so.
pub async fn clean_up(ports: &Ports, grace: Duration) -> Result<CleanUpReport, CleanUpError> {
    let before = ports.clock.now().saturating_sub(grace);
    let overdue = ports.reservations.reserved_before(before, BATCH).await.map_err(CleanUpError)?;
    let mut report = CleanUpReport::default();
    for key in overdue {
        match acceptance::withdraw(ports, &key).await {
            Ok(true) => report.removed += 1,
            Ok(false) => {}
            Err(_) => report.failed += 1,
        }
    }
    Ok(report)
}
