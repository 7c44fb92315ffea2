use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::fixtures::{
    DAY, DIGEST, NOON, key, new_feed, participation_id, participations, reservation, reserve, url,
};
use crate::ports::{Repository, ReviewError};
use crate::{
    Appeal, Attempt, AttemptId, AttemptKind, AttemptOrder, AttemptOutcome, AttemptQuery, EventKind,
    FaultKind, NewAttempt, NewFeed, NewMessage, NewReview, ReviewChange, ReviewDecision,
    ReviewReason, ReviewState,
};

/// Checks the records of verifications and the decisions about them; `empty` creates a database
/// without rows.
pub(super) async fn attempts<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    participations(&*database, 2).await;
    records(&*database).await;
    queries(&*database).await;
    let database = empty().await;
    participations(&*database, 2).await;
    decisions(&*database).await;
    the_key_of_a_kept_photo_cannot_be_reserved_again(&*database).await;
    contested_decisions(&*database).await;
    let database = empty().await;
    forgetting(&*database).await;
    let database = empty().await;
    participations(&*database, 1).await;
    appeals(&*database).await;
}

/// A rejected attempt of participation 1 that is `minutes` old, without a photo.
fn attempt(minutes: i64) -> NewAttempt {
    NewAttempt {
        request_id: format!("request-{minutes}"),
        created_at: NOON - Duration::minutes(minutes),
        participation_id: participation_id(1),
        kind: AttemptKind::Feature,
        outcome: AttemptOutcome::Rejected,
        errcode: Some(4),
        content: "오늘도 했다! 👍\n'; DROP TABLE attempt; --".parse().expect("a content"),
        keyword: None,
        probability: Some(0.125),
        threshold: Some(0.5),
        model: "cascade version 7".to_owned(),
        took: Duration::milliseconds(1234),
        reference_url: Some(url("std_1.jpg")),
        photo_sha256: Some(DIGEST),
        photo_url: None,
        evidence: "{\"단계\":[1.5,null]}".to_owned(),
    }
}

/// Adds an attempt with a kept photo of this name.
pub(super) async fn add_kept(database: &dyn Repository, minutes: i64, name: &str) -> AttemptId {
    let acceptance = reserve(database, name).await;
    let record = NewAttempt { photo_url: Some(url(name)), ..attempt(minutes) };
    database.add_attempt(record, None, Some(acceptance)).await.expect("an attempt")
}

/// A photo whose record was committed without a response must not be taken for an abandoned one.
async fn the_key_of_a_kept_photo_cannot_be_reserved_again(database: &dyn Repository) {
    add_kept(database, 50, "rejected_5.jpg").await;
    let again = database.reserve(&reservation("rejected_5.jpg")).await.expect("an answer");
    assert!(!again, "a record has this photo");
}

async fn found(database: &dyn Repository, id: AttemptId) -> Attempt {
    database.find_attempt(id).await.expect("an answer").expect("the attempt")
}

async fn records(database: &dyn Repository) {
    let whole = attempt(0);
    let id = database.add_attempt(whole.clone(), None, None).await.expect("an attempt");
    let read = found(database, id).await;
    assert_eq!(
        read,
        Attempt { id, record: whole, review: None, appeal: None },
        "it is read as it was added"
    );
    let bare = NewAttempt {
        participation_id: participation_id(99),
        kind: AttemptKind::Keyword,
        outcome: AttemptOutcome::Failed,
        errcode: None,
        keyword: Some("강아지".to_owned()),
        probability: None,
        threshold: None,
        reference_url: None,
        photo_sha256: None,
        ..attempt(1)
    };
    let id = database.add_attempt(bare.clone(), None, None).await.expect("one of no participation");
    assert_eq!(found(database, id).await.record, bare);
    let unknown = AttemptId::try_from(i64::MAX).expect("an id");
    assert_eq!(database.find_attempt(unknown).await.expect("an answer"), None);

    let kept = add_kept(database, 2, "rejected_1.jpg").await;
    assert_eq!(found(database, kept).await.record.photo_url, Some(url("rejected_1.jpg")));
    let reserved = database.abandon(&key("rejected_1.jpg")).await.expect("an answer");
    assert_eq!(reserved, None, "the record took the place of the reservation");
    let acceptance = crate::ports::Acceptance { key: key("rejected_1.jpg"), claim: None };
    let again = database.add_attempt(attempt(3), None, Some(acceptance)).await;
    let fault = again.expect_err("no record without a reservation");
    assert_eq!(fault.kind, FaultKind::Permanent);
}

