use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_domain::Fault;
use jsonwebtoken::DecodingKey;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::{error, info};

use super::key_set::KeySet;
use super::{TokenAlgorithm, TokenError};

/// Age from which a key set is fetched again, so that a removed key stops working.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Minimum time between two fetches, successful or not. Tokens with unknown key ids cannot cause more.
const COOLDOWN: Duration = Duration::from_secs(30);

/// Fetches the key set of an issuer.
#[async_trait]
pub trait KeySetSource: Send + Sync {
    /// Returns the JSON Web Key Set as the issuer publishes it now. Must limit the duration and the size.
    async fn fetch(&self) -> Result<Bytes, Fault>;
}

/// Key set of an issuer, cached. It is fetched again when it is old and when a token has an unknown key id. The last
/// set stays in use while the issuer cannot be reached.
pub(super) struct Jwks {
    source: Arc<dyn KeySetSource>,
    algorithm: TokenAlgorithm,
    cached: RwLock<Option<Arc<KeySet>>>,
    /// Instants of the fetches; locked during a fetch, so that there is one at a time.
    fetches: Arc<Mutex<Fetches>>,
}

#[derive(Default)]
struct Fetches {
    last: Option<Instant>,
    last_successful: Option<Instant>,
}

impl Fetches {
    fn is_old(&self) -> bool {
        self.last_successful.is_none_or(|fetched| fetched.elapsed() >= MAX_AGE)
    }
}

impl Jwks {
    pub(super) fn new(source: Arc<dyn KeySetSource>, algorithm: TokenAlgorithm) -> Arc<Self> {
        let (cached, fetches) = (RwLock::default(), Arc::default());
        Arc::new(Self { source, algorithm, cached, fetches })
    }

    /// The key with an id, or the only key for a token without an id.
    ///
    /// # Errors
    /// If there is no such key, or no key set could be fetched yet.
    pub(super) async fn find(
        self: &Arc<Self>,
        id: Option<&str>,
    ) -> Result<DecodingKey, TokenError> {
        let fetches = match Arc::clone(&self.fetches).try_lock_owned() {
            Ok(fetches) => Some(fetches),
            // Another request is fetching, which a known key need not await.
            Err(_) if self.known(id).is_some() => None,
            Err(_) => Some(Arc::clone(&self.fetches).lock_owned().await),
        };
        if let Some(mut fetches) = fetches
            && (fetches.is_old() || self.known(id).is_none())
        {
            let this = Arc::clone(self);
            // A client that disconnects must not cancel the fetch, since none follows for a while.
            let refreshed = tokio::spawn(async move { this.refresh(&mut fetches).await });
            // A task fails only by a panic of the source; the last set stays then.
            let _ = refreshed.await;
        }
        let is_available = self.cached().is_some();
        self.known(id).ok_or(if is_available {
            TokenError::UnknownKey
        } else {
            TokenError::NoKeySet
        })
    }

    fn known(&self, id: Option<&str>) -> Option<DecodingKey> {
        self.cached()?.find(id).cloned()
    }

    fn cached(&self) -> Option<Arc<KeySet>> {
        self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the key set, unless the last fetch is too recent. A failure is logged, and the last set stays.
    async fn refresh(&self, fetches: &mut Fetches) {
        if fetches.last.is_some_and(|fetched| fetched.elapsed() < COOLDOWN) {
            return;
        }
        let now = Instant::now();
        fetches.last = Some(now);
        let fetched = self.source.fetch().await.map_err(|fault| fault.to_string());
        let parse =
            |json: Bytes| KeySet::parse(&json, self.algorithm).map_err(|error| error.to_string());
        match fetched.and_then(parse) {
            Ok(set) => {
                info!("fetched the issuer's key set");
                *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(set));
                fetches.last_successful = Some(now);
            }
            Err(error) => error!(error, "failed to fetch the issuer's key set"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Mutex as Shared;

    use serde_json::json;
    use tokio::time::advance;

    use super::*;

    /// An issuer with the ids of its keys; `None` is an outage.
    #[derive(Default)]
    struct Issuer {
        ids: Shared<Option<Vec<&'static str>>>,
        fetches: Shared<u32>,
    }

    impl Issuer {
        fn publish(&self, ids: Option<Vec<&'static str>>) {
            *self.ids.lock().unwrap() = ids;
        }
    }

    #[async_trait]
    impl KeySetSource for Issuer {
        async fn fetch(&self) -> Result<Bytes, Fault> {
            *self.fetches.lock().unwrap() += 1;
            tokio::time::sleep(Duration::from_secs(1)).await;
            let ids = self.ids.lock().unwrap().clone();
            let ids = ids.ok_or_else(|| Fault::transient("the issuer is down"))?;
            // The public key of RFC 8037, appendix A.2.
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            let key = |id| json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": id });
            let keys: Vec<_> = ids.into_iter().map(key).collect();
            Ok(json!({ "keys": keys }).to_string().into())
        }
    }

    fn jwks(ids: Vec<&'static str>) -> (Arc<Issuer>, Arc<Jwks>) {
        let issuer = Arc::new(Issuer::default());
        issuer.publish(Some(ids));
        (issuer.clone(), Jwks::new(issuer, TokenAlgorithm::EdDSA))
    }

    async fn has(jwks: &Arc<Jwks>, id: &str) -> bool {
        jwks.find(Some(id)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_key_is_found_after_the_cooldown() {
        let (issuer, jwks) = jwks(vec!["old"]);
        assert!(has(&jwks, "old").await);
        issuer.publish(Some(vec!["old", "new"]));
        assert!(!has(&jwks, "new").await);
        advance(COOLDOWN).await;
        assert!(has(&jwks, "new").await);
        assert_eq!(*issuer.fetches.lock().unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_removed_key_stops_working_after_the_maximum_age() {
        let (issuer, jwks) = jwks(vec!["old"]);
        assert!(has(&jwks, "old").await);
        issuer.publish(Some(vec!["new"]));
        advance(MAX_AGE - Duration::from_secs(10)).await;
        assert!(has(&jwks, "old").await);
        advance(Duration::from_secs(10)).await;
        assert!(!has(&jwks, "old").await);
        assert!(has(&jwks, "new").await);
        assert_eq!(*issuer.fetches.lock().unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_keys_stay_through_an_outage() {
        let (issuer, jwks) = jwks(vec!["old"]);
        assert!(has(&jwks, "old").await);
        issuer.publish(None);
        for minute in 0..60 {
            advance(Duration::from_secs(60)).await;
            assert!(has(&jwks, "old").await, "after {minute} minutes");
        }
        issuer.publish(Some(vec!["new"]));
        advance(COOLDOWN).await;
        assert!(has(&jwks, "new").await && !has(&jwks, "old").await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_disconnects_cancels_no_fetch() {
        let (issuer, jwks) = jwks(vec!["a"]);
        let short = Duration::from_millis(1);
        assert!(tokio::time::timeout(short, has(&jwks, "unknown")).await.is_err());
        assert!(has(&jwks, "a").await);
        assert_eq!(*issuer.fetches.lock().unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn many_requests_share_one_fetch() {
        let (issuer, jwks) = jwks(vec!["a"]);
        let many = (0..20).map(|_| has(&jwks, "a"));
        assert!(futures_util::future::join_all(many).await.into_iter().all(|found| found));
        assert_eq!(*issuer.fetches.lock().unwrap(), 1);
    }
}
