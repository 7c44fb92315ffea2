use std::sync::Arc;

use time::Duration;

use crate::acceptance;
use crate::ports::{
    Clock, DayRepository, LeaseRepository, ObjectStore, RequestKeyRepository, ReservationRepository,
};
use crate::{Fault, Ports};

/// How many rows are read or removed at once.
const BATCH: u32 = 1000;

/// How many batches of one kind a call removes at most.
const MAX_BATCHES: u32 = 100;

/// How long it is known what was done on a day. Two days would do: a window may run over midnight,
/// and somewhere the date is another one.
const DAYS_KEPT: Duration = Duration::days(7);

/// What [`clean_up`] works with: those of the [`Ports`] that keep things, none that looks into photos.
#[derive(Clone)]
pub struct CleanUpPorts {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Keeps photos.
    pub objects: Arc<dyn ObjectStore>,
    /// The names of photos that are being stored.
    pub reservations: Arc<dyn ReservationRepository>,
    /// What was done in the windows of the days.
    pub days: Arc<dyn DayRepository>,
    /// The keys that requests came under.
    pub request_keys: Arc<dyn RequestKeyRepository>,
    /// Who does what only one needs to do.
    pub leases: Arc<dyn LeaseRepository>,
}

impl From<&Ports> for CleanUpPorts {
    fn from(ports: &Ports) -> Self {
        Self {
            clock: ports.clock.clone(),
            objects: ports.objects.clone(),
            reservations: ports.reservations.clone(),
            days: ports.days.clone(),
            request_keys: ports.request_keys.clone(),
            leases: ports.leases.clone(),
        }
    }
}

/// What [`clean_up`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanUpReport {
    /// Reservations that are gone now, and with each its object, where there was one.
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
    /// The reservations could not be read; everything else has been done.
    #[error("list overdue reservations: {0}")]
    Reservations(#[source] Fault),
    /// The request keys could not be removed; nothing else was done.
    #[error("forget request keys: {0}")]
    RequestKeys(#[source] Fault),
    /// The days could not be removed; the request keys have been.
    #[error("forget days: {0}")]
    Days(#[source] Fault),
}

/// Removes what died on its way into the store: objects whose reservation is older than `grace`
/// and that have no row, and then their reservations. Somebody else's object, which is not the
/// photo that was reserved for, stays where it is. Forgets request keys whose time is over, and
/// days that are long past.
///
/// `grace` has to be longer than any request may take, so that no object arrives after its
/// reservation is gone. Several processes may do this at once.
///
/// # Errors
/// When the database failed. A reservation that could not be resolved is counted and does not keep
/// the others from being so.
pub async fn clean_up(
    ports: &CleanUpPorts,
    grace: Duration,
) -> Result<CleanUpReport, CleanUpError> {
    let now = ports.clock.now();
    let mut report = CleanUpReport::default();
    // First what needs the database alone: a store that is silent takes its time for every object.
    let forget = || ports.request_keys.forget(now, BATCH);
    report.request_keys = in_batches(forget).await.map_err(CleanUpError::RequestKeys)?;
    let before = now.saturating_sub(DAYS_KEPT).date();
    let forget = || ports.days.forget(before, BATCH);
    report.days = in_batches(forget).await.map_err(CleanUpError::Days)?;
    for _ in 0..MAX_BATCHES {
        let overdue = ports.reservations.reserved_before(now.saturating_sub(grace), BATCH).await;
        let overdue = overdue.map_err(CleanUpError::Reservations)?;
        for key in &overdue {
            match acceptance::withdraw(&*ports.reservations, &*ports.objects, key).await {
                Ok(true) => report.removed += 1,
                Ok(false) => {}
                Err(_) => report.failed += 1,
            }
        }
        // What failed would come first in the next batch again.
        if overdue.len() < BATCH as usize || report.failed > 0 {
            break;
        }
    }
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
    ports: &CleanUpPorts,
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