/// Lists the ages in minutes of the attempts of a query.
async fn ages(database: &dyn Repository, query: AttemptQuery) -> Vec<i64> {
    let query = AttemptQuery { limit: query.limit.max(1), ..query };
    let listed = database.attempts(&query).await.expect("an answer");
    listed.iter().map(|one| (NOON - one.record.created_at).whole_minutes()).collect()
}

/// Three attempts exist: 0 (feature), 1 (keyword of participation 99, failed) and 2 (kept).
async fn queries(database: &dyn Repository) {
    let accepted = NewAttempt {
        outcome: AttemptOutcome::Accepted,
        errcode: None,
        probability: Some(0.9),
        took: Duration::milliseconds(9000),
        photo_url: Some(url("feature_1.jpg")),
        ..attempt(5)
    };
    database.add_attempt(accepted, None, None).await.expect("an attempt");
    let all = || AttemptQuery { limit: 10, ..AttemptQuery::default() };
    let by = |order| AttemptQuery { order, ..all() };
    assert_eq!(ages(database, all()).await, [0, 1, 2, 5]);
    assert_eq!(ages(database, by(AttemptOrder::Oldest)).await, [5, 2, 1, 0]);
    assert_eq!(ages(database, by(AttemptOrder::MostProbable)).await, [5, 2, 0, 1]);
    assert_eq!(ages(database, by(AttemptOrder::LeastProbable)).await, [2, 0, 5, 1]);
    assert_eq!(ages(database, by(AttemptOrder::Slowest)).await, [5, 2, 1, 0]);
    let (skip, limit) = (1, 2);
    assert_eq!(ages(database, AttemptQuery { skip, limit, ..all() }).await, [1, 2]);
    let of = Some(participation_id(99));
    assert_eq!(ages(database, AttemptQuery { participation_id: of, ..all() }).await, [1]);
    let kind = Some(AttemptKind::Feature);
    assert_eq!(ages(database, AttemptQuery { kind, ..all() }).await, [0, 2, 5]);
    let outcome = Some(AttemptOutcome::Accepted);
    assert_eq!(ages(database, AttemptQuery { outcome, ..all() }).await, [5]);
    let errcode = Some(4);
    assert_eq!(ages(database, AttemptQuery { errcode, ..all() }).await, [0, 2]);
    assert_eq!(ages(database, AttemptQuery { waiting: true, ..all() }).await, [2]);
    let request_id = Some("request-5".to_owned());
    assert_eq!(ages(database, AttemptQuery { request_id, ..all() }).await, [5]);
    let since = Some(NOON - Duration::minutes(2));
    let until = Some(NOON);
    assert_eq!(ages(database, AttemptQuery { since, until, ..all() }).await, [1, 2]);

    let facts = |since: OffsetDateTime, limit| database.attempt_facts(since, NOON, limit);
    let some = facts(NOON - Duration::minutes(5), 10).await.expect("an answer");
    let outcomes: Vec<_> = some.iter().map(|fact| fact.outcome).collect();
    use AttemptOutcome::{Accepted, Failed, Rejected};
    assert_eq!(outcomes, [Failed, Rejected, Accepted]);
    let last = some.last().expect("a fact");
    assert_eq!((last.probability, last.threshold), (Some(0.9), Some(0.5)));
    assert_eq!((last.took, last.errcode), (Duration::milliseconds(9000), None));
    assert_eq!(facts(NOON - Duration::minutes(5), 2).await.expect("an answer").len(), 2);
}

pub(super) fn review(
    id: AttemptId,
    before: Option<ReviewState>,
    reason: ReviewReason,
) -> NewReview {
    NewReview {
        attempt_id: id,
        participation_id: participation_id(1),
        reviewed_at: NOON,
        operator: "민지 (k1)".to_owned(),
        before,
        reason,
        model: "cascade version 7".to_owned(),
    }
}

