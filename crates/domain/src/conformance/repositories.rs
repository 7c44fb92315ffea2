use std::num::NonZeroU32;
use std::sync::Arc;

use time::{Duration, PrimitiveDateTime};

use super::cancellation;
use super::fixtures::{
    DIGEST, NOON, features, group, key, new_feed, new_reference, participation_id,
    participations as put_participations, reservation, reservation_aged, reserve, reserved_key,
    url,
};
use crate::ports::{Acceptance, AddFeedError, PutParticipationError, Repository};
use crate::{
    ChallengeGroup, FaultKind, FeedId, FeedQuery, GroupId, MatchMode, ObjectKey, Participation,
    ParticipationQuery, PhotoKind, ReferenceFeatures, ReferenceId, Shard, UserId,
};

/// Checks groups and participations; `empty` creates a database without rows.
pub(super) async fn participations<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    database.check().await.expect("a database that answers");
    let (id, group) = (participation_id(i64::MAX), group(7));
    assert_eq!(database.find_participation(id).await.expect("an answer"), None);

    let refused = database.put_participation(id, group.id, None).await;
    assert!(
        matches!(refused, Err(PutParticipationError::UnknownGroup(unknown)) if unknown == group.id),
        "{refused:?}"
    );
    assert_eq!(database.find_participation(id).await.expect("an answer"), None, "nothing changed");

    let user_id = Some("사용자 12".parse::<UserId>().expect("a user id"));
    for _ in 0..2 {
        database.put_group(&group).await.expect("putting is idempotent");
        let put = database.put_participation(id, group.id, user_id.clone()).await;
        put.expect("putting is idempotent");
    }
    let found = database.find_participation(id).await.expect("an answer");
    assert_eq!(found, Some(Participation { id, user_id: user_id.clone(), group: group.clone() }));
    for match_mode in [MatchMode::Thing, MatchMode::Place] {
        let group = ChallengeGroup { match_mode, ..group.clone() };
        database.put_group(&group).await.expect("another mode");
        let found = database.find_participation(id).await.expect("an answer");
        assert_eq!(found, Some(Participation { id, user_id: user_id.clone(), group }));
    }

    let mut moved = super::fixtures::group(8);
    moved.name = None;
    database.put_group(&moved).await.expect("another group");
    database.put_participation(id, moved.id, None).await.expect("a move");
    let found = database.find_participation(id).await.expect("an answer");
    let alone = Participation { id, user_id: None, group: moved.clone() };
    assert_eq!(found, Some(alone.clone()), "replaced whole");
    lists(&*database, group, alone).await;
}

