use std::num::NonZeroU32;
use std::sync::Arc;

use time::{Duration, PrimitiveDateTime};

use super::cancellation;
use super::fixtures::{
    DIGEST, NOON, features, group, key, new_feed, new_reference, participation_id, participations,
    reservation, reservation_aged, reserve, url,
};
use crate::ports::{
    Acceptance, AddFeedError, FeedRepository, ParticipationRepository, PutParticipationError,
    ReferenceRepository, ReservationRepository,
};
use crate::{FaultKind, ObjectKey, Participation, PhotoKind, UserId};

/// Checks a [`ParticipationRepository`]; `empty` makes a database without rows.
///
/// # Panics
/// Where the repository breaks a promise of the port.
pub async fn participation_repository<D>(empty: impl AsyncFn() -> Arc<D>)
where
    D: ParticipationRepository,
{
    let database = empty().await;
    database.check().await.expect("a database that answers");
    let (id, group) = (participation_id(i64::MAX), group(7));
    assert_eq!(database.find(id).await.expect("an answer"), None);

    let refused = database.put_participation(id, group.id, None).await;
    assert!(
        matches!(refused, Err(PutParticipationError::UnknownGroup(unknown)) if unknown == group.id),
        "{refused:?}"
    );
    assert_eq!(database.find(id).await.expect("an answer"), None, "nothing changed");

    let user_id = Some("사용자 12".parse::<UserId>().expect("a user id"));
    for _ in 0..2 {
        database.put_group(&group).await.expect("putting is idempotent");
        let put = database.put_participation(id, group.id, user_id.clone()).await;
        put.expect("putting is idempotent");
    }
    let found = database.find(id).await.expect("an answer");
    assert_eq!(found, Some(Participation { id, user_id, group: group.clone() }));

    let mut moved = super::fixtures::group(8);
    moved.name = None;
    database.put_group(&moved).await.expect("another group");
    database.put_participation(id, moved.id, None).await.expect("a move");
    let found = database.find(id).await.expect("an answer");
    assert_eq!(found, Some(Participation { id, user_id: None, group: moved }), "replaced whole");
}

/// Checks a [`ReferenceRepository`] with the reservations of the same database; `empty` makes a
/// database without rows.
///
/// # Panics
/// Where the repository breaks a promise of the port.
pub async fn reference_repository<D>(empty: impl AsyncFn() -> Arc<D>)
where
    D: ReferenceRepository + ParticipationRepository + ReservationRepository,
{
    let database = empty().await;
    participations(&*database, 2).await;
    let first = participation_id(1);
    assert_eq!(database.newest(first).await.expect("an answer"), None);

    let mut last = None;
    for name in ["std_1_a.jpg", "std_1_b.jpg"] {
        let acceptance = reserve(&*database, name).await;
        let reference = new_reference(1, name);
        let added = ReferenceRepository::add(&*database, reference, &acceptance).await;
        let id = added.expect("a reference");
        assert!(last < Some(id), "a newer reference has a larger id");
        last = Some(id);
        assert_cleared(&*database, name).await;
    }
    let newest = database.newest(first).await.expect("an answer").expect("a reference");
    assert_eq!((Some(newest.id), newest.image_url), (last, url("std_1_b.jpg")));
    assert_eq!(newest.features, Some(new_reference(1, "").features), "features come back whole");
    assert_eq!(database.newest(participation_id(2)).await.expect("an answer"), None);

    let others = features("orb", vec![0]);
    database.replace_features(newest.id, &others).await.expect("new features");
    let newest = database.newest(first).await.expect("an answer").expect("a reference");
    assert_eq!(newest.features, Some(others));

    let unreserved = new_reference(1, "std_1_c.jpg");
    let acceptance = Acceptance { key: key("std_1_c.jpg"), claim: None };
    let refused = ReferenceRepository::add(&*database, unreserved, &acceptance).await;
    assert_eq!(refused.expect_err("a refusal").kind, FaultKind::Permanent);
    let newest = database.newest(first).await.expect("an answer").expect("a reference");
    assert_eq!(newest.image_url, url("std_1_b.jpg"), "a key that is not reserved gets no row");
    cancellation::of_references(&*database).await;
}

/// The row of a key is there, and with it its reservation went: otherwise the clean-up would remove
/// the photo of an accepted row.
async fn assert_cleared(database: &dyn ReservationRepository, name: &str) {
    let later = NOON + Duration::DAY;
    let reserved = database.reserved_before(later, 1000).await.expect("an answer");
    assert!(!reserved.contains(&key(name)), "the row of {name} cleared its reservation");
    let abandoned = database.abandon(&key(name)).await.expect("an answer");
    assert_eq!(abandoned, None, "there is nothing of {name} to abandon any more");
    let taken = database.reserve(&reservation(name)).await.expect("an answer");
    assert!(!taken, "the key of a row cannot be reserved again");
}

