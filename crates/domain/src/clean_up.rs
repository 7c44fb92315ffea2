use time::{Duration, OffsetDateTime};

use crate::ports::{ObjectStore, Repository, ReservedKey};
use crate::{Fault, acceptance};

/// Maximum number of rows read or deleted at once.
const BATCH: u32 = 1000;

/// Maximum number of batches of one kind that a call deletes.
const MAX_BATCHES: u32 = 100;

/// Duration for which the attempts and photos of a day are kept. Two days would suffice: a window
/// may end on the next day, and local dates differ from UTC by up to a day.
const DAYS_KEPT: Duration = Duration::days(7);

/// Duration for which superseded features are kept. It covers a rollout, in which two versions of
/// the service run side by side, and a return to the older version.
const SUPERSEDED_FEATURES_KEPT: Duration = Duration::days(7);

/// Duration for which dead messages are kept.
const DEAD_MESSAGES_KEPT: Duration = Duration::days(30);

/// Maximum number of features deleted at once; each takes up to 207 KB.
const FEATURES_BATCH: u32 = 100;

/// Counts of what [`clean_up`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanUpReport {
    /// Reservations that were resolved, each with its object if there was one.
    pub removed: u32,
    /// Reservations that could not be resolved; they stay for the next call.
    pub failed: u32,
    /// Request keys that expired.
    pub request_keys: u32,
    /// Days, each of one participation, that no rule needs any more.
    pub days: u32,
    /// Features in superseded formats.
    pub features: u32,
    /// Dead messages that were kept for 30 days.
    pub messages: u32,
}

/// Why a clean-up ended early.
#[derive(Debug, thiserror::Error)]
pub enum CleanUpError {
    /// The lease could not be read or acquired; nothing was done.
    #[error("acquire the lease: {0}")]
    Lease(#[source] Fault),
    /// The reservations could not be read; everything else is done.
    #[error("list overdue reservations: {0}")]
    Reservations(#[source] Fault),
    /// The request keys could not be deleted; nothing else was done.
    #[error("delete expired request keys: {0}")]
    RequestKeys(#[source] Fault),
    /// The days could not be deleted; the request keys are.
    #[error("delete old days: {0}")]
    Days(#[source] Fault),
    /// The superseded features could not be deleted; the request keys and days are.
    #[error("delete superseded features: {0}")]
    Features(#[source] Fault),
    /// The dead messages could not be deleted; the request keys, days and features are.
    #[error("delete dead messages: {0}")]
    Messages(#[source] Fault),
}

/// Deletes objects that have no row and whose reservation was made before `now` minus `grace`, then
/// their reservations. An object that another program stored under the key stays. Also deletes
/// expired request keys, days that no rule needs any more, features in superseded formats, and messages that
/// died 30 days ago.
///
/// `grace` must exceed the maximum duration of a request, so that no object arrives after its
/// reservation is deleted. Several processes may clean up at once.
///
/// # Errors
/// When the database failed. A reservation that could not be resolved is logged and counted; the
/// others are still resolved.
pub async fn clean_up(
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    now: OffsetDateTime,
    grace: Duration,
) -> Result<CleanUpReport, CleanUpError> {
    let mut report = CleanUpReport::default();
    // The steps that need only the database come first: an object store that does not respond
    // delays every object by its timeout.
    let forget = || repository.forget_keys(now, BATCH);
    report.request_keys = in_batches(forget).await.map_err(CleanUpError::RequestKeys)?;
    let before = now.saturating_sub(DAYS_KEPT).date();
    let forget = || repository.forget_days(before, BATCH);
    report.days = in_batches(forget).await.map_err(CleanUpError::Days)?;
    let before = now.saturating_sub(SUPERSEDED_FEATURES_KEPT);
    let forget = || repository.forget_features(before, FEATURES_BATCH);
    report.features = in_batches(forget).await.map_err(CleanUpError::Features)?;
    let before = now.saturating_sub(DEAD_MESSAGES_KEPT);
    let forget = || repository.forget_messages(before, BATCH);
    report.messages = in_batches(forget).await.map_err(CleanUpError::Messages)?;

    let before = now.saturating_sub(grace);
    let mut last = None;
    for _ in 0..MAX_BATCHES {
        // A failed reservation stays, so the next batch starts after the last one.
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

/// The turn of one process among several that clean up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Name of the process, unique among all processes that use the database.
    pub holder: String,
    /// Duration for which other processes skip the clean-up; each call renews it. It should exceed
    /// the pause between two calls, so that the same process continues.
    pub length: Duration,
}

/// Runs [`clean_up`], or does nothing while another process holds the lease.
///
/// # Errors
/// As [`clean_up`], and when the lease could not be acquired.
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

/// Deletes batch after batch until nothing is left or the maximum is reached.
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
