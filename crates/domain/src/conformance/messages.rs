use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::fixtures::{NOON, new_feed, new_reference, participation_id, participations, reserve};
use crate::ports::Repository;
use crate::{
    AttemptKind, AttemptOutcome, DeliveryEnd, EventKind, Message, MessageCounts, MessageId,
    NewFeed, NewMessage, NewReference,
};

/// Checks messages and their queue; `empty` creates a database without rows.
pub(super) async fn messages<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    participations(&*database, 3).await;
    queueing(&*database).await;
    let database = empty().await;
    participations(&*database, 3).await;
    endings(&*database).await;
    let database = empty().await;
    participations(&*database, 3).await;
    dead_messages(&*database).await;
    let database = empty().await;
    participations(&*database, 3).await;
    contested_queue(&*database).await;
}

/// A message of a participation that is `minutes` old.
fn message(id: i64, minutes: i64) -> NewMessage {
    NewMessage {
        event: EventKind::PhotoAccepted,
        occurred_at: NOON - Duration::minutes(minutes),
        participation_id: participation_id(id),
        request_id: format!("request-{minutes}"),
        kind: Some(AttemptKind::Keyword),
        outcome: Some(AttemptOutcome::Accepted),
        errcode: Some(3),
        image_url: Some("https://photos.example/'사진'.jpg".to_owned()),
    }
}

/// Adds a feed row with a message.
async fn add(database: &dyn Repository, id: i64, minutes: i64) {
    let name = format!("feature_{id}_{minutes}.jpg");
    let acceptance = reserve(database, &name).await;
    let feed = NewFeed { message: Some(message(id, minutes)), ..new_feed(id, &name) };
    database.add_feed(feed, &acceptance).await.expect("a row");
}

async fn due(database: &dyn Repository, now: OffsetDateTime) -> Vec<Message> {
    database.due_messages(now, 100).await.expect("an answer")
}

/// Participations and ages of the messages that are due.
async fn ages(database: &dyn Repository, now: OffsetDateTime) -> Vec<(i64, i64)> {
    let age = |one: Message| {
        let age = NOON - one.message.occurred_at;
        (one.message.participation_id.get(), age.whole_minutes())
    };
    due(database, now).await.into_iter().map(age).collect()
}

/// Id of the first message of a participation.
async fn first(database: &dyn Repository, id: i64) -> MessageId {
    let due = due(database, NOON + Duration::DAY).await;
    let own = due.iter().find(|one| one.message.participation_id == participation_id(id));
    own.expect("a message").id
}

async fn counts(database: &dyn Repository) -> (u64, u64) {
    let MessageCounts { waiting, dead } = database.count_messages().await.expect("an answer");
    (waiting, dead)
}

async fn queueing(database: &dyn Repository) {
    add(database, 1, 9).await;
    add(database, 1, 8).await;
    add(database, 2, 10).await;
    let reference =
        NewReference { message: Some(message(3, 7)), ..new_reference(3, "std_3_7.jpg") };
    let acceptance = reserve(database, "std_3_7.jpg").await;
    database.add_reference(reference, &acceptance).await.expect("a row");
    assert_eq!(counts(database).await, (4, 0));
    assert_eq!(ages(database, NOON).await, [(2, 10), (1, 9), (3, 7)], "one a participation");
    let early = NOON - Duration::minutes(9);
    assert_eq!(ages(database, early).await, [(2, 10), (1, 9)]);
    let some = database.due_messages(NOON, 1).await.expect("an answer");
    assert_eq!(some.len(), 1);
    let whole = some.first().expect("a message");
    assert_eq!(whole.message, message(2, 10), "it is read as it was added");
    assert_eq!((whole.failures, &whole.error, whole.dead_at), (0, &None, None));

    // A row that is not added has no message.
    let acceptance = reserve(database, "feature_2_5.jpg").await;
    database.abandon(&acceptance.key).await.expect("an answer");
    let feed = NewFeed { message: Some(message(2, 5)), ..new_feed(2, "feature_2_5.jpg") };
    database.add_feed(feed, &acceptance).await.expect_err("its key is abandoned");
    assert_eq!(counts(database).await, (4, 0));
}

