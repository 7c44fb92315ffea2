//! Rate limits per caller and per client address, on requests and on bytes.
//!
//! A limit is a token bucket (the generic cell rate algorithm, by the crate `governor`): it holds the amount of one
//! minute and fills evenly. Each replica counts by itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::ServiceRequest;
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use injeung_adapter::settings::within;
use injeung_domain::Caller;
use serde::{Deserialize, Deserializer};

use crate::connection::network;
use crate::error::Answer;
use crate::server::Server;
use crate::upload::announced_length;
use crate::{envelope, error, log, routes};

/// `[http.rates]` of the configuration.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct RateSettings {
    /// Number of requests that a photo counts as if it was examined and rejected, 1 to 1000: it costs the CPU time of several
    /// accepted ones.
    #[serde(deserialize_with = "within::<_, _, 1, 1000>")]
    pub rejected_photo: u32,
    /// Limits of each participant, whose credential is a token.
    pub participant: RateLimit,
    /// Limits of the API keys with one name.
    pub api_key: RateLimit,
    /// Limits of each client address (IPv4 address or IPv6 /64 network), with or without a credential.
    pub address: RateLimit,
}

/// Limits of one caller; `None`, 0 in the configuration, is no limit.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct RateLimit {
    /// Requests per minute, up to 1000000; as many are admitted at once.
    #[serde(deserialize_with = "limit::<_, 1_000_000>")]
    pub requests_per_minute: Option<NonZeroU32>,
    /// KiB of request bodies per minute, up to 1073741824; at least one body is admitted at once.
    #[serde(deserialize_with = "limit::<_, 1_073_741_824>")]
    pub kib_per_minute: Option<NonZeroU32>,
}

fn limit<'de, D, const MAX: u64>(deserializer: D) -> Result<Option<NonZeroU32>, D::Error>
where
    D: Deserializer<'de>,
{
    within::<_, u32, 0, MAX>(deserializer).map(NonZeroU32::new)
}

/// A request beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("admit the request: {of} is at its limit of {amount} for {retry_after:?}")]
pub(crate) struct RateError {
    of: &'static str,
    amount: &'static str,
    /// Time until the limit admits the request.
    pub(crate) retry_after: Duration,
}

/// The rates of all callers and addresses.
pub(crate) struct Rates {
    rejected_photo: u32,
    participants: Buckets<String>,
    api_keys: Buckets<String>,
    addresses: Buckets<IpAddr>,
}

impl Rates {
    /// Rates that are all at 0. `max_body_bytes` is always admitted at once.
    pub(crate) fn new(settings: &RateSettings, max_body_bytes: usize) -> Self {
        let body = kib(max_body_bytes);
        Self {
            rejected_photo: settings.rejected_photo,
            participants: Buckets::new("the participant", settings.participant, body),
            api_keys: Buckets::new("the API key", settings.api_key, body),
            addresses: Buckets::new("the address", settings.address, body),
        }
    }

    /// Counts a request with a body of this many bytes for its caller.
    ///
    /// # Errors
    /// If the caller is at a limit.
    pub(crate) fn admit(&self, caller: &Caller, bytes: usize) -> Result<(), RateError> {
        match caller {
            Caller::Anyone => Ok(()),
            Caller::Service(name) => self.api_keys.admit(&name.to_string(), bytes),
            Caller::Participant(user) => self.participants.admit(&user.to_string(), bytes),
        }
    }

    /// Counts a photo that was examined and rejected as more requests of its caller and address.
    pub(crate) fn charge_rejected_photo(&self, caller: &Caller, address: Option<IpAddr>) {
        let more = self.rejected_photo.saturating_sub(1);
        match caller {
            Caller::Anyone => {}
            Caller::Service(name) => self.api_keys.charge(&name.to_string(), more),
            Caller::Participant(user) => self.participants.charge(&user.to_string(), more),
        }
        if let Some(address) = address {
            self.addresses.charge(&network(address), more);
        }
    }
}

