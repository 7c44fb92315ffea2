use std::sync::Arc;

use time::Duration;

use super::fixtures::NOON;
use crate::ports::Repository;

/// Checks leases; `empty` creates a database without rows.
pub(super) async fn leases<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    let acquire = async |holder: &str, minute: i64, length: i64| {
        let now = NOON + Duration::minutes(minute);
        let until = now + Duration::minutes(length);
        database.acquire_lease("sweep", holder, now, until).await.expect("an answer")
    };
    let replicas: Vec<_> = (0..16).map(|nth| format!("replica-{nth}")).collect();
    let tries = replicas.iter().map(|replica| acquire(replica, 0, 10));
    let outcomes = futures_util::future::join_all(tries).await;
    let winners: Vec<_> = (0..16).filter(|nth| outcomes.get(*nth) == Some(&true)).collect();
    let [winner] = winners[..] else { panic!("one of all has it, not {winners:?}") };
    let holder = format!("replica-{winner}");

    assert!(!acquire("another", 9, 10).await, "it is held");
    assert!(acquire(&holder, 5, 10).await, "its holder prolongs it");
    assert!(!acquire("another", 14, 10).await, "it was prolonged");
    assert!(acquire("another", 15, 10).await, "its end is over");
    assert!(!acquire(&holder, 16, 10).await, "it has changed hands");
    let other = database.acquire_lease("other", &holder, NOON, NOON + Duration::MINUTE).await;
    assert!(other.expect("an answer"), "another name is another lease");

    let late = replicas.iter().map(|replica| acquire(replica, 60, 10));
    let outcomes = futures_util::future::join_all(late).await;
    assert_eq!(outcomes.into_iter().filter(|acquired| *acquired).count(), 1, "one takes it over");
}
