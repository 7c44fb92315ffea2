use std::sync::Arc;
use std::time::Duration;

use super::cancellation;
use super::fixtures::{jpeg, key};
use crate::ObjectKey;
use crate::ports::{ObjectStore, PutError};

const HOUR: Duration = Duration::from_secs(3600);

/// Checks an [`ObjectStore`]; `empty` creates a store without objects.
///
/// # Panics
/// If the store violates the port's contract.
pub async fn object_store<S: ObjectStore + 'static>(empty: impl AsyncFn() -> Arc<S>) {
    reads_back_what_it_stored(&*empty().await).await;
    never_overwrites(&*empty().await).await;
    forgets_what_it_deleted(&*empty().await).await;
    lets_one_of_many_writers_win(&*empty().await).await;
    cancellation::of_objects(&*empty().await).await;
    names_objects_in_urls(&*empty().await).await;
    empty().await.check().await.expect("a store that answers");
}

async fn reads_back_what_it_stored(store: &dyn ObjectStore) {
    assert_eq!(store.get(&key("nothing.jpg")).await.expect("an answer"), None);
    for (name, length) in
        [("tiny.jpg", 1), ("std_1_20261123120000.jpg", 70_000), ("large.jpg", 9 << 20)]
    {
        let photo = jpeg(length, 7);
        store.put_new(&key(name), &photo).await.expect("room");
        let read = store.get(&key(name)).await.expect("an answer").expect("the object");
        assert_eq!(read, photo.bytes(), "{name} differs");
    }
    assert_eq!(store.get(&key("tiny.jp")).await.expect("an answer"), None, "a prefix is no key");
}

async fn never_overwrites(store: &dyn ObjectStore) {
    let key = key("feature_12_20261123120000.jpg");
    store.put_new(&key, &jpeg(1000, 1)).await.expect("room");
    for other in [jpeg(1000, 2), jpeg(1, 3), jpeg(1000, 1)] {
        let again = store.put_new(&key, &other).await;
        assert!(matches!(again, Err(PutError::AlreadyExists)), "{again:?}");
    }
    let read = store.get(&key).await.expect("an answer").expect("the object");
    assert_eq!(read, jpeg(1000, 1).bytes());
}

async fn forgets_what_it_deleted(store: &dyn ObjectStore) {
    let (gone, kept) = (key("gone.jpg"), key("kept.jpg"));
    for key in [&gone, &kept] {
        store.put_new(key, &jpeg(100, 1)).await.expect("room");
    }
    store.delete(&gone).await.expect("an answer");
    store.delete(&gone).await.expect("deleting twice is no error");
    store.delete(&key("never-there.jpg")).await.expect("nor is deleting nothing");
    assert_eq!(store.get(&gone).await.expect("an answer"), None);
    assert!(store.get(&kept).await.expect("an answer").is_some());
    store.put_new(&gone, &jpeg(50, 2)).await.expect("the key is free again");
}

async fn lets_one_of_many_writers_win(store: &dyn ObjectStore) {
    let key = key("contested.jpg");
    let photos: Vec<_> = (0..16).map(|seed| jpeg(200_000, seed)).collect();
    let writers = photos.iter().map(|photo| store.put_new(&key, photo));
    let outcomes = futures_util::future::join_all(writers).await;
    let winners: Vec<_> =
        outcomes.iter().zip(&photos).filter(|(outcome, _)| outcome.is_ok()).collect();
    assert_eq!(winners.len(), 1, "exactly one writer wins: {outcomes:?}");
    let read = store.get(&key).await.expect("an answer").expect("the object");
    assert!(winners.iter().all(|(_, photo)| read == photo.bytes()), "the winner's photo is there");
}

async fn names_objects_in_urls(store: &dyn ObjectStore) {
    let key = key("classification_9223372036854775807_20261123120000_2.jpg");
    let url = store.url(&key);
    assert_eq!(ObjectKey::from_url(&url).as_ref(), Ok(&key), "the key ends {url}");
    assert!(url.contains(":/"), "{url} is absolute");
    if let Some(signed) = store.signed_url(&key, HOUR).await.expect("an answer") {
        assert_eq!(ObjectKey::from_url(&signed), Ok(key), "the key ends the path of {signed}");
        assert_ne!(signed, url, "a signature is more than the address");
    }
}
