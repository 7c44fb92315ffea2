//! Tests of both databases beyond the port's contract.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use injeung_domain::FaultKind;
use injeung_domain::ports::AddFeedError;
use injeung_storage::Database;

use super::{
    NOON, new_feed, new_reference, participation, participation_id, reservation, reserve, url,
};

pub(crate) async fn concurrent_writers_all_succeed(handles: [Arc<dyn Database>; 2]) {
    let [one, other] = handles;
    participation(&*one).await;
    let writers: Vec<_> = (0..16)
        .map(|nth| {
            let database = if nth % 2 == 0 { one.clone() } else { other.clone() };
            tokio::spawn(async move {
                for round in 0..10 {
                    let name = format!("feature_{nth}_{round}.jpg");
                    let acceptance = reserve(&*database, &name).await;
                    database.add_feed(new_feed(&name), &acceptance).await.unwrap();
                    let name = format!("std_{nth}_{round}.jpg");
                    let acceptance = reserve(&*database, &name).await;
                    let reference = new_reference(&name);
                    database.add_reference(reference, &acceptance).await.unwrap();
                    assert!(database.newest_reference(participation_id()).await.unwrap().is_some());
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(other.latest_feed(participation_id(), 1000).await.unwrap().len(), 160);
}

pub(crate) async fn a_photo_is_either_accepted_or_abandoned(handles: [Arc<dyn Database>; 2]) {
    let [one, other] = handles;
    participation(&*one).await;
    let mut accepted = 0;
    for round in 0..40 {
        let name = format!("feature_{round}.jpg");
        let acceptance = reserve(&*one, &name).await;
        let (adding, its) = (one.clone(), acceptance.clone());
        let feed = new_feed(&name);
        let add = tokio::spawn(async move { adding.add_feed(feed, &its).await });
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        let abandoned = other.abandon(&acceptance.key).await.unwrap().is_some();
        let added = add.await.unwrap();
        assert_ne!(abandoned, added.is_ok(), "one of both");
        let added = added.map_err(refusal);
        assert!(matches!(added, Ok(_) | Err(FaultKind::Permanent)), "{added:?}");
        accepted += usize::from(added.is_ok());
    }
    let rows = other.latest_feed(participation_id(), 1000).await.unwrap();
    assert_eq!(rows.len(), accepted);
}

pub(crate) async fn a_caller_that_goes_away_does_no_harm(database: &dyn Database) {
    participation(database).await;
    for round in 0..60_u32 {
        let name = format!("feature_{round}.jpg");
        let acceptance = reserve(database, &name).await;
        {
            let mut add = pin!(database.add_feed(new_feed(&name), &acceptance));
            // Each round polls the work a little further before dropping it.
            for _ in 0..=round % 6 {
                let polled = std::future::poll_fn(|context| {
                    Poll::Ready(add.as_mut().poll(context).is_ready())
                });
                if polled.await {
                    break;
                }
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        }
        // The row of the dropped call exists by now or can no longer be added.
        let was_open = database.abandon(&acceptance.key).await.unwrap().is_some();
        let rows = database.latest_feed(participation_id(), 1000).await.unwrap();
        let was_added = rows.iter().any(|row| row.image_url == url(&name));
        assert_ne!(was_added, was_open, "round {round}");
    }
}

pub(crate) async fn an_unknown_participation_gets_no_row(database: &dyn Database) {
    let acceptance = reserve(database, "feature_1.jpg").await;
    let added = database.add_feed(new_feed("feature_1.jpg"), &acceptance).await;
    assert_eq!(refusal(added.unwrap_err()), FaultKind::Permanent);
    let reference = new_reference("feature_1.jpg");
    let fault = database.add_reference(reference, &acceptance).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
    assert!(database.abandon(&acceptance.key).await.unwrap().is_some(), "still reserved");
    let features = new_reference("").features;
    let unknown = injeung_domain::ReferenceId::try_from(99).unwrap();
    let fault = database.put_features(unknown, &features, NOON).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
}

pub(crate) async fn two_rows_never_share_a_photo(database: &dyn Database) {
    participation(database).await;
    for (name, expected) in [("a.jpg", true), ("b.jpg", false)] {
        let acceptance = reserve(database, name).await;
        let added = database.add_feed(new_feed("a.jpg"), &acceptance).await;
        assert_eq!(added.is_ok(), expected);
        assert_eq!(
            database.abandon(&acceptance.key).await.unwrap().is_some(),
            !expected,
            "rolled back where refused"
        );
    }
    let acceptance = reserve(database, "c.jpg").await;
    database.add_reference(new_reference("c.jpg"), &acceptance).await.unwrap();
    assert!(!database.reserve(&reservation("c.jpg")).await.unwrap(), "a reference has it");
}

/// Kind of the fault that prevented a row; other errors are unexpected here.
#[track_caller]
pub(crate) fn refusal(error: AddFeedError) -> FaultKind {
    match error {
        AddFeedError::Fault(fault) => fault.kind,
        AddFeedError::DayTaken => panic!("the day is taken"),
        AddFeedError::NewerPhotos => panic!("newer photos were added"),
    }
}