async fn decisions(database: &dyn Repository) {
    let id = add_kept(database, 2, "rejected_1.jpg").await;
    let acceptance = reserve(database, "feature_1.jpg").await;
    let accept = || ReviewChange::Accept {
        feed: Box::new(NewFeed { only_one_of_its_day: true, ..new_feed(1, "feature_1.jpg") }),
        acceptance: acceptance.clone(),
    };
    let reason = ReviewReason::ShowsIt;
    let added = database.review_attempt(review(id, None, reason), accept(), Vec::new()).await;
    let feed_id = added.expect("a decision").expect("a row");
    let rows = database.latest_feed(participation_id(1), 10).await.expect("an answer");
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [feed_id]);
    assert!(database.has_feed(participation_id(1), DAY).await.expect("an answer"));
    assert_eq!(found(database, id).await.review, Some(ReviewState::Accepted));
    let reserved = database.abandon(&key("feature_1.jpg")).await.expect("an answer");
    assert_eq!(reserved, None, "the acceptance was committed");
    let waiting = AttemptQuery { waiting: true, limit: 10, ..AttemptQuery::default() };
    assert_eq!(database.attempts(&waiting).await.expect("an answer"), []);

    // The photo has another expected state now, and its day has a photo.
    let confirm =
        database.review_attempt(review(id, None, reason), ReviewChange::Confirm, Vec::new()).await;
    assert!(matches!(confirm, Err(ReviewError::OtherState)), "{confirm:?}");
    let second = add_kept(database, 1, "rejected_2.jpg").await;
    let other = reserve(database, "feature_2.jpg").await;
    let feed = NewFeed { only_one_of_its_day: true, ..new_feed(1, "feature_2.jpg") };
    let change = ReviewChange::Accept { feed: Box::new(feed), acceptance: other.clone() };
    let taken = database.review_attempt(review(second, None, reason), change, Vec::new()).await;
    assert!(matches!(taken, Err(ReviewError::DayTaken)), "{taken:?}");
    assert_eq!(found(database, second).await.review, None, "nothing changed");
    assert!(database.abandon(&other.key).await.expect("an answer").is_some(), "still reserved");

    let withdraw = ReviewChange::Withdraw { feed_id, content_sha256: DIGEST };
    let undo = review(id, Some(ReviewState::Accepted), ReviewReason::Mistake);
    let removed = database.review_attempt(undo, withdraw, Vec::new()).await.expect("a decision");
    assert_eq!(removed, Some(feed_id));
    assert_eq!(database.latest_feed(participation_id(1), 10).await.expect("an answer"), []);
    assert!(!database.has_feed(participation_id(1), DAY).await.expect("an answer"));
    let abandoned = database.abandon(&key("feature_1.jpg")).await.expect("an answer");
    assert_eq!(abandoned, Some(DIGEST), "the clean-up will remove the object");
    assert_eq!(found(database, id).await.review, None);

    let log = database.reviews(Some(id), 10).await.expect("an answer");
    let summary: Vec<_> = log.iter().map(|entry| (entry.decision, entry.after)).collect();
    let accepted = Some(ReviewState::Accepted);
    assert_eq!(summary, [(ReviewDecision::Undo, None), (ReviewDecision::Accept, accepted)]);
    assert_eq!(log.last().map(|entry| &entry.review), Some(&review(id, None, reason)));
    assert!(log.iter().all(|entry| entry.feed_id == Some(feed_id)));
    assert_eq!(database.reviews(None, 1).await.expect("an answer").len(), 1);
    assert_eq!(database.reviews(Some(second), 10).await.expect("an answer"), []);
}

async fn contested_decisions(database: &dyn Repository) {
    let id = add_kept(database, 0, "rejected_3.jpg").await;
    let confirm = || review(id, None, ReviewReason::Unclear);
    let both =
        (0..4).map(|_| database.review_attempt(confirm(), ReviewChange::Confirm, Vec::new()));
    let outcomes = futures_util::future::join_all(both).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(done, 1, "one decides: {outcomes:?}");
    assert_eq!(database.reviews(Some(id), 10).await.expect("an answer").len(), 1);
    let undo = review(id, Some(ReviewState::Confirmed), ReviewReason::NewInformation);
    assert_eq!(
        database.review_attempt(undo, ReviewChange::Reopen, Vec::new()).await.expect("a decision"),
        None
    );
    assert_eq!(found(database, id).await.review, None);
}

