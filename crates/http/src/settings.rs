use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use injeung_adapter::Workers;
use injeung_adapter::settings::{defaults, seconds, within};
use injeung_domain::PhotoLimits;
use serde::{Deserialize, Deserializer};

use crate::{
    AuditSettings, Authentication, BackgroundMetrics, EnvelopeStyle, MinRate, PagesSettings,
    RateSettings, Tls,
};

/// Settings of the HTTP service.
#[derive(Clone)]
pub struct Settings {
    /// Reading of requests and writing of responses.
    pub http: HttpSettings,
    /// Number of threads and duration of a shutdown.
    pub server: ServerSettings,
    /// Minimum side and maximum number of pixels of accepted photos.
    pub photo_limits: PhotoLimits,
    /// Verification of the credentials of requests.
    pub authentication: Authentication,
    /// Certificate of the service; `None` for unencrypted connections.
    pub tls: Option<Tls>,
    /// Directory of the files that are served under `/objects/`, each named by its object key; `None` serves none.
    pub objects_dir: Option<PathBuf>,
    /// Records of verifications.
    pub audit: AuditSettings,
    /// The pages for people.
    pub pages: PagesSettings,
    /// Workers of the adapters, for `/metrics`. While one of them is full, requests are rejected before their body is read.
    pub pools: Vec<Pool>,
    /// Counters of the work beside the requests, for `/metrics`.
    pub background: BackgroundMetrics,
}

/// Workers with their name in the metrics.
pub type Pool = (&'static str, Workers);

/// Limits of requests and format of responses: `[http]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct HttpSettings {
    /// Whether responses repeat their status in the body.
    pub envelope: EnvelopeStyle,
    /// Maximum length of a request body, in bytes. A photo in base64 is a third longer than its
    /// file.
    #[serde(deserialize_with = "within::<_, _, 1024, 1_073_741_824>")]
    pub max_body_bytes: usize,
    /// Maximum number of bytes of request bodies in memory, from their arrival to their response, at least
    /// `max_body_bytes`. A body beyond that is rejected with 503. Parsing takes up to twice as much in addition.
    #[serde(deserialize_with = "within::<_, _, 1024, 1_099_511_627_776>")]
    pub max_held_bytes: usize,
    /// Maximum duration of a body's transfer; a slower one is rejected with 408.
    #[serde(rename = "body_timeout_s", deserialize_with = "seconds::<_, 1, 3600>")]
    pub body_timeout: Duration,
    /// Minimum rate of a transfer. A slower body is rejected with 408; the connection of a client that reads its
    /// response more slowly is closed.
    #[serde(flatten)]
    pub min_rate: MinRate,
    /// Maximum duration of the transfer of a request's head; after it the connection is closed.
    #[serde(rename = "head_timeout_s", deserialize_with = "seconds::<_, 1, 3600>")]
    pub head_timeout: Duration,
    /// Maximum number of connections per client address (IPv4 address or IPv6 /64 network); further ones are closed.
    /// `None`, 0 in the configuration, is no limit: behind a proxy all clients share its address.
    #[serde(deserialize_with = "max_connections")]
    pub max_connections_per_address: Option<NonZeroUsize>,
    /// Maximum number of photos sent from [`Settings::objects_dir`] at once; further requests are rejected with 503.
    #[serde(deserialize_with = "max_downloads")]
    pub max_downloads: NonZeroUsize,
    /// Rate limits per caller and address.
    pub rates: RateSettings,
}

fn max_connections<'de, D>(deserializer: D) -> Result<Option<NonZeroUsize>, D::Error>
where
    D: Deserializer<'de>,
{
    within::<_, usize, 0, 1_000_000>(deserializer).map(NonZeroUsize::new)
}

fn max_downloads<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroUsize, D::Error> {
    let number = within::<_, usize, 1, 10_000>(deserializer)?;
    Ok(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN))
}

impl HttpSettings {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let too_small = self.max_held_bytes < self.max_body_bytes;
        too_small
            .then(|| "max_held_bytes: must be at least http.max_body_bytes".to_owned())
            .into_iter()
            .collect()
    }
}

impl Default for HttpSettings {
    /// Section `[http]` of config/default.toml.
    fn default() -> Self {
        defaults("http")
    }
}

/// Number of threads and duration of a shutdown: a part of the section `[server]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct ServerSettings {
    /// Number of threads that read requests and write responses, from 1 to 512. A few are enough, because photos are
    /// processed on other threads. In the configuration 0 is the number of cores.
    #[serde(deserialize_with = "workers")]
    pub workers: NonZeroUsize,
    /// Maximum time that a shutdown waits for accepted requests.
    #[serde(rename = "shutdown_timeout_s", deserialize_with = "seconds::<_, 1, 3600>")]
    pub shutdown_timeout: Duration,
}

fn workers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroUsize, D::Error> {
    let number = within::<_, usize, 0, 512>(deserializer)?;
    let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Ok(NonZeroUsize::new(number).unwrap_or_else(cores))
}

impl Default for ServerSettings {
    /// Section `[server]` of config/default.toml.
    fn default() -> Self {
        defaults("server")
    }
}
