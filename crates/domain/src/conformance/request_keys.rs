use std::sync::Arc;

use bytes::Bytes;
use time::{Duration, OffsetDateTime};

use super::cancellation::{self, PATIENCES, leave_after};
use super::fixtures::{
    NOON, key, new_feed, new_reference, participation_id, participations, reserve,
};
use crate::ports::{Acceptance, AddFeedError, Claiming, Repository};
use crate::{Claim, ClaimId, FaultKind, Fingerprint, RequestKey};

/// Checks request keys and the rows that are added under claims; `empty` creates a database without
/// rows.
pub(super) async fn request_keys<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    participations(&*database, 1).await;
    claims(&*database).await;
    answers(&*database).await;
    takeover(&*database).await;
    rows(&*database).await;
    lost_claims_add_no_rows(&*database).await;
    callers_that_go_away(&*database).await;
    forgetting(&*empty().await).await;
}

fn at(minute: i64) -> OffsetDateTime {
    NOON + Duration::minutes(minute)
}

fn request_key(text: &str) -> RequestKey {
    text.parse().expect("a request key")
}

/// Tries at `minute` to claim a key for ten minutes.
async fn claim(database: &dyn Repository, text: &str, minute: i64) -> Claiming {
    let fingerprint = Fingerprint::of(&[b"the request"]);
    let claiming =
        database.claim_key(&request_key(text), &fingerprint, at(minute), at(minute + 10)).await;
    claiming.expect("an answer")
}

/// Claims a key at `minute` for ten minutes, which must succeed. Its answer is kept until 13:00.
async fn claimed(database: &dyn Repository, text: &str, minute: i64) -> Claim {
    match claim(database, text, minute).await {
        Claiming::Claimed(id) => Claim { id, answer: answer(text), keep_until: at(60) },
        other @ (Claiming::Pending | Claiming::Answered(_) | Claiming::OtherRequest) => {
            panic!("{text} is free at {minute}, but: {other:?}")
        }
    }
}

fn answer(text: &str) -> Bytes {
    format!("{text}: 완료 \0\u{ff}").into()
}

async fn claims(database: &dyn Repository) {
    let tries = (0..16).map(|_| claim(database, "contested", 0));
    let outcomes = futures_util::future::join_all(tries).await;
    let won = outcomes.iter().filter(|outcome| matches!(outcome, Claiming::Claimed(_))).count();
    let wait = outcomes.iter().filter(|outcome| **outcome == Claiming::Pending).count();
    assert_eq!((won, wait), (1, 15), "exactly one claim succeeds");
    let other = Fingerprint::of(&[b"another request"]);
    let refused = database.claim_key(&request_key("contested"), &other, at(1), at(10)).await;
    assert_eq!(refused.expect("an answer"), Claiming::OtherRequest);
    claimed(database, "Contested", 1).await;

    let given_back = claimed(database, "given-back", 0).await;
    database.release_key(given_back.id).await.expect("a release");
    database.release_key(given_back.id).await.expect("releasing is idempotent");
    let again = claimed(database, "given-back", 0).await;
    assert_ne!(again.id, given_back.id, "no id is given twice");
    database.release_key(given_back.id).await.expect("an answer");
    assert_eq!(claim(database, "given-back", 0).await, Claiming::Pending, "it is another's now");
}

async fn answers(database: &dyn Repository) {
    let held = claimed(database, "answered", 0).await;
    database.answer_key(&held).await.expect("an answer");
    for minute in [0, 10, 59] {
        let found = claim(database, "answered", minute).await;
        assert_eq!(found, Claiming::Answered(answer("answered")), "at {minute}");
    }
    let other = Fingerprint::of(&[b"another request"]);
    let refused = database.claim_key(&request_key("answered"), &other, at(1), at(10)).await;
    assert_eq!(refused.expect("an answer"), Claiming::OtherRequest);
    database.release_key(held.id).await.expect("an answer");
    let changed = Claim { answer: answer("changed"), ..held };
    database.answer_key(&changed).await.expect("an answer");
    let found = claim(database, "answered", 1).await;
    assert_eq!(found, Claiming::Answered(answer("answered")), "an answer stays as it is");
    // An expired key can be claimed again, by any request.
    let reused = database.claim_key(&request_key("answered"), &other, at(60), at(70)).await;
    assert!(matches!(reused, Ok(Claiming::Claimed(_))), "{reused:?}");
}

async fn takeover(database: &dyn Repository) {
    let dead = claimed(database, "taken-over", 0).await;
    assert_eq!(claim(database, "taken-over", 9).await, Claiming::Pending);
    let tries = (0..16).map(|_| claim(database, "taken-over", 10));
    let outcomes = futures_util::future::join_all(tries).await;
    let won = outcomes.iter().filter(|outcome| matches!(outcome, Claiming::Claimed(_))).count();
    assert_eq!(won, 1, "exactly one takes it over: {outcomes:?}");
    database.answer_key(&dead).await.expect("an answer");
    database.release_key(dead.id).await.expect("an answer");
    let found = claim(database, "taken-over", 11).await;
    assert_eq!(found, Claiming::Pending, "its former holder has no say any more");
}