/// Checks the lists of groups and participations. The last participation is the only one and is in the last group.
async fn lists(database: &dyn Repository, first: ChallengeGroup, last: Participation) {
    let find = async |id: GroupId| database.find_group(id).await.expect("an answer");
    assert_eq!(find(first.id).await, Some(first.clone()));
    assert_eq!(find(GroupId::try_from(99).expect("an id")).await, None);
    let groups = async |after, limit| {
        let rows = database.groups(after, limit).await.expect("an answer");
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(groups(None, 10).await, [first.id, last.group.id]);
    assert_eq!(groups(None, 1).await, [first.id]);
    assert_eq!(groups(Some(first.id), 10).await, [last.group.id]);

    let (fifth, user_id) = (participation_id(5), "minji".parse::<UserId>().ok());
    let put = database.put_participation(fifth, first.id, user_id.clone()).await;
    put.expect("a participation");
    let all = ParticipationQuery { limit: 10, ..ParticipationQuery::default() };
    let rows = database.participations(&all).await.expect("an answer");
    let whole = Participation { id: fifth, user_id: user_id.clone(), group: first };
    assert_eq!(rows, [whole, last.clone()]);
    let list = async |query: ParticipationQuery| {
        let rows = database.participations(&query).await.expect("an answer");
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(list(ParticipationQuery { limit: 1, ..all.clone() }).await, [fifth]);
    assert_eq!(list(ParticipationQuery { after: Some(fifth), ..all.clone() }).await, [last.id]);
    let group_id = Some(last.group.id);
    assert_eq!(list(ParticipationQuery { group_id, ..all.clone() }).await, [last.id]);
    assert_eq!(list(ParticipationQuery { user_id, ..all.clone() }).await, [fifth]);
    let user_id = "minji2".parse().ok();
    assert_eq!(list(ParticipationQuery { user_id, ..all }).await, []);
}

/// Checks references and their features; `empty` creates a database without rows.
pub(super) async fn references<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    put_participations(&*database, 3).await;
    let first = participation_id(1);
    assert_eq!(database.newest_reference(first).await.expect("an answer"), None);

    let mut last = None;
    for name in ["std_1_a.jpg", "std_1_b.jpg"] {
        let acceptance = reserve(&*database, name).await;
        let reference = new_reference(1, name);
        let added = database.add_reference(reference, &acceptance).await;
        let id = added.expect("a reference");
        assert!(last < Some(id), "a newer reference has a larger id");
        last = Some(id);
        assert_cleared(&*database, name).await;
    }
    let newest = database.newest_reference(first).await.expect("an answer").expect("a reference");
    assert_eq!((Some(newest.id), newest.image_url), (last, url("std_1_b.jpg")));
    assert_eq!(database.newest_reference(participation_id(2)).await.expect("an answer"), None);
    let latest = async |limit| {
        let rows = database.latest_references(first, None, limit).await.expect("an answer");
        rows.into_iter().map(|row| row.image_url).collect::<Vec<_>>()
    };
    assert_eq!(latest(1).await, [url("std_1_b.jpg")]);
    assert_eq!(latest(9).await.len(), 2, "older references stay");
    let older = database.latest_references(first, last, 9).await.expect("an answer");
    assert_eq!(
        older.into_iter().map(|row| row.image_url).collect::<Vec<_>>(),
        [url("std_1_a.jpg")]
    );
    features_of_formats(&*database, newest.id).await;
    lacking_features(&*database).await;

    let unreserved = new_reference(1, "std_1_c.jpg");
    let acceptance = Acceptance { key: key("std_1_c.jpg"), claim: None };
    let refused = database.add_reference(unreserved, &acceptance).await;
    assert_eq!(refused.expect_err("a refusal").kind, FaultKind::Permanent);
    let newest = database.newest_reference(first).await.expect("an answer").expect("a reference");
    assert_eq!(newest.image_url, url("std_1_b.jpg"), "a key that is not reserved gets no row");
    cancellation::of_references(&*database).await;
}

/// Checks that features in several formats coexist until the superseded ones are deleted.
async fn features_of_formats(database: &dyn Repository, id: ReferenceId) {
    let find = async |features: &ReferenceFeatures| {
        database.find_features(id, &features.format).await.expect("an answer")
    };
    let (sift, orb) = (new_reference(1, "").features, features("orb", vec![0]));
    assert_eq!(find(&sift).await, Some(sift.clone()), "features come back whole");
    assert_eq!(find(&orb).await, None);
    let mut newer = sift.clone();
    newer.format.version += 1;
    assert_eq!(find(&newer).await, None, "another version is another format");

    let put = async |features: &ReferenceFeatures, minute| {
        let now = NOON + Duration::minutes(minute);
        database.put_features(id, features, now).await.expect("an answer");
        assert_eq!(find(features).await.as_ref(), Some(features));
    };
    put(&orb, 0).await;
    put(&orb, 1).await;
    put(&features("orb", vec![1]), 2).await;
    assert_eq!(find(&sift).await, Some(sift.clone()), "they are still there");
    put(&newer, 3).await;

    let forget = async |minute, limit| {
        let before = NOON + Duration::minutes(minute);
        database.forget_features(before, limit).await.expect("an answer")
    };
    assert_eq!(forget(0, 10).await, 0, "none was superseded before");
    assert_eq!(forget(1, 10).await, 1, "the first were superseded by the second");
    assert_eq!((find(&sift).await, find(&orb).await.is_some()), (None, true));
    put(&orb, 4).await;
    assert_eq!(forget(60, 0).await, 0, "no more than asked");
    assert_eq!(forget(60, 10).await, 1, "what was put last stays");
    assert_eq!((find(&newer).await, find(&orb).await), (None, Some(orb)));
}

/// Checks the list of references without features, and its shards.
async fn lacking_features(database: &dyn Repository) {
    let format = features("lacking", vec![]).format;
    let list = async |shard, after, limit| {
        let rows = database.references_without(&format, shard, after, limit).await;
        rows.expect("an answer").into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let count =
        async |shard| database.count_references_without(&format, shard).await.expect("an answer");
    for (participation, name) in [(2, "std_2_a.jpg"), (2, "std_2_b.jpg"), (3, "std_3_a.jpg")] {
        let acceptance = reserve(database, name).await;
        let added = database.add_reference(new_reference(participation, name), &acceptance).await;
        added.expect("a reference");
    }
    let mut newest = Vec::new();
    for participation in 1..=3 {
        let found = database.newest_reference(participation_id(participation)).await;
        newest.push(found.expect("an answer").expect("a reference").id);
    }
    newest.sort();
    let [first, second, third] = newest.as_slice().try_into().expect("three references");
    assert_eq!(list(Shard::ALL, None, 9).await, newest, "the newest of each participation");
    assert_eq!(count(Shard::ALL).await, 3);
    assert_eq!(list(Shard::ALL, None, 2).await, [first, second]);
    assert_eq!(list(Shard::ALL, Some(second), 9).await, [third]);
    let mut of_shards = Vec::new();
    for shard in ["0/2", "1/2"] {
        let shard = shard.parse().expect("a shard");
        let part = list(shard, None, 9).await;
        assert!(part.iter().all(|id| shard.contains(*id)), "{part:?} of {shard:?}");
        assert_eq!(count(shard).await, part.len() as u64);
        of_shards.extend(part);
    }
    of_shards.sort();
    assert_eq!(of_shards, newest, "each reference belongs to one shard");
    let put = database.put_features(first, &features("lacking", vec![1]), NOON).await;
    put.expect("an answer");
    assert_eq!(list(Shard::ALL, None, 9).await, [second, third], "one has features now");
    database.put_features(first, &features("other", vec![1]), NOON).await.expect("an answer");
    assert_eq!(list(Shard::ALL, None, 9).await, newest, "superseded features will be deleted");
}

/// Checks that a key has its row and no reservation. A remaining reservation would make the
/// clean-up delete the photo of an accepted row.
async fn assert_cleared(database: &dyn Repository, name: &str) {
    let later = NOON + Duration::DAY;
    let reserved = database.reserved_before(later, None, 1000).await.expect("an answer");
    assert!(
        reserved.iter().all(|reserved| reserved.key != key(name)),
        "the row of {name} cleared its reservation"
    );
    let abandoned = database.abandon(&key(name)).await.expect("an answer");
    assert_eq!(abandoned, None, "there is nothing of {name} to abandon any more");
    let taken = database.reserve(&reservation(name)).await.expect("an answer");
    assert!(!taken, "the key of a row cannot be reserved again");
}

/// Checks the feed; `empty` creates a database without rows.
pub(super) async fn feeds<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    put_participations(&*database, 2).await;
    let names: Vec<_> = (0..20).map(|nth| format!("feature_1_{nth}.jpg")).collect();
    let additions = names.iter().map(async |name| {
        let acceptance = reserve(&*database, name).await;
        database.add_feed(new_feed(1, name), &acceptance).await.expect("a row")
    });
    let mut ids = futures_util::future::join_all(additions).await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), names.len(), "every row has an id of its own");

    let rows = database.latest_feed(participation_id(1), 100).await.expect("an answer");
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
    pages_of_feed(&*database, &ids).await;
    assert!(database.latest_feed(participation_id(2), 100).await.expect("an answer").is_empty());

    for name in &names {
        assert_cleared(&*database, name).await;
    }
    let abandoned = reserve(&*database, "feature_1_late.jpg").await;
    assert!(database.abandon(&abandoned.key).await.expect("an answer").is_some());
    let refused = database.add_feed(new_feed(1, "feature_1_late.jpg"), &abandoned).await;
    assert!(
        matches!(&refused, Err(AddFeedError::Fault(fault)) if fault.kind == FaultKind::Permanent),
        "{refused:?}"
    );
    let rows = database.latest_feed(participation_id(1), 100).await.expect("an answer");
    assert_eq!(rows.len(), names.len(), "an abandoned key gets no row");
    let again = database.abandon(&abandoned.key).await.expect("an answer");
    assert!(again.is_some(), "and stays abandoned");
    cancellation::of_feeds(&*database, async |_| None).await;
}

