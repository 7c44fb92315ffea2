use std::sync::Arc;

use time::Duration;

use super::fixtures::{
    DAY, DIGEST, NOON, examined, group, new_feed, new_reference, participation_id, reserve,
    search_area, url,
};
use crate::ports::Repository;
use crate::{
    AttemptKind, AttemptOutcome, AttemptQuery, ErasedRows, ErasureId, ErasureSubject, EventKind,
    NewAttempt, NewFeed, NewMessage, NewReference, NewTrace, ReplayScope, SearchArea,
    TracePosition, UserId,
};

/// Checks erasures; `empty` creates a database without rows.
pub(super) async fn erasures<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    let (mina, other) = (user("mina"), user("other"));
    database.put_group(&group(1)).await.expect("a group");
    for (id, user) in [(1, &mina), (2, &mina), (3, &other)] {
        let put = database.put_participation(participation_id(id), group(1).id, Some(user.clone()));
        put.await.expect("a participation");
        fill(&*database, id).await;
    }
    let id = database.add_erasure(&ErasureSubject::User(mina), NOON).await.expect("an erasure");
    let found = database.find_erasure(id).await.expect("an answer").expect("the erasure");
    assert_eq!((found.requested_at, found.completed_at), (NOON, None));
    assert_eq!(found.participations, [1, 2].map(participation_id));
    assert_eq!(found.erased, ErasedRows::default());
    assert_eq!(database.open_erasures(10).await.expect("an answer"), [found]);
    assert_eq!(database.open_erasures(0).await.expect("an answer"), []);
    photos_first(&*database, id).await;
    whole_participations(&*database, id).await;
    completion(&*database, id).await;

    let subject = ErasureSubject::Participation(participation_id(3));
    let second = database.add_erasure(&subject, NOON).await.expect("an erasure");
    assert!(second > id);
    let missing = ErasureId::try_from(second.get() + 1).expect("an id");
    assert_eq!(database.find_erasure(missing).await.expect("an answer"), None);
}

fn user(name: &str) -> UserId {
    name.parse().expect("a user id")
}

/// Stores a reference, an accepted photo, and records of an accepted, a kept and a failed one.
async fn fill(database: &dyn Repository, id: i64) {
    let [reference, photo, kept] =
        ["std", "feature", "rejected"].map(|kind| format!("{kind}_{id}.jpg"));
    let area = search_area(1, ReplayScope::All);
    let area = SearchArea { participation_id: participation_id(id), ..area };
    let trace = Some((area, examined(9).trace));
    let new = NewReference { trace, ..new_reference(id, &reference) };
    let acceptance = reserve(database, &reference).await;
    database.add_reference(new, &acceptance).await.expect("a reference");
    let until = TracePosition::MAX;
    let trace = NewTrace { area, photo: examined(200), until, replay: None };
    let message = NewMessage {
        event: EventKind::PhotoAccepted,
        occurred_at: NOON,
        participation_id: participation_id(id),
        request_id: String::new(),
        kind: Some(AttemptKind::Feature),
        outcome: Some(AttemptOutcome::Accepted),
        errcode: None,
        image_url: Some(url(&photo)),
    };
    let (trace, message) = (Some(trace), Some(message));
    let new = NewFeed { trace, message, ..new_feed(id, &photo) };
    let acceptance = reserve(database, &photo).await;
    database.add_feed(new, &acceptance).await.expect("a row");
    for (outcome, url, acceptance) in [
        (AttemptOutcome::Accepted, Some(url(&photo)), None),
        (AttemptOutcome::Rejected, Some(url(&kept)), Some(reserve(database, &kept).await)),
        (AttemptOutcome::Failed, None, None),
    ] {
        let record = record(id, outcome, url);
        database.add_attempt(record, None, acceptance).await.expect("an attempt");
    }
}

fn record(id: i64, outcome: AttemptOutcome, photo_url: Option<String>) -> NewAttempt {
    NewAttempt {
        request_id: format!("request {id}"),
        created_at: NOON,
        participation_id: participation_id(id),
        kind: AttemptKind::Feature,
        outcome,
        errcode: None,
        content: "".parse().expect("a content"),
        keyword: None,
        probability: None,
        threshold: None,
        model: "sift version 1".to_owned(),
        took: Duration::ZERO,
        reference_url: None,
        photo_sha256: Some(DIGEST),
        photo_url,
        evidence: "{}".to_owned(),
    }
}

