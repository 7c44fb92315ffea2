//! Checks that a dropped call, such as after a client hung up, takes effect completely or not at
//! all.

use std::pin::pin;
use std::task::Poll;

use super::fixtures::{jpeg, key, new_feed, new_reference, participation_id, reserve, url};
use crate::ports::{Acceptance, ObjectStore, PutError, Repository};
use crate::{Claim, JpegPhoto};

/// Numbers of polls after which a call is dropped, from before the first step to beyond the usual
/// completion.
pub(super) const PATIENCES: [u32; 10] = [0, 1, 2, 5, 20, 100, 500, 2000, 10_000, 50_000];

/// Maximum number of tries; a store needs fewer to decide between two writers of one key.
const TRIES: u32 = 100;

/// Polls `work` at most `polls` times, then drops it. Returns its output if it completed.
pub(super) async fn leave_after<T>(polls: u32, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    for _ in 0..polls {
        let polled = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = polled {
            return Some(answer);
        }
        yield_now().await;
    }
    None
}

/// Yields to other tasks; the suites know no runtime whose sleep they could use.
async fn yield_now() {
    let mut is_first = true;
    std::future::poll_fn(|context| {
        if std::mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// Checks that a dropped put leaves a whole object or none, and never replaces another object
/// later.
pub(super) async fn of_objects(store: &dyn ObjectStore) {
    let (left, other) = (jpeg(300_000, 1), jpeg(200_000, 2));
    let mut stored = Vec::new();
    for polls in PATIENCES {
        let key = key(&format!("left_after_{polls}.jpg"));
        let answer = leave_after(polls, store.put_new(&key, &left)).await;
        let was_answered = answer.map(|stored| stored.expect("room")).is_some();
        let was_free = put(store, &key, &other).await;
        assert!(
            !(was_answered && was_free),
            "an object that was stored after {polls} polls is gone"
        );
        stored.push((key, if was_free { &other } else { &left }));
    }
    for (key, photo) in stored {
        let read = store.get(&key).await.expect("an answer").expect("the object");
        assert_eq!(read, photo.bytes(), "{key} is whole, and of the one who was told so");
    }
}

/// Stores a photo, and repeats while another writer holds the key. Returns whether the key was
/// free.
async fn put(store: &dyn ObjectStore, key: &crate::ObjectKey, photo: &JpegPhoto) -> bool {
    let mut tries = 0;
    loop {
        match store.put_new(key, photo).await {
            Ok(()) => return true,
            Err(PutError::AlreadyExists) => return false,
            Err(PutError::Fault(fault)) => assert!(tries < TRIES, "{key}: {fault}"),
        }
        tries += 1;
        yield_now().await;
    }
}

/// Checks that a dropped call that adds a feed leaves both the row and a cleared reservation, or
/// neither. `claim` makes the claim for each call. Returns for each call whether its claim was
/// answered.
pub(super) async fn of_feeds(
    database: &dyn Repository,
    claim: impl AsyncFn(u32) -> Option<Claim>,
) -> Vec<(u32, bool)> {
    let mut left = Vec::new();
    for polls in PATIENCES {
        let name = format!("feature_1_left_{polls}.jpg");
        let acceptance = Acceptance { claim: claim(polls).await, ..reserve(database, &name).await };
        let add = database.add_feed(new_feed(1, &name), &acceptance);
        let answer = leave_after(polls, add).await;
        let was_answered = answer.map(|added| added.expect("a row")).is_some();
        let was_added = was_committed(database, &acceptance, was_answered).await;
        left.push((polls, was_added));
    }
    // Abandoned keys must not get a row later either.
    let rows = database.latest_feed(participation_id(1), 1000).await.expect("an answer");
    for (polls, was_added) in &left {
        let url = url(&format!("feature_1_left_{polls}.jpg"));
        let is_there = rows.iter().any(|row| row.image_url == url);
        assert_eq!(is_there, *was_added, "{url}: the row goes with its reservation");
    }
    left
}

/// Checks the same for references, of which only the newest can be read.
pub(super) async fn of_references(database: &dyn Repository) {
    for polls in PATIENCES {
        let name = format!("std_1_left_{polls}.jpg");
        let acceptance = reserve(database, &name).await;
        let add = database.add_reference(new_reference(1, &name), &acceptance);
        let answer = leave_after(polls, add).await;
        let was_answered = answer.map(|added| added.expect("a row")).is_some();
        let was_added = was_committed(database, &acceptance, was_answered).await;
        let newest = database.newest_reference(participation_id(1)).await.expect("an answer");
        let is_newest = newest.is_some_and(|newest| newest.image_url == url(&name));
        assert_eq!(is_newest, was_added, "{name}: the row goes with its reservation");
    }
}

/// Returns whether the row of an acceptance exists; if not, it can no longer be added.
async fn was_committed(
    database: &dyn Repository,
    acceptance: &Acceptance,
    was_answered: bool,
) -> bool {
    let key = &acceptance.key;
    let was_open = database.abandon(key).await.expect("an answer").is_some();
    assert!(!(was_answered && was_open), "{key}: who was told of a row has one");
    !was_open
}