/// Checks lists of the feed, whose rows with these ids are all of noon and of the first participation.
async fn pages_of_feed(database: &dyn Repository, ids: &[FeedId]) {
    let list = async |query: FeedQuery| {
        let rows = database.feed(&query).await.expect("an answer");
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let part =
        |skip, limit| -> Vec<_> { ids.iter().rev().copied().skip(skip).take(limit).collect() };
    let all = FeedQuery { limit: 100, ..FeedQuery::default() };
    assert_eq!(list(all.clone()).await, part(0, ids.len()));
    assert_eq!(list(FeedQuery { limit: 3, ..all.clone() }).await, part(0, 3));
    let page = FeedQuery { before: ids.iter().rev().nth(2).copied(), limit: 2, ..all.clone() };
    assert_eq!(list(page).await, part(3, 2));
    let participation_id = Some(participation_id(2));
    assert_eq!(list(FeedQuery { participation_id, ..all.clone() }).await, []);
    let noon = new_feed(1, "").created_at;
    let (since, until) = (Some(noon), Some(noon + Duration::SECOND));
    assert_eq!(list(FeedQuery { since, until, ..all.clone() }).await.len(), ids.len());
    assert_eq!(list(FeedQuery { until: since, ..all.clone() }).await, []);
    assert_eq!(list(FeedQuery { since: until, ..all }).await, []);
}

/// Checks reservations; `empty` creates a database without rows.
pub(super) async fn reservations<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
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
    let before = async |instant, after, limit| {
        database.reserved_before(instant, after, limit).await.expect("an answer")
    };
    let [oldest, old] = [reserved_key("oldest.jpg", 60), reserved_key("old.jpg", 30)];
    let overdue = before(NOON, None, 10).await;
    assert_eq!(overdue, [oldest.clone(), old.clone()], "oldest first, abandoned or not");
    assert_eq!(before(NOON, None, 1).await, std::slice::from_ref(&oldest));
    let none = before(NOON - Duration::hours(1), None, 10).await;
    assert!(none.is_empty(), "{none:?}");

    // The pages are listed in order, also when several reservations have the same instant.
    let twin = reserved_key("oldest_twin.jpg", 60);
    let aged = reservation_aged(twin.key.as_str(), Duration::hours(1));
    assert!(database.reserve(&aged).await.expect("an answer"));
    let mut listed = Vec::new();
    while let [next] = &before(NOON, listed.last().cloned(), 1).await[..] {
        listed.push(next.clone());
    }
    assert_eq!(listed, [oldest, twin, old]);
}

/// Checks that photos of one participation in the same second get distinct names, in any process.
async fn names_of_one_second(database: &dyn Repository) {
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
