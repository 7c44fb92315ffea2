use std::sync::Arc;

use time::Duration;

use super::attempts::{add_kept, review};
use super::fixtures::{
    DIGEST, NOON, features, new_feed, new_reference, participation_id, participations, reserve, url,
};
use crate::ports::Repository;
use crate::{
    ErasureSubject, FeatureFormat, FeedId, LearnedView, NewView, ReferenceFeatures, ReferenceId,
    ReviewChange, ReviewReason, ReviewState, ViewId, Voucher,
};

/// Checks learned views; `empty` creates a database without rows.
pub(super) async fn views<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    what_is_added_is_read(&*empty().await).await;
    what_is_not_added(&*empty().await).await;
    no_more_than_the_maximum(&*empty().await).await;
    formats(&*empty().await).await;
    removals(&*empty().await).await;
    withdrawn_photos(&*empty().await).await;
}

fn format() -> FeatureFormat {
    features("points", Vec::new()).format
}

async fn add_reference(database: &dyn Repository, id: i64, name: &str) -> ReferenceId {
    let acceptance = reserve(database, name).await;
    database.add_reference(new_reference(id, name), &acceptance).await.expect("a reference")
}

async fn add_feed(database: &dyn Repository, id: i64, name: &str) -> FeedId {
    let acceptance = reserve(database, name).await;
    database.add_feed(new_feed(id, name), &acceptance).await.expect("a row")
}

/// A participation with a reference.
async fn with_reference(database: &dyn Repository) -> ReferenceId {
    participations(database, 2).await;
    add_reference(database, 1, "std_1.jpg").await
}

fn view(reference_id: ReferenceId, feed_id: FeedId, byte: u8) -> NewView {
    let features = features("points", vec![byte; 70_000]);
    NewView { reference_id, feed_id, voucher: Voucher::Reference, features }
}

/// Adds a view of a new photo that was used some minutes after noon, and returns its id.
async fn learn(
    database: &dyn Repository,
    reference_id: ReferenceId,
    minutes: u8,
    voucher: Voucher,
) -> ViewId {
    let feed_id = add_feed(database, 1, &format!("feature_1_{minutes}.jpg")).await;
    let new = NewView { voucher, ..view(reference_id, feed_id, minutes) };
    let now = NOON + Duration::minutes(minutes.into());
    assert!(database.add_view(new, now).await.expect("an answer"), "view {minutes}");
    found(database, reference_id).await.last().expect("the view").id
}

async fn found(database: &dyn Repository, reference_id: ReferenceId) -> Vec<LearnedView> {
    database.views(reference_id, &format()).await.expect("an answer")
}

async fn ids(database: &dyn Repository, reference_id: ReferenceId) -> Vec<ViewId> {
    found(database, reference_id).await.into_iter().map(|view| view.id).collect()
}

async fn what_is_added_is_read(database: &dyn Repository) {
    let reference = with_reference(database).await;
    assert_eq!(found(database, reference).await, []);
    let first = learn(database, reference, 1, Voucher::Reference).await;
    let second = learn(database, reference, 2, Voucher::Reference).await;
    let third = learn(database, reference, 3, Voucher::Views([first, second])).await;
    assert_eq!(ids(database, reference).await, [first, second, third], "oldest first");
    let read = found(database, reference).await;
    let [_, view, _] = read.as_slice() else { panic!("{} views", read.len()) };
    assert_eq!(view.image_url, url("feature_1_2.jpg"));
    assert_eq!(view.features, features("points", vec![2; 70_000]));
    let other = FeatureFormat { version: 2, ..format() };
    assert_eq!(database.views(reference, &other).await.expect("an answer"), []);
}

async fn what_is_not_added(database: &dyn Repository) {
    let older = with_reference(database).await;
    let feed_id = add_feed(database, 1, "feature_1_0.jpg").await;
    let of_other = add_feed(database, 2, "feature_2_0.jpg").await;
    let reference = add_reference(database, 1, "std_1_2.jpg").await;
    let [unknown_feed, unknown_reference, unknown_view] = [99; 3];
    let unknown_feed = FeedId::try_from(unknown_feed).expect("an id");
    let unknown_reference = ReferenceId::try_from(unknown_reference).expect("an id");
    let unknown_view = ViewId::try_from(unknown_view).expect("an id");
    let first = learn(database, reference, 1, Voucher::Reference).await;
    let with_voucher =
        |ids| NewView { voucher: Voucher::Views(ids), ..view(reference, feed_id, 9) };
    for (why, new) in [
        ("no row", view(reference, unknown_feed, 9)),
        ("another's row", view(reference, of_other, 9)),
        ("no reference", view(unknown_reference, feed_id, 9)),
        ("an older reference", view(older, feed_id, 9)),
        ("no voucher", with_voucher([first, unknown_view])),
    ] {
        assert!(!database.add_view(new, NOON).await.expect("an answer"), "{why}");
    }
    assert_eq!(ids(database, reference).await, [first]);
    let new = || view(reference, feed_id, 9);
    assert!(database.add_view(new(), NOON).await.expect("an answer"));
    assert!(!database.add_view(new(), NOON).await.expect("an answer"), "the photo is a view");
    assert_eq!(found(database, older).await, []);
    database.touch_view(unknown_view, NOON).await.expect("a missing view is no error");
}