async fn endings(database: &dyn Repository) {
    for minutes in [9, 8, 7] {
        add(database, 1, minutes).await;
    }
    let id = first(database, 1).await;
    let end = async |id, end| database.end_delivery(id, end).await.expect("an answer");
    let error = "deliver the message: 응답 500".to_owned();
    end(id, DeliveryEnd::Again { at: NOON + Duration::MINUTE, error: error.clone() }).await;
    assert_eq!(due(database, NOON).await, [], "those behind it wait too");
    let again = due(database, NOON + Duration::MINUTE).await;
    let again = again.first().expect("a message");
    assert_eq!((again.id, again.failures, again.error.as_ref()), (id, 1, Some(&error)));

    end(id, DeliveryEnd::Delivered).await;
    end(id, DeliveryEnd::Delivered).await;
    assert_eq!(ages(database, NOON).await, [(1, 8)], "the next is due at once");
    assert_eq!(counts(database).await, (2, 0), "it is deleted");

    let id = first(database, 1).await;
    end(id, DeliveryEnd::Dead { at: NOON, error: error.clone() }).await;
    assert_eq!(ages(database, NOON).await, [(1, 7)]);
    assert_eq!(counts(database).await, (1, 1));
    end(id, DeliveryEnd::Delivered).await;
    assert_eq!(counts(database).await, (1, 1), "a dead message does not wait");
    let dead = database.messages(true, 10).await.expect("an answer");
    let dead = dead.first().expect("a message");
    assert_eq!((dead.id, dead.dead_at, dead.error.as_ref()), (id, Some(NOON), Some(&error)));
    let waiting = database.messages(false, 10).await.expect("an answer");
    assert_eq!(waiting.len(), 1);

    end(first(database, 1).await, DeliveryEnd::Delivered).await;
    assert_eq!(due(database, NOON + Duration::DAY).await, []);
    add(database, 1, 5).await;
    assert_eq!(ages(database, NOON).await, [(1, 5)], "the queue begins anew");
}

async fn dead_messages(database: &dyn Repository) {
    for (id, minutes) in [(1, 9), (1, 8), (2, 6)] {
        add(database, id, minutes).await;
    }
    let dead = async |id, at| {
        let end = DeliveryEnd::Dead { at, error: "x".to_owned() };
        database.end_delivery(id, end).await.expect("an answer");
    };
    let (one, two) = (first(database, 1).await, first(database, 2).await);
    dead(one, NOON).await;
    dead(two, NOON - Duration::HOUR).await;
    assert_eq!(ages(database, NOON).await, [(1, 8)]);
    let again = NOON + Duration::MINUTE;
    let send_again = async |id| database.send_again(id, again).await.expect("an answer");
    assert!(send_again(one).await);
    assert!(!send_again(one).await, "it is not dead any more");
    assert_eq!(ages(database, NOON).await, []);
    assert_eq!(ages(database, again).await, [(1, 9)], "it is the first again");
    let first = due(database, again).await;
    assert_eq!(first.first().map(|one| one.failures), Some(0), "its failures are counted anew");
    assert_eq!(counts(database).await, (2, 1));

    let forget = async |before| database.forget_messages(before, 10).await.expect("an answer");
    assert_eq!(forget(NOON - Duration::HOUR).await, 0);
    assert_eq!(database.forget_messages(NOON, 0).await.expect("an answer"), 0);
    assert_eq!(forget(NOON).await, 1);
    assert!(!send_again(two).await, "it is forgotten");
    assert_eq!(counts(database).await, (2, 0));
}

/// Messages that are added while others are delivered: none is lost, and each participation's order is that of its ids.
async fn contested_queue(database: &dyn Repository) {
    let adding = async |id: i64| {
        for minutes in 0..12 {
            add(database, id, minutes).await;
        }
    };
    let delivering = async || {
        let mut delivered = Vec::new();
        // Ends when everything is delivered; a lost message would let it run on, so rounds are limited.
        for _ in 0..10_000 {
            for one in due(database, NOON).await {
                let (id, owner) = (one.id, one.message.participation_id);
                database.end_delivery(id, DeliveryEnd::Delivered).await.expect("an answer");
                delivered.push((owner, id));
            }
            if delivered.len() == 36 {
                break;
            }
        }
        delivered
    };
    let adders = futures_util::future::join_all([adding(1), adding(2), adding(3)]);
    let (_, delivered) = futures_util::future::join(adders, delivering()).await;
    assert_eq!(delivered.len(), 36, "{delivered:?}");
    for owner in 1..=3 {
        let own = delivered.iter().filter(|(of, _)| *of == participation_id(owner));
        let ids: Vec<_> = own.map(|(_, id)| *id).collect();
        assert!(ids.is_sorted(), "{ids:?}");
    }
    assert_eq!(counts(database).await, (0, 0));
}
