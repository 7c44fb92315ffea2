use time::Duration;

use crate::acceptance;
use crate::{Fault, Ports};

/// How many rows are read or removed at once.
const BATCH: u32 = 1000;

/// How many batches of one kind a call removes at most.
const MAX_BATCHES: u32 = 100;

/// How long it is known what was done on a day. Two days would do: a window may run over midnight,
/// and somewhere the date is another one.
const DAYS_KEPT: Duration = Duration::days(7);

/// What [`clean_up`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanUpReport {
    /// Reservations whose object, where there was one, is gone now.
    pub removed: u32,
    /// Reservations that could not be resolved; they stay for the next call.
    pub failed: u32,
    /// Request keys whose time was over.
    pub request_keys: u32,
    /// Days, each of one participation, that no rule asks about any more.
    pub days: u32,
}

/// Why a clean-up ended early.
#[derive(Debug, thiserror::Error)]
pub enum CleanUpError {
    /// It is not known whose turn it is; nothing was done.
    #[error("acquire the lease: {0}")]
    Lease(#[source] Fault),
    /// The reservations could not be read; nothing was done.
    #[error("list overdue reservations: {0}")]
    Reservations(#[source] Fault),
    /// The request keys could not be removed; the reservations have been resolved.
    #[error("forget request keys: {0}")]
    RequestKeys(#[source] Fault),
    /// The days could not be removed; everything else has been done.
    #[error("forget days: {0}")]
    Days(#[source] Fault),
}

/// Removes what died on its way into the store: objects whose reservation is older than `grace`
/// and that have no row, and then their reservations. Forgets request keys whose time is over, and
/// days that are long past.
///
/// `grace` has to be longer than any request may take, so that no object arrives after its
/// reservation is gone. Several processes may do this at once.
///
/// # Errors
/// When the database failed. A reservation that could not be resolved is counted and does not keep
/// the others from being so.
pub async fn clean_up(ports: &Ports, grace: Duration) -> Result<CleanUpReport, CleanUpError> {
    let now = ports.clock.now();
    let mut report = CleanUpReport::default();
    let overdue = ports.reservations.reserved_before(now.saturating_sub(grace), BATCH).await;
    for key in overdue.map_err(CleanUpError::Reservations)? {
        match acceptance::withdraw(ports, &key).await {
            Ok(true) => report.removed += 1,
            Ok(false) => {}
            Err(_) => report.failed += 1,
        }
    }
    let forget = || ports.request_keys.forget(now, BATCH);
    report.request_keys = in_batches(forget).await.map_err(CleanUpError::RequestKeys)?;
    let before = now.saturating_sub(DAYS_KEPT).date();
    let forget = || ports.days.forget(before, BATCH);
    report.days = in_batches(forget).await.map_err(CleanUpError::Days)?;
    Ok(report)
}

/// On whose behalf, and for how long, a process cleans up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The process, by a name that no other one has.
    pub holder: String,
    /// How long the others leave it to that process; each call prolongs it. Longer than the pause
    /// between two calls, so that the same process goes on.
    pub length: Duration,
}

/// Does what [`clean_up`] does, or nothing while another process holds the lease.
///
/// # Errors
/// As [`clean_up`], and when the lease could not be asked for.
pub async fn clean_up_in_turn(
    ports: &Ports,
    lease: &Lease,
    grace: Duration,
) -> Result<Option<CleanUpReport>, CleanUpError> {
    const NAME: &str = "clean_up";
    let now = ports.clock.now();
    let until = now.saturating_add(lease.length);
    let acquired = ports.leases.acquire(NAME, &lease.holder, now, until).await;
    if acquired.map_err(CleanUpError::Lease)? {
        clean_up(ports, grace).await.map(Some)
    } else {
        Ok(None)
    }
}

/// Has batches removed until there is nothing left, or too much of it for one call.
async fn in_batches<F>(remove: impl Fn() -> F) -> Result<u32, Fault>
where
    F: Future<Output = Result<u32, Fault>>,
{
    let mut total = 0;
    for _ in 0..MAX_BATCHES {
        match remove().await? {
            0 => break,
            removed => total += removed,
        }
    }
    Ok(total)
}
