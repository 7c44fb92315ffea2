use std::cmp::Ordering;

use time::OffsetDateTime;

use crate::{
    Attempt, AttemptFact, AttemptId, AttemptOrder, AttemptOutcome, AttemptQuery, NewReview,
    ReviewEntry,
};

/// The attempts of a query, in its order.
pub(super) fn listed(all: &[Attempt], query: &AttemptQuery) -> Vec<Attempt> {
    let mut found: Vec<_> = all.iter().filter(|attempt| matches(attempt, query)).collect();
    let last = |attempt: &Attempt| query.waiting && attempt.appeal.is_none();
    found.sort_by(|one, other| last(one).cmp(&last(other)).then(compare(one, other, query.order)));
    let (skip, limit) = (super::as_len(query.skip), super::as_len(query.limit));
    found.into_iter().skip(skip).take(limit).cloned().collect()
}

fn matches(attempt: &Attempt, query: &AttemptQuery) -> bool {
    let record = &attempt.record;
    query.participation_id.is_none_or(|id| record.participation_id == id)
        && query.kind.is_none_or(|kind| record.kind == kind)
        && query.outcome.is_none_or(|outcome| record.outcome == outcome)
        && query.errcode.is_none_or(|code| record.errcode == Some(code))
        && query.request_id.as_ref().is_none_or(|id| record.request_id == *id)
        && query.since.is_none_or(|since| record.created_at >= since)
        && query.until.is_none_or(|until| record.created_at < until)
        && (!query.waiting || attempt.is_reviewable() && attempt.review.is_none())
}

fn compare(one: &Attempt, other: &Attempt, order: AttemptOrder) -> Ordering {
    let newest = other.id.cmp(&one.id);
    let (first, second) = (&one.record, &other.record);
    let probable = |ascending: bool| match (first.probability, second.probability) {
        (Some(a), Some(b)) if ascending => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    match order {
        AttemptOrder::Newest => second.created_at.cmp(&first.created_at).then(newest),
        AttemptOrder::Oldest => first.created_at.cmp(&second.created_at).then(newest.reverse()),
        AttemptOrder::MostProbable => probable(false).then(newest),
        AttemptOrder::LeastProbable => probable(true).then(newest),
        AttemptOrder::Slowest => second.took.cmp(&first.took).then(newest),
    }
}

pub(super) fn fact(attempt: &Attempt) -> AttemptFact {
    let record = &attempt.record;
    AttemptFact {
        created_at: record.created_at,
        kind: record.kind,
        outcome: record.outcome,
        errcode: record.errcode,
        probability: record.probability,
        threshold: record.threshold,
        took: record.took,
    }
}

/// Whether an attempt has a rejected photo.
pub(super) fn keeps_photo(attempt: &Attempt) -> bool {
    attempt.record.outcome == AttemptOutcome::Rejected && attempt.record.photo_url.is_some()
}

/// Rejected attempts from before an instant with their kept photos, oldest first. An open appeal keeps its photo.
pub(super) fn kept_photos(
    all: &[Attempt],
    before: OffsetDateTime,
    limit: u32,
) -> Vec<(AttemptId, String)> {
    let old = all.iter().filter(|one| one.record.created_at < before && keeps_photo(one));
    let mut kept: Vec<_> = old.filter(|one| one.appeal.is_none() || one.review.is_some()).collect();
    kept.sort_by_key(|attempt| (attempt.record.created_at, attempt.id));
    let urls = kept.into_iter().filter_map(|one| Some((one.id, one.record.photo_url.clone()?)));
    urls.take(super::as_len(limit)).collect()
}

/// Deletes attempts without a kept photo from before an instant, oldest first, and returns their number.
pub(super) fn forget(all: &mut Vec<Attempt>, before: OffsetDateTime, limit: u32) -> u32 {
    all.sort_by_key(|attempt| (attempt.record.created_at, attempt.id));
    let mut forgotten = 0;
    all.retain(|attempt| {
        let is_old = attempt.record.created_at < before && !keeps_photo(attempt);
        let stays = !is_old || forgotten == limit;
        forgotten += u32::from(!stays);
        stays
    });
    forgotten
}

/// Whether an entry belongs to an attempt in the state that a review expects.
pub(super) fn is_expected(attempt: &Attempt, review: &NewReview) -> bool {
    attempt.id == review.attempt_id && attempt.review == review.before
}

/// Entries of one attempt, or of all, newest first.
pub(super) fn entries(
    log: &[ReviewEntry],
    attempt_id: Option<crate::AttemptId>,
    limit: u32,
) -> Vec<ReviewEntry> {
    let of_it = |entry: &&ReviewEntry| attempt_id.is_none_or(|id| entry.review.attempt_id == id);
    log.iter().rev().filter(of_it).take(super::as_len(limit)).cloned().collect()
}
