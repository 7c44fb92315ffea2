//! The clean-up of the running service.

use injeung_domain::{
    AttemptRetention, CleanUpReport, ForgottenAttempts, Lease, Ports, clean_up_in_turn,
    continue_erasures, forget_attempts,
};
use injeung_http::BackgroundMetrics;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, error, info, warn};
use uuid::Uuid;

use crate::config::CleanUp;

/// Cleans up at an interval and once at the start, for what an earlier process left. Services on
/// the same database take turns.
pub(crate) async fn clean_up_regularly(
    ports: Ports,
    times: CleanUp,
    retention: AttemptRetention,
    metrics: BackgroundMetrics,
) {
    let Ports { clock, repository, objects, .. } = ports;
    let grace = times.grace.try_into().unwrap_or(time::Duration::MAX);
    // Twice the interval, so that the holder keeps the lease, and another service takes over soon
    // after the holder stops.
    let length = (2 * times.interval).try_into().unwrap_or(time::Duration::MAX);
    let lease = Lease { holder: Uuid::new_v4().to_string(), length };
    let mut ticks = interval(times.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let cleaned = clean_up_in_turn(&*repository, &*objects, clock.now(), &lease, grace).await;
        let report = match cleaned {
            Ok(Some(report)) => report,
            Ok(None) => {
                debug!("another service cleans up");
                metrics.clean_up("other");
                continue;
            }
            Err(failure) => {
                error!(error = %failure, "failed to clean up");
                metrics.clean_up("failed");
                continue;
            }
        };
        report_removed(report, &metrics);
        let forgotten = forget_attempts(&*repository, &*objects, clock.now(), retention).await;
        match &forgotten {
            Ok(ForgottenAttempts { photos: 0, records: 0 }) => {}
            Ok(ForgottenAttempts { photos, records }) => {
                info!(photos, records, "forgot old attempts");
                metrics.cleaned("attempts", *records);
                metrics.cleaned("rejected_photos", *photos);
            }
            Err(fault) => error!(error = %fault, "failed to forget old attempts"),
        }
        let erasures = continue_erasures(&*repository, &*objects, clock.now(), grace).await;
        match &erasures {
            Ok(0) => {}
            Ok(completed) => {
                info!(completed, "completed erasures");
                metrics.cleaned("erasures", *completed);
            }
            Err(fault) => error!(error = %fault, "failed to list erasures"),
        }
        let done = report.failed == 0 && forgotten.is_ok() && erasures.is_ok();
        metrics.clean_up(if done { "done" } else { "failed" });
    }
}

/// Logs and counts what was removed.
fn report_removed(report: CleanUpReport, metrics: &BackgroundMetrics) {
    let CleanUpReport { removed, failed, request_keys, days, features, messages } = report;
    for (what, number) in [
        ("unfinished_photos", removed),
        ("failures", failed),
        ("request_keys", request_keys),
        ("days", days),
        ("features", features),
        ("messages", messages),
    ] {
        metrics.cleaned(what, number);
    }
    if failed > 0 {
        warn!(removed, failed, request_keys, days, features, messages, "cleaned up in part");
    } else if report != CleanUpReport::default() {
        info!(removed, request_keys, days, features, messages, "cleaned up");
    }
}