fn appeal(minutes: i64) -> Appeal {
    let text = "제 책상이 맞습니다 '; --".parse().expect("a content");
    Appeal { filed_at: NOON - Duration::minutes(minutes), text }
}

async fn appeals(database: &dyn Repository) {
    let old = add_kept(database, 60, "rejected_1.jpg").await;
    let young = add_kept(database, 1, "rejected_2.jpg").await;
    let file = async |id, one: Appeal| database.file_appeal(id, &one).await.expect("an answer");
    assert!(file(old, appeal(5)).await);
    assert!(!file(old, appeal(4)).await, "the first one stays");
    assert_eq!(found(database, old).await.appeal, Some(appeal(5)), "it is read as it was filed");
    assert_eq!(found(database, young).await.appeal, None);
    let unknown = AttemptId::try_from(99).expect("an id");
    assert!(!file(unknown, appeal(0)).await);

    let waiting = AttemptQuery { waiting: true, limit: 10, ..AttemptQuery::default() };
    let ids = async |query: &AttemptQuery| {
        let listed = database.attempts(query).await.expect("an answer");
        listed.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&waiting).await, [old, young], "an appeal comes first");
    let all = AttemptQuery { waiting: false, ..waiting.clone() };
    assert_eq!(ids(&all).await, [young, old], "other lists keep their order");
    let kept = database.kept_photos_before(NOON, 10).await.expect("an answer");
    assert_eq!(kept.len(), 1, "the photo of an open appeal stays: {kept:?}");

    // A message about an appeal needs one.
    let closed = |id: AttemptId| NewMessage {
        event: EventKind::AppealClosed,
        occurred_at: NOON,
        participation_id: participation_id(1),
        request_id: format!("request of {id}"),
        kind: Some(AttemptKind::Feature),
        outcome: Some(AttemptOutcome::Rejected),
        errcode: Some(4),
        image_url: None,
    };
    for id in [young, old] {
        let confirm = review(id, None, ReviewReason::Unclear);
        let messages = vec![closed(id)];
        database.review_attempt(confirm, ReviewChange::Confirm, messages).await.expect("done");
    }
    let messages = database.messages(false, 10).await.expect("an answer");
    let messages: Vec<_> = messages.into_iter().map(|row| row.message).collect();
    assert_eq!(messages, [closed(old)]);
    assert!(!file(young, appeal(0)).await, "it is decided");
    assert_eq!(database.kept_photos_before(NOON, 10).await.expect("an answer").len(), 2);
}

async fn forgetting(database: &dyn Repository) {
    let old = add_kept(database, 60, "rejected_old.jpg").await;
    let young = add_kept(database, 1, "rejected_young.jpg").await;
    let bare = database.add_attempt(attempt(90), None, None).await.expect("an attempt");
    let hour = NOON - Duration::minutes(59);
    let kept = database.kept_photos_before(hour, 10).await.expect("an answer");
    assert_eq!(kept, [(old, url("rejected_old.jpg"))]);
    let kept = database.kept_photos_before(NOON, 1).await.expect("an answer");
    assert_eq!(kept, [(old, url("rejected_old.jpg"))], "the oldest first, no more than asked");

    assert_eq!(database.forget_attempts(hour, 10).await.expect("an answer"), 1);
    assert_eq!(database.find_attempt(bare).await.expect("an answer"), None);
    assert!(database.find_attempt(old).await.expect("an answer").is_some(), "its photo is kept");
    database.forget_kept_photo(old).await.expect("an answer");
    database.forget_kept_photo(bare).await.expect("a missing one is no error");
    assert_eq!(found(database, old).await.record.photo_url, None);
    assert_eq!(database.forget_attempts(hour, 0).await.expect("an answer"), 0);
    assert_eq!(database.forget_attempts(hour, 10).await.expect("an answer"), 1);
    assert!(database.find_attempt(young).await.expect("an answer").is_some());
}