/// Checks that a row answers its claim's key in the same transaction.
async fn rows(database: &dyn Repository) {
    let held = claimed(database, "feed", 0).await;
    let acceptance = Acceptance { claim: Some(held), ..reserve(database, "feature_1.jpg").await };
    database.add_feed(new_feed(1, "feature_1.jpg"), &acceptance).await.expect("a row");
    assert_eq!(claim(database, "feed", 20).await, Claiming::Answered(answer("feed")));

    let held = claimed(database, "reference", 0).await;
    let acceptance = Acceptance { claim: Some(held), ..reserve(database, "std_1.jpg").await };
    let reference = new_reference(1, "std_1.jpg");
    database.add_reference(reference, &acceptance).await.expect("a reference");
    assert_eq!(claim(database, "reference", 20).await, Claiming::Answered(answer("reference")));

    // If the row is not added, the key is not answered.
    let held = claimed(database, "late", 0).await;
    let late = Acceptance { claim: Some(held), ..reserve(database, "late.jpg").await };
    assert!(database.abandon(&late.key).await.expect("an answer").is_some());
    database.add_feed(new_feed(1, "late.jpg"), &late).await.expect_err("a refusal");
    assert_eq!(claim(database, "late", 1).await, Claiming::Pending);
}

async fn lost_claims_add_no_rows(database: &dyn Repository) {
    let taken_over = claimed(database, "slow", 0).await;
    let new_holder = claimed(database, "slow", 10).await;
    let given_back = claimed(database, "gone", 0).await;
    database.release_key(given_back.id).await.expect("a release");
    let answered = claimed(database, "done", 0).await;
    database.answer_key(&answered).await.expect("an answer");
    let invented = Claim { id: ClaimId::try_from(i64::MAX).expect("an id"), ..answered.clone() };
    let before = database.latest_feed(participation_id(1), 100).await.expect("an answer").len();
    for (nth, lost) in [taken_over, given_back, answered, invented].into_iter().enumerate() {
        let name = format!("lost_{nth}.jpg");
        let acceptance = Acceptance { claim: Some(lost), ..reserve(database, &name).await };
        let refused = database.add_feed(new_feed(1, &name), &acceptance).await;
        assert!(
            matches!(&refused, Err(AddFeedError::Fault(fault)) if fault.kind == FaultKind::Transient),
            "{nth}: {refused:?}"
        );
        let reference = new_reference(1, &name);
        let refused = database.add_reference(reference, &acceptance).await;
        assert_eq!(refused.expect_err("a refusal").kind, FaultKind::Transient, "{nth}");
        assert!(
            database.abandon(&key(&name)).await.expect("an answer").is_some(),
            "it is still reserved"
        );
    }
    let after = database.latest_feed(participation_id(1), 100).await.expect("an answer").len();
    assert_eq!(after, before);
    let acceptance = Acceptance { claim: Some(new_holder), ..reserve(database, "new.jpg").await };
    database.add_feed(new_feed(1, "new.jpg"), &acceptance).await.expect("a row");
    assert_eq!(claim(database, "slow", 20).await, Claiming::Answered(answer("slow")));
}

/// Checks that a dropped call commits the row and the key's answer together or not at all. The
/// claim of a dropped call expires as any other.
async fn callers_that_go_away(database: &dyn Repository) {
    let key = |polls| format!("left-{polls}");
    let added = cancellation::of_feeds(database, async |polls| {
        Some(claimed(database, &key(polls), 0).await)
    });
    for (polls, was_added) in added.await {
        let expected =
            if was_added { Claiming::Answered(answer(&key(polls))) } else { Claiming::Pending };
        assert_eq!(claim(database, &key(polls), 1).await, expected, "after {polls} polls");
    }
    for polls in PATIENCES {
        let key = format!("unheard-{polls}");
        leave_after(polls, claim(database, &key, 0)).await;
        let found = claim(database, &key, 0).await;
        assert!(matches!(found, Claiming::Claimed(_) | Claiming::Pending), "{found:?}");
        claimed(database, &key, 10).await;
    }
}

async fn forgetting(database: &dyn Repository) {
    for text in ["a", "b", "c"] {
        claimed(database, text, 0).await;
    }
    let kept = claimed(database, "kept", 0).await;
    database.answer_key(&kept).await.expect("an answer");
    assert_eq!(database.forget_keys(at(9), 10).await.expect("an answer"), 0, "all of them count");
    assert_eq!(database.forget_keys(at(10), 2).await.expect("an answer"), 2, "no more than asked");
    assert_eq!(database.forget_keys(at(10), 2).await.expect("an answer"), 1);
    assert_eq!(claim(database, "kept", 10).await, Claiming::Answered(answer("kept")));
    assert_eq!(database.forget_keys(at(60), 2).await.expect("an answer"), 1);
    claimed(database, "kept", 0).await;
}