/// Counts a request for its client's address, and answers with 429 if the address is at a limit. Probes and metrics are not
/// counted, so that they respond under any load.
pub(crate) async fn limit_address(
    server: web::Data<Server>,
    request: ServiceRequest,
    next: Next<impl actix_web::body::MessageBody + 'static>,
) -> Result<actix_web::dev::ServiceResponse<actix_web::body::BoxBody>, Error> {
    let is_exempt = routes::is_probe(request.path());
    if let Some(address) = address(request.request()).filter(|_| !is_exempt) {
        let bytes = body_bytes(&server, request.request());
        if let Err(error) = server.rates.addresses.admit(&network(address), bytes) {
            let refused = refuse(&server, &error);
            let refused = envelope::render(server.settings.envelope, &refused);
            return Ok(request.into_response(refused));
        }
    }
    next.call(request).await.map(|response| response.map_into_boxed_body())
}

/// Logs and counts a request beyond a limit. Returns its response.
pub(crate) fn refuse(server: &Server, rate: &RateError) -> Answer {
    let answer = error::rate(rate);
    server.metrics.rate_limited(rate.of, rate.amount);
    log::outcome(&answer, None, None, rate);
    answer
}

/// Address of a request's client.
pub(crate) fn address(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip())
}

/// Length of a request's body: the announced one, or the maximum if it is announced in chunks.
pub(crate) fn body_bytes(server: &Server, request: &HttpRequest) -> usize {
    let most = server.settings.max_body_bytes;
    match announced_length(request) {
        Some(length) => length.min(most),
        None if request.headers().contains_key("transfer-encoding") => most,
        None => 0,
    }
}

type Bucket<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// The buckets of all callers of one kind.
struct Buckets<K: Hash + Eq + Clone> {
    of: &'static str,
    requests: Option<Bucket<K>>,
    kib: Option<Bucket<K>>,
    /// Requests that rejected photos count as and that the bucket did not hold. They are paid first.
    owed: Mutex<HashMap<K, u32>>,
    /// Number of admitted requests since full buckets were last forgotten.
    admitted: AtomicU32,
}

