use std::sync::Arc;

use super::fixtures::{DAY, new_feed, participation_id, participations, reserve};
use crate::NewFeed;
use crate::ports::{AddFeedError, Repository};

/// Checks the attempts and marks of days; `empty` creates a database without rows.
pub(super) async fn days<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    participations(&*database, 2).await;
    attempts(&*database).await;
    one_feed_a_day(&*database).await;
    forgetting(&*database).await;
}

async fn attempts(database: &dyn Repository) {
    let (first, second) = (participation_id(1), participation_id(2));
    let counts = (0..16).map(|_| database.count_attempt(first, DAY));
    let counts = futures_util::future::join_all(counts).await;
    let mut counts: Vec<_> = counts.into_iter().map(|count| count.expect("a count")).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=16).collect::<Vec<_>>(), "every attempt has a number of its own");
    assert!(!database.has_feed(first, DAY).await.expect("an answer"), "attempts are no feed");
    assert_eq!(database.count_attempt(second, DAY).await.expect("a count"), 1);
    let tomorrow = DAY.next_day().expect("a day");
    assert_eq!(database.count_attempt(first, tomorrow).await.expect("a count"), 1);

    for _ in 0..3 {
        database.release_attempt(second, DAY).await.expect("an answer");
    }
    assert_eq!(database.count_attempt(second, DAY).await.expect("a count"), 1, "never below 0");
    assert_eq!(database.count_attempt(first, DAY).await.expect("a count"), 17, "others stay");
    database.release_attempt(first, DAY).await.expect("an answer");
    assert_eq!(database.count_attempt(first, DAY).await.expect("a count"), 17);
}

async fn one_feed_a_day(database: &dyn Repository) {
    let first = participation_id(1);
    let tomorrow = DAY.next_day().expect("a day");
    // Without the rule, any number of rows is added, and the day is still marked.
    for name in ["a.jpg", "b.jpg"] {
        let acceptance = reserve(database, name).await;
        database.add_feed(new_feed(1, name), &acceptance).await.expect("a row");
        assert!(database.has_feed(first, DAY).await.expect("an answer"));
    }
    assert!(!database.has_feed(first, tomorrow).await.expect("an answer"));
    let only = |id, name: &str| NewFeed { only_one_of_its_day: true, ..new_feed(id, name) };
    let late = reserve(database, "c.jpg").await;
    let refused = database.add_feed(only(1, "c.jpg"), &late).await;
    assert!(matches!(refused, Err(AddFeedError::DayTaken)), "{refused:?}");
    assert!(
        database.abandon(&late.key).await.expect("an answer").is_some(),
        "it is still reserved"
    );

    // Other participations and days are unaffected; of several concurrent calls one adds its row.
    let additions = (0..8).map(async |nth| {
        let name = format!("contested_{nth}.jpg");
        let acceptance = reserve(database, &name).await;
        database.add_feed(only(2, &name), &acceptance).await
    });
    let outcomes = futures_util::future::join_all(additions).await;
    let lost = outcomes.iter().filter(|added| matches!(added, Err(AddFeedError::DayTaken))).count();
    assert_eq!(lost, 7, "one is added: {outcomes:?}");
    let rows = database.latest_feed(participation_id(2), 100).await.expect("an answer");
    assert_eq!(rows.len(), 1, "those that were refused have no row");
    let acceptance = reserve(database, "d.jpg").await;
    let next = NewFeed { day: tomorrow, ..only(1, "d.jpg") };
    database.add_feed(next, &acceptance).await.expect("a row of another day");
}

/// Checks the deletion of days. Three exist here: today's of two participations and tomorrow's of
/// one.
async fn forgetting(database: &dyn Repository) {
    let tomorrow = DAY.next_day().expect("a day");
    assert_eq!(database.forget_days(DAY, 10).await.expect("an answer"), 0, "none is older");
    assert_eq!(
        database.forget_days(tomorrow, 1).await.expect("an answer"),
        1,
        "no more than asked"
    );
    let mut forgotten = 0;
    loop {
        match database.forget_days(tomorrow, 10).await.expect("an answer") {
            0 => break,
            more => forgotten += more,
        }
    }
    assert_eq!(forgotten, 1);
    let first = participation_id(1);
    assert!(!database.has_feed(first, DAY).await.expect("an answer"));
    assert!(database.has_feed(first, tomorrow).await.expect("an answer"), "it is not that old");
    assert_eq!(database.count_attempt(first, DAY).await.expect("a count"), 1);
    assert_eq!(database.latest_feed(first, 100).await.expect("an answer").len(), 3, "rows stay");
}
