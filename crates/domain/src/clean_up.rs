use time::{Duration, OffsetDateTime};

use crate::ports::{ObjectStore, Repository, ReservedKey};
use crate::{Fault, acceptance};

/// How many rows are read or removed at once.
const BATCH: u32 = 1000;

/// How many batches of one kind a call removes at most.
const MAX_BATCHES: u32 = 100;

/// How long it is known what was done on a day. Two days would do: a window may run over midnight,
/// and somewhere the date is another one.
const DAYS_KEPT: Duration = Duration::days(7);

/// How long features are kept after those in another format were added: longer than two versions of
/// the service run side by side, and long enough to return to the older one.
const SUPERSEDED_FEATURES_KEPT: Duration = Duration::days(7);

/// How many features are removed at once; each takes up to 207 KB.
const FEATURES_BATCH: u32 = 100;

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
    /// Features of references in formats that were superseded.
    pub features: u32,
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
    /// The superseded features could not be removed; the request keys and days have been.
    #[error("forget features: {0}")]
    Features(#[source] Fault),
}

/// Removes what died on its way into the store: objects whose reservation was made before `now`
/// minus `grace` and that have no row, and then their reservations. An object that another program
/// stored under the key stays. Deletes expired request keys, days that no rule needs any more, and
/// features in formats that were superseded.
///
/// `grace` has to be longer than any request may take, so that no object arrives after its
/// reservation is gone. Several processes may do this at once.
///
/// # Errors
/// When the database failed. A reservation that could not be resolved is logged and counted, and
/// does not keep the others from being resolved.
pub async fn clean_up(
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    now: OffsetDateTime,
    grace: Duration,
) -> Result<CleanUpReport, CleanUpError> {
    let mut report = CleanUpReport::default();
    // First what needs the database alone: a store that does not respond takes its time for every
    // object.
    let forget = || repository.forget_keys(now, BATCH);
    report.request_keys = in_batches(forget).await.map_err(CleanUpError::RequestKeys)?;
    let before = now.saturating_sub(DAYS_KEPT).date();
    let forget = || repository.forget_days(before, BATCH);
    report.days = in_batches(forget).await.map_err(CleanUpError::Days)?;
    let before = now.saturating_sub(SUPERSEDED_FEATURES_KEPT);
    let forget = || repository.forget_features(before, FEATURES_BATCH);
    report.features = in_batches(forget).await.map_err(CleanUpError::Features)?;

    let before = now.saturating_sub(grace);
    let mut last = None;
    for _ in 0..MAX_BATCHES {
        // A failed reservation stays, so the next batch begins behind the last one.
        let overdue = repository.reserved_before(before, last, BATCH).await;
        let overdue = overdue.map_err(CleanUpError::Reservations)?;
        for ReservedKey { key, .. } in &overdue {
            match acceptance::remove_unfinished(repository, objects, key).await {
                Ok(true) => report.removed += 1,
                Ok(false) => {}
                Err(fault) => {
                    fault.log(format_args!("clean up object {key}"));
                    report.failed += 1;
                }
            }
        }
        let Some(newest) = overdue.into_iter().next_back() else { break };
        last = Some(newest);
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
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    now: OffsetDateTime,
    lease: &Lease,
    grace: Duration,
) -> Result<Option<CleanUpReport>, CleanUpError> {
    const NAME: &str = "clean_up";
    let until = now.saturating_add(lease.length);
    let acquired = repository.acquire_lease(NAME, &lease.holder, now, until).await;
    if acquired.map_err(CleanUpError::Lease)? {
        clean_up(repository, objects, now, grace).await.map(Some)
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