/// Number of admitted requests after which full buckets are forgotten, which bounds their memory.
const FORGET_EVERY: u32 = 10_000;

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(of: &'static str, limit: RateLimit, body: NonZeroU32) -> Self {
        let bucket =
            |quota| RateLimiter::new(quota, HashMapStateStore::default(), DefaultClock::default());
        Self {
            of,
            requests: limit.requests_per_minute.map(|most| bucket(Quota::per_minute(most))),
            kib: limit
                .kib_per_minute
                .map(|most| bucket(Quota::per_minute(most).allow_burst(most.max(body)))),
            owed: Mutex::default(),
            admitted: AtomicU32::new(0),
        }
    }

    fn admit(&self, key: &K, bytes: usize) -> Result<(), RateError> {
        if self.admitted.fetch_add(1, Ordering::Relaxed) >= FORGET_EVERY {
            self.admitted.store(0, Ordering::Relaxed);
            self.requests.iter().chain(&self.kib).for_each(RateLimiter::retain_recent);
        }
        let refused = |bucket: &Bucket<K>, amount, until: NotUntil<Instant>| {
            let retry_after = until.wait_time_from(bucket.clock().now());
            RateError { of: self.of, amount, retry_after }
        };
        if let Some(requests) = &self.requests {
            self.pay(requests, key)
                .and_then(|()| requests.check_key(key))
                .map_err(|until| refused(requests, "requests", until))?;
        }
        if let Some(kibs) = &self.kib {
            // The bucket holds at least one whole body.
            let admitted = kibs.check_key_n(key, kib(bytes)).unwrap_or(Ok(()));
            admitted.map_err(|until| refused(kibs, "bytes", until))?;
        }
        Ok(())
    }

    /// Takes this many requests out of the bucket, now or as soon as it holds them.
    fn charge(&self, key: &K, requests: u32) {
        if let Some(bucket) = &self.requests {
            *self.owed().entry(key.clone()).or_default() += requests;
            // A bucket that is empty now pays before the next request.
            self.pay(bucket, key).ok();
        }
    }

    /// Pays what the key owes.
    ///
    /// # Errors
    /// If the bucket does not hold that much.
    fn pay(&self, bucket: &Bucket<K>, key: &K) -> Result<(), NotUntil<Instant>> {
        let mut owed = self.owed();
        let Some(requests) = owed.get_mut(key) else { return Ok(()) };
        while *requests > 0 {
            bucket.check_key(key)?;
            *requests -= 1;
        }
        owed.remove(key);
        Ok(())
    }

    fn owed(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes in KiB, rounded up, at least 1.
fn kib(bytes: usize) -> NonZeroU32 {
    u32::try_from(bytes.div_ceil(1024)).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const NO_LIMIT: RateLimit = RateLimit { requests_per_minute: None, kib_per_minute: None };

    fn rates(participant: RateLimit) -> Rates {
        let settings =
            RateSettings { rejected_photo: 5, participant, api_key: NO_LIMIT, address: NO_LIMIT };
        Rates::new(&settings, 100 * 1024)
    }

    fn participant(name: &str) -> Caller {
        Caller::Participant(name.parse().unwrap())
    }

    #[test]
    fn a_caller_at_its_limit_is_told_when_to_retry_and_others_are_admitted() {
        let rates = rates(RateLimit { requests_per_minute: NonZeroU32::new(6), ..NO_LIMIT });
        let kim = participant("kim");
        for _ in 0..6 {
            rates.admit(&kim, 1).unwrap();
        }
        let refused = rates.admit(&kim, 1).unwrap_err();
        assert_eq!((refused.of, refused.amount), ("the participant", "requests"));
        // One request fits every 10 seconds.
        assert!((8..=10).contains(&refused.retry_after.as_secs()), "{refused}");
        rates.admit(&participant("lee"), 1).unwrap();
        rates.admit(&Caller::Anyone, 1).unwrap();
        rates.admit(&Caller::Service("app".parse().unwrap()), 1).unwrap();
    }

    #[test]
    fn bytes_are_limited_and_one_body_always_fits() {
        let rates = rates(RateLimit { kib_per_minute: NonZeroU32::new(10), ..NO_LIMIT });
        let kim = participant("kim");
        rates.admit(&kim, 100 * 1024).unwrap();
        let refused = rates.admit(&kim, 2048).unwrap_err();
        assert_eq!(refused.amount, "bytes");
        assert!((8..=12).contains(&refused.retry_after.as_secs()), "{refused}");
    }

    #[test]
    fn a_rejected_photo_counts_as_several_requests() {
        let rates = rates(RateLimit { requests_per_minute: NonZeroU32::new(12), ..NO_LIMIT });
        let kim = participant("kim");
        for _ in 0..2 {
            rates.admit(&kim, 1).unwrap();
            rates.charge_rejected_photo(&kim, None);
        }
        rates.admit(&kim, 1).unwrap();
        rates.charge_rejected_photo(&kim, None);
        rates.admit(&kim, 1).unwrap_err();
    }

    #[test]
    fn photos_rejected_at_once_are_paid_later() {
        let rates = rates(RateLimit { requests_per_minute: NonZeroU32::new(6), ..NO_LIMIT });
        let kim = participant("kim");
        for _ in 0..6 {
            rates.admit(&kim, 1).unwrap();
        }
        for _ in 0..6 {
            rates.charge_rejected_photo(&kim, None);
        }
        rates.admit(&kim, 1).unwrap_err();
        let owed = *rates.participants.owed().get("kim").unwrap();
        assert_eq!(owed, 24);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let rates =
            rates(RateLimit { requests_per_minute: NonZeroU32::new(1_000_000), ..NO_LIMIT });
        for number in 0..2 * FORGET_EVERY {
            rates.admit(&participant(&format!("user {number}")), 1).unwrap();
        }
        let known = rates.participants.requests.as_ref().unwrap().len();
        assert!(known < FORGET_EVERY as usize + 5000, "{known}");
    }
}