/// Checks a [`FeedRepository`] with the reservations of the same database; `empty` makes a
/// database without rows.
///
/// # Panics
/// Where the repository breaks a promise of the port.
pub async fn feed_repository<D>(empty: impl AsyncFn() -> Arc<D>)
where
    D: FeedRepository + ParticipationRepository + ReservationRepository,
{
    let database = empty().await;
    participations(&*database, 2).await;
    let names: Vec<_> = (0..20).map(|nth| format!("feature_1_{nth}.jpg")).collect();
    let additions = names.iter().map(async |name| {
        let acceptance = reserve(&*database, name).await;
        FeedRepository::add(&*database, new_feed(1, name), &acceptance).await.expect("a row")
    });
    let mut ids = futures_util::future::join_all(additions).await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), names.len(), "every row has an id of its own");

    let rows = database.latest(participation_id(1), 100).await.expect("an answer");
    assert!(rows.is_sorted_by(|newer, older| newer.id > older.id), "newest first");
    let mut urls: Vec<_> = rows.iter().map(|row| row.image_url.clone()).collect();
    let mut expected: Vec<_> = names.iter().map(|name| url(name)).collect();
    urls.sort();
    expected.sort();
    assert_eq!(urls, expected);
    for row in &rows {
        let sent = new_feed(1, "");
        assert_eq!((&row.content, row.created_at), (&sent.content, sent.created_at));
    }
    assert_eq!(database.latest(participation_id(1), 3).await.expect("an answer").len(), 3);
    assert!(database.latest(participation_id(2), 100).await.expect("an answer").is_empty());

    for name in &names {
        assert_cleared(&*database, name).await;
    }
    let abandoned = reserve(&*database, "feature_1_late.jpg").await;
    assert!(database.abandon(&abandoned.key).await.expect("an answer").is_some());
    let refused = database.add(new_feed(1, "feature_1_late.jpg"), &abandoned).await;
    assert!(
        matches!(&refused, Err(AddFeedError::Fault(fault)) if fault.kind == FaultKind::Permanent),
        "{refused:?}"
    );
    let rows = database.latest(participation_id(1), 100).await.expect("an answer");
    assert_eq!(rows.len(), names.len(), "an abandoned key gets no row");
    let again = database.abandon(&abandoned.key).await.expect("an answer");
    assert!(again.is_some(), "and stays abandoned");
    cancellation::of_feeds(&*database, async |_| None).await;
}

/// Checks a [`ReservationRepository`]; `empty` makes a database without rows.
///
/// # Panics
/// Where the repository breaks a promise of the port.
pub async fn reservation_repository<D>(empty: impl AsyncFn() -> Arc<D>)
where
    D: ReservationRepository,
{
    let database = empty().await;
    let contested = reservation("contested.jpg");
    let claims = (0..16).map(|_| database.reserve(&contested));
    let outcomes = futures_util::future::join_all(claims).await;
    let won = outcomes.into_iter().filter(|outcome| *outcome.as_ref().expect("an answer"));
    assert_eq!(won.count(), 1, "exactly one claim succeeds");

    for _ in 0..2 {
        let abandoned = database.abandon(&contested.key).await.expect("abandoning is idempotent");
        assert_eq!(abandoned, Some(DIGEST), "the digest comes back whole");
    }
    assert!(!database.reserve(&contested).await.expect("an answer"), "abandoned is still taken");
    database.release(&contested.key).await.expect("an answer");
    database.release(&contested.key).await.expect("releasing is idempotent");
    let gone = database.abandon(&contested.key).await.expect("an answer");
    assert_eq!(gone, None, "there is none any more");
    assert!(database.reserve(&contested).await.expect("an answer"), "a released key is free");
    database.release(&contested.key).await.expect("an answer");

    names_of_one_second(&*database).await;

    let ages = [("new.jpg", 0), ("oldest.jpg", 60), ("old.jpg", 30)];
    for (name, minutes) in ages {
        let aged = reservation_aged(name, Duration::minutes(minutes));
        assert!(database.reserve(&aged).await.expect("an answer"));
    }
    assert!(database.abandon(&key("old.jpg")).await.expect("an answer").is_some());
    let overdue = database.reserved_before(NOON, 10).await.expect("an answer");
    assert_eq!(overdue, [key("oldest.jpg"), key("old.jpg")], "oldest first, abandoned or not");
    let one = database.reserved_before(NOON, 1).await.expect("an answer");
    assert_eq!(one, [key("oldest.jpg")]);
    let none = database.reserved_before(NOON - Duration::hours(1), 10).await.expect("an answer");
    assert!(none.is_empty(), "{none:?}");
}

/// Photos of one participation that come in one second get a name each, whoever stores them.
async fn names_of_one_second(database: &dyn ReservationRepository) {
    let name = |nth| {
        let noon = PrimitiveDateTime::new(NOON.date(), NOON.time());
        ObjectKey::new(PhotoKind::Feature, participation_id(1), noon, nth)
    };
    let photos = (0..16).map(async |_| {
        for nth in (1..=16).filter_map(NonZeroU32::new) {
            let key = name(nth);
            if database.reserve(&reservation(key.as_str())).await.expect("an answer") {
                return key;
            }
        }
        panic!("there is a name for each of sixteen")
    });
    let mut names = futures_util::future::join_all(photos).await;
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 16, "no two have the same: {names:?}");
    for name in names {
        database.release(&name).await.expect("an answer");
    }
}
