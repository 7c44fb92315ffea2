//! Log lines: one for every failed request, for every decision and for every registered reference. The span around a
//! line contains the request's id and route.

use std::error::Error;

use actix_web::http::StatusCode;
use injeung_adapter::with_causes;
use injeung_domain::{
    AttemptId, Comparison, ErasureId, Fault, FeedId, ParticipationId, ReferenceQuality,
    RegisteredReference, Replay, VerifiedFeature, ViewId,
};
use tracing::{error, info, warn};

use crate::error::Answer;

/// Measurements of a rejected photo.
pub(crate) enum Seen<'a> {
    /// Result of the comparison with the reference.
    Comparison(&'a Comparison),
    /// Quality as a reference.
    Reference(&'a ReferenceQuality),
}

/// Logs the reason of a response: a rejection at info, an overload as a warning, a fault as an error.
pub(crate) fn outcome(
    answer: &Answer,
    participation_id: Option<ParticipationId>,
    seen: Option<Seen<'_>>,
    reason: &(dyn Error + 'static),
) {
    let participation = participation_id.map(ParticipationId::get);
    let (errcode, error) = (answer.errcode, with_causes(reason));
    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
        warn!(errcode, participation, error, "too busy for a request");
    } else if answer.status.is_server_error() {
        error!(errcode, participation, error, "a request failed");
    } else {
        let (comparison, quality) = match seen {
            Some(Seen::Comparison(comparison)) => (Some(comparison), None),
            Some(Seen::Reference(quality)) => (None, Some(quality)),
            None => (None, None),
        };
        let (probability, tiers) = (comparison.map(|found| found.score), comparison.map(tiers));
        let difference = comparison.and_then(|found| found.difference).map(|found| found.amount);
        let (features, issues) = (quality.map(|found| found.feature_count), quality.map(issues));
        info!(
            errcode,
            participation,
            probability,
            tiers,
            difference,
            features,
            issues,
            reason = error,
            "a request was rejected"
        );
    }
}

/// Logs a registered reference and its quality.
pub(crate) fn registered(participation_id: ParticipationId, registered: &RegisteredReference) {
    let RegisteredReference { reference_id, quality } = registered;
    let (participation, reference) = (participation_id.get(), reference_id.get());
    let (features, issues) = (quality.feature_count, issues(quality));
    info!(participation, reference, features, issues, "a reference was registered");
}

/// Logs the scores of an accepted photo.
pub(crate) fn verified(participation_id: ParticipationId, verified: &VerifiedFeature) {
    let VerifiedFeature { feed_id, comparison, lesson, replay: _ } = verified;
    let view = lesson.as_ref().and_then(|lesson| lesson.seen.view).map(ViewId::get);
    let (participation, feed) = (participation_id.get(), feed_id.get());
    let (probability, tiers) = (comparison.score, tiers(comparison));
    let difference = comparison.difference.map(|found| found.amount);
    info!(participation, feed, probability, tiers, difference, view, "a photo was accepted");
}

/// Logs a photo that was accepted although it was sent before.
pub(crate) fn replayed(participation_id: ParticipationId, feed_id: FeedId, replay: &Replay) {
    let (participation, feed) = (participation_id.get(), feed_id.get());
    let (replay, earlier) = (replay.kind.name(), replay.earlier.as_str());
    warn!(participation, feed, replay, earlier, "an accepted photo was sent before");
}

/// Logs that a request got its earlier response again, under its key.
pub(crate) fn answered_before(answer: &Answer) {
    let (status, errcode) = (answer.status.as_u16(), answer.errcode);
    info!(status, errcode, "a request got its earlier response");
}

/// Logs the flags of a verified photo.
pub(crate) fn flagged(participation_id: ParticipationId, attempt: AttemptId, flags: &[&str]) {
    let (participation, attempt) = (participation_id.get(), attempt.get());
    info!(participation, attempt, flags = flags.join(" "), "a verified photo has flags");
}

/// Logs that the record of a verification could not be written.
pub(crate) fn not_recorded(participation_id: ParticipationId, reason: &(dyn Error + 'static)) {
    let participation = participation_id.get();
    warn!(participation, error = with_causes(reason), "failed to record a verification");
}

/// Logs that the pixels of a verified photo could not be examined for flags.
pub(crate) fn not_examined(participation_id: ParticipationId, reason: &(dyn Error + 'static)) {
    let participation = participation_id.get();
    warn!(
        participation,
        error = with_causes(reason),
        "failed to examine the pixels of a verified photo"
    );
}

/// Logs that a view was learned from an accepted photo.
pub(crate) fn learned(participation_id: ParticipationId) {
    info!(participation = participation_id.get(), "a view was learned");
}

/// Logs that an accepted photo could not be learned from.
pub(crate) fn not_learned(participation_id: ParticipationId, reason: &(dyn Error + 'static)) {
    let participation = participation_id.get();
    warn!(participation, error = with_causes(reason), "failed to learn from an accepted photo");
}

/// Logs why a log-in to the console was rejected.
pub(crate) fn log_in_rejected(reason: &(dyn Error + 'static)) {
    info!(reason = with_causes(reason), "a log-in was rejected");
}

/// Logs the reason of a failed readiness check.
pub(crate) fn not_ready(part: &'static str, reason: &(dyn Error + 'static)) {
    error!(part, error = with_causes(reason), "a readiness check failed");
}

/// Confirmed and all inliers of the tiers that ran, in their order: `quick=31/40 sift=80/95`.
fn tiers(comparison: &Comparison) -> String {
    let scores = comparison
        .tiers
        .iter()
        .map(|tier| format!("{}={}/{}", tier.name, tier.confirmed, tier.inliers));
    scores.collect::<Vec<_>>().join(" ")
}

fn issues(quality: &ReferenceQuality) -> String {
    quality.issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Logs an erasure that could not begin; the clean-up continues it.
pub(crate) fn erasure_interrupted(id: ErasureId, fault: &Fault) {
    warn!(erasure = id.get(), error = %with_causes(fault), "an erasure was interrupted");
}

#[cfg(test)]
mod tests {
    use std::io;

    use injeung_domain::{Fault, VerificationError, VerifyFeatureError};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("open the pool")]
    struct Outer(#[source] io::Error);

    #[test]
    fn every_cause_is_logged_once() {
        let fault = Fault::transient(Outer(io::Error::other("connection refused")));
        assert_eq!(
            with_causes(&VerifyFeatureError::from(VerificationError::Database(fault))),
            "reach the database: open the pool: connection refused"
        );
    }
}
