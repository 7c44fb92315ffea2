use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use injeung_adapter::settings::{defaults, seconds, within};
use injeung_domain::PhotoLimits;
use serde::{Deserialize, Deserializer};

use crate::EnvelopeStyle;

/// How the service serves HTTP.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Requests and responses.
    pub http: HttpSettings,
    /// Threads and shutdown.
    pub server: ServerSettings,
    /// The sizes of accepted photos.
    pub photo_limits: PhotoLimits,
    /// Whether stored photos are served under `/objects/`.
    pub serve_objects: bool,
}

/// How requests are read and answered: `[http]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct HttpSettings {
    /// Whether responses repeat their status in the body.
    pub envelope: EnvelopeStyle,
    /// Maximum length of a request body, in bytes. A photo in base64 is a third longer than its
    /// file.
    #[serde(deserialize_with = "within::<_, _, 1024, 1_073_741_824>")]
    pub max_body_bytes: usize,
    /// Maximum number of requests that hold a body at once; more are rejected with 503. A body and
    /// its photo take up to twice `max_body_bytes`.
    #[serde(deserialize_with = "max_in_flight")]
    pub max_in_flight: NonZeroUsize,
    /// Maximum time to receive a body, from its first byte to its last.
    #[serde(rename = "body_timeout_s", deserialize_with = "seconds::<_, 1, 3600>")]
    pub body_timeout: Duration,
}

fn max_in_flight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroUsize, D::Error> {
    let number = within::<_, usize, 1, 10_000>(deserializer)?;
    Ok(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN))
}

impl Default for HttpSettings {
    /// `[http]` of config/default.toml.
    fn default() -> Self {
        defaults("http")
    }
}

/// Threads and shutdown: a part of the section `[server]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct ServerSettings {
    /// Threads that read requests and write responses, from 1 to 512. Photos are processed
    /// elsewhere, so a few are enough. In the configuration 0 stands for the number of cores.
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
    /// `[server]` of config/default.toml.
    fn default() -> Self {
        defaults("server")
    }
}