async fn no_more_than_the_maximum(database: &dyn Repository) {
    let reference = with_reference(database).await;
    let mut learned = Vec::new();
    for minutes in 1..=7 {
        learned.push(learn(database, reference, minutes, Voucher::Reference).await);
    }
    let [first, second, third, fourth, ..] = learned[..] else { panic!("{learned:?}") };
    let eighth = learn(database, reference, 8, Voucher::Views([first, second])).await;
    database.touch_view(third, NOON + Duration::HOUR).await.expect("an answer");
    let ninth = learn(database, reference, 9, Voucher::Reference).await;
    let kept = ids(database, reference).await;
    assert_eq!(kept.len(), LearnedView::MAX);
    assert!(!kept.contains(&fourth), "it was not used for longest and vouches for none");
    assert!([first, second, third, eighth, ninth].iter().all(|id| kept.contains(id)), "{kept:?}");

    // Concurrent calls keep the maximum, too.
    let mut feeds = Vec::new();
    for nth in 0..3 {
        feeds.push(add_feed(database, 1, &format!("feature_1_again_{nth}.jpg")).await);
    }
    let additions = feeds.into_iter().map(async |feed_id| {
        let now = NOON + Duration::hours(2);
        database.add_view(view(reference, feed_id, 50), now).await.expect("an answer")
    });
    let added = futures_util::future::join_all(additions).await;
    assert!(added.contains(&true), "{added:?}");
    let kept = ids(database, reference).await;
    assert_eq!(kept.len(), LearnedView::MAX);
    assert!([first, second].iter().all(|id| kept.contains(id)), "they vouch for one");
}

async fn formats(database: &dyn Repository) {
    let reference = with_reference(database).await;
    let old = learn(database, reference, 1, Voucher::Reference).await;
    let newer = FeatureFormat { version: 2, ..format() };
    let of_newer = async |name: &str, now| {
        let feed_id = add_feed(database, 1, name).await;
        let features = ReferenceFeatures { format: newer.clone(), bytes: vec![2].into() };
        let new = NewView { features, ..view(reference, feed_id, 0) };
        assert!(database.add_view(new, now).await.expect("an answer"));
    };
    of_newer("feature_1_newer.jpg", NOON + Duration::DAY).await;
    assert_eq!(ids(database, reference).await, [old], "another version may still use it");
    assert_eq!(database.views(reference, &newer).await.expect("an answer").len(), 1);
    let later = NOON + LearnedView::UNUSED_FORMAT + Duration::HOUR;
    of_newer("feature_1_newest.jpg", later).await;
    assert_eq!(ids(database, reference).await, [], "nobody used it for long");
    assert_eq!(database.views(reference, &newer).await.expect("an answer").len(), 2);
}

async fn removals(database: &dyn Repository) {
    let reference = with_reference(database).await;
    let first = learn(database, reference, 1, Voucher::Reference).await;
    let second = learn(database, reference, 2, Voucher::Reference).await;
    let third = learn(database, reference, 3, Voucher::Reference).await;
    let child = learn(database, reference, 4, Voucher::Views([second, third])).await;
    learn(database, reference, 5, Voucher::Views([first, child])).await;
    let subject = ErasureSubject::Participation(participation_id(1));
    let erasure = database.add_erasure(&subject, NOON).await.expect("an erasure");
    let erase = async |name: &str| {
        let urls = [url(name)];
        database.erase_photos(erasure, participation_id(1), &urls).await.expect("an answer");
    };
    erase("feature_1_3.jpg").await;
    assert_eq!(ids(database, reference).await, [first, second], "with all for which it vouched");

    let newer = add_reference(database, 1, "std_1_2.jpg").await;
    assert_eq!(ids(database, reference).await, [], "a new reference starts over");
    learn(database, newer, 6, Voucher::Reference).await;
    erase("std_1_2.jpg").await;
    assert_eq!(ids(database, newer).await, [], "with its reference");
}

/// A photo that an operator accepted takes its view with it when that is undone.
async fn withdrawn_photos(database: &dyn Repository) {
    let reference = with_reference(database).await;
    let kept = add_kept(database, 1, "rejected_1.jpg").await;
    let acceptance = reserve(database, "feature_1.jpg").await;
    let feed = Box::new(new_feed(1, "feature_1.jpg"));
    let change = ReviewChange::Accept { feed, acceptance };
    let accept = review(kept, None, ReviewReason::ShowsIt);
    let accepted = database.review_attempt(accept, change, Vec::new()).await.expect("a decision");
    let feed_id = accepted.expect("a row");
    let new = view(reference, feed_id, 1);
    assert!(database.add_view(new.clone(), NOON).await.expect("an answer"));
    let other = learn(database, reference, 2, Voucher::Reference).await;

    let undo = review(kept, Some(ReviewState::Accepted), ReviewReason::Mistake);
    let change = ReviewChange::Withdraw { feed_id, content_sha256: DIGEST };
    database.review_attempt(undo, change, Vec::new()).await.expect("a decision");
    assert_eq!(ids(database, reference).await, [other]);
    assert!(!database.add_view(new, NOON).await.expect("an answer"), "too late");
}
