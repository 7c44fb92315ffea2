use std::sync::Arc;

use time::Duration;

use super::fixtures::{NOON, api_key};
use crate::ports::Repository;
use crate::{ApiKey, Scope};

/// Checks API keys; `empty` creates a database without rows.
pub(super) async fn api_keys<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    let key = |nth, minute| ApiKey { created_at: NOON + Duration::minutes(minute), ..api_key(nth) };
    let later = ApiKey {
        scopes: Scope::ALL.to_vec(),
        expires_at: Some(NOON + Duration::days(1)),
        ..key(1, 1)
    };
    let first = key(2, 0);
    assert_eq!(database.api_keys().await.expect("an answer"), []);
    assert_eq!(database.find_api_key(&first.id).await.expect("an answer"), None);
    assert!(!database.revoke_api_key(&first.id, NOON).await.expect("an answer"));
    database.touch_api_key(&first.id, NOON).await.expect("a missing key is no error");

    for key in [&later, &first] {
        assert!(database.add_api_key(key).await.expect("an answer"));
    }
    let taken = ApiKey { scopes: Vec::new(), ..later.clone() };
    assert!(!database.add_api_key(&taken).await.expect("an answer"), "the id is taken");
    let all = database.api_keys().await.expect("an answer");
    assert_eq!(all, [first.clone(), later.clone()], "oldest first and unchanged");
    let found = database.find_api_key(&later.id).await.expect("an answer");
    assert_eq!(found, Some(later.clone()));

    let minute = |nth| NOON + Duration::minutes(nth);
    for used in [5, 3] {
        database.touch_api_key(&first.id, minute(used)).await.expect("an answer");
    }
    for revoked in [7, 9] {
        assert!(database.revoke_api_key(&first.id, minute(revoked)).await.expect("an answer"));
    }
    let used = ApiKey { last_used_at: Some(minute(5)), revoked_at: Some(minute(7)), ..first };
    let all = database.api_keys().await.expect("an answer");
    assert_eq!(all, [used, later], "the last use and the first revocation count");
}
