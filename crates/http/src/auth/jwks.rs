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
    fetches: Mutex<Fetches>,
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
    pub(super) fn new(source: Arc<dyn KeySetSource>, algorithm: TokenAlgorithm) -> Self {
        let (cached, fetches) = (RwLock::default(), Mutex::default());
        Self { source, algorithm, cached, fetches }
    }

    /// The key with an id, or the only key for a token without an id.
    ///
    /// # Errors
    /// If there is no such key, or no key set could be fetched yet.
    pub(super) async fn find(&self, id: Option<&str>) -> Result<DecodingKey, TokenError> {
        let fetches = match self.fetches.try_lock() {
            Ok(fetches) => Some(fetches),
            // Another request is fetching, which a known key need not await.
            Err(_) if self.known(id).is_some() => None,
            Err(_) => Some(self.fetches.lock().await),
        };
        if let Some(mut fetches) = fetches
            && (fetches.is_old() || self.known(id).is_none())
        {
            self.refresh(&mut fetches).await;
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