/// A participation with photos is not erased, and its photos are.
async fn photos_first(database: &dyn Repository, id: ErasureId) {
    let first = participation_id(1);
    assert!(!database.erase_participation(id, first).await.expect("an answer"));
    assert_eq!(attempts_of(database, 1).await, 3, "nothing changed");
    let mut urls = database.photos_of(first, 10).await.expect("an answer");
    urls.sort_unstable();
    assert_eq!(urls, ["feature_1.jpg", "rejected_1.jpg", "std_1.jpg"].map(url));
    assert_eq!(database.photos_of(first, 2).await.expect("an answer").len(), 2);

    let before = erased(database, id).await;
    for _ in 0..2 {
        database.erase_photos(id, first, &urls).await.expect("erasing can be repeated");
    }
    assert_eq!(database.photos_of(first, 10).await.expect("an answer"), [""; 0]);
    assert_eq!(database.newest_reference(first).await.expect("an answer"), None);
    assert_eq!(database.latest_feed(first, 10).await.expect("an answer"), []);
    assert!(!database.has_feed(first, DAY).await.expect("an answer"), "its day is released");
    assert_eq!(attempts_of(database, 1).await, 1, "the one without a photo");
    let counted = ErasedRows { references: 1, feeds: 1, attempts: 2, ..before };
    assert_eq!(erased(database, id).await, counted);

    let area = search_area(1, ReplayScope::Participation);
    let earlier = database.earlier_photos(&area, &examined(200)).await.expect("an answer");
    assert_eq!(earlier.own, [], "no trace is left");
    let area = SearchArea { participation_id: participation_id(3), ..area };
    let earlier = database.earlier_photos(&area, &examined(200)).await.expect("an answer");
    assert_eq!(earlier.own.len(), 2, "those of others stay");
    assert_eq!(database.latest_feed(participation_id(3), 10).await.expect("an answer").len(), 1);
}

async fn whole_participations(database: &dyn Repository, id: ErasureId) {
    let (first, second) = (participation_id(1), participation_id(2));
    assert!(database.erase_participation(id, first).await.expect("an answer"));
    assert_eq!(database.find_participation(first).await.expect("an answer"), None);
    assert_eq!(attempts_of(database, 1).await, 0);
    assert!(database.erase_participation(id, first).await.expect("erasing can be repeated"));

    // A request under way finds no participation, or its row is erased too.
    let acceptance = reserve(database, "feature_1_late.jpg").await;
    let late = database.add_feed(new_feed(1, "feature_1_late.jpg"), &acceptance).await;
    if late.is_ok() {
        assert!(!database.erase_participation(id, first).await.expect("an answer"));
        let urls = [url("feature_1_late.jpg")];
        database.erase_photos(id, first, &urls).await.expect("an answer");
    }
    let urls = database.photos_of(second, 10).await.expect("an answer");
    database.erase_photos(id, second, &urls).await.expect("an answer");
    assert!(database.erase_participation(id, second).await.expect("an answer"));
    let erased = erased(database, id).await;
    assert_eq!((erased.participations, erased.references, erased.attempts), (2, 2, 6));
    assert_eq!(attempts_of(database, 3).await, 3, "those of others stay");
    let messages = database.messages(false, 10).await.expect("an answer").into_iter();
    let owners: Vec<_> = messages.map(|one| one.message.participation_id).collect();
    assert_eq!(owners, [participation_id(3)], "nothing about them is reported any more");
}

async fn completion(database: &dyn Repository, id: ErasureId) {
    let before = erased(database, id).await;
    for hours in [1, 2] {
        let now = NOON + Duration::hours(hours);
        database.complete_erasure(id, now).await.expect("an answer");
    }
    let found = database.find_erasure(id).await.expect("an answer").expect("the receipt");
    assert_eq!(found.completed_at, Some(NOON + Duration::HOUR), "the first counts");
    assert_eq!((found.participations, found.erased), (vec![], before));
    assert_eq!(database.open_erasures(10).await.expect("an answer"), []);
}

async fn erased(database: &dyn Repository, id: ErasureId) -> ErasedRows {
    database.find_erasure(id).await.expect("an answer").expect("the erasure").erased
}

async fn attempts_of(database: &dyn Repository, id: i64) -> usize {
    let participation_id = Some(participation_id(id));
    let query = AttemptQuery { participation_id, limit: 100, ..AttemptQuery::default() };
    database.attempts(&query).await.expect("an answer").len()
}
