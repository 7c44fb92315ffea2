use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use injeung_domain::TimeZone;
use injeung_vision::{ExtraNames, Secret};
use serde::Deserialize;

use super::Section;

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Server {
    pub(crate) bind: SocketAddr,
    pub(crate) workers: usize,
    pub(crate) shutdown_timeout_s: u64,
    pub(crate) time_zone: String,
}

impl Section for Server {
    fn check(&self, problems: &mut Vec<String>) {
        within("server.shutdown_timeout_s", self.shutdown_timeout_s, 1..=3600, problems);
        within("server.workers", self.workers, 0..=512, problems);
        if let Err(error) = self.time_zone.parse::<TimeZone>() {
            problems.push(format!("server.time_zone: {error}"));
        }
    }
}

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Http {
    pub(crate) envelope: EnvelopeStyle,
    pub(crate) max_body_bytes: usize,
    pub(crate) max_held_bytes: usize,
    pub(crate) body_timeout_s: u64,
    pub(crate) min_bytes_per_s: u64,
    pub(crate) rate_window_s: u64,
    pub(crate) head_timeout_s: u64,
    pub(crate) max_connections_per_address: usize,
    pub(crate) max_downloads: usize,
}

/// `http.envelope`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EnvelopeStyle {
    Wrapped,
    Bare,
}

impl Section for Http {
    fn check(&self, problems: &mut Vec<String>) {
        within("http.max_body_bytes", self.max_body_bytes, 1024..=1 << 30, problems);
        within("http.max_held_bytes", self.max_held_bytes, 1024..=1 << 40, problems);
        if self.max_held_bytes < self.max_body_bytes {
            problems.push("http.max_held_bytes: is less than max_body_bytes".to_owned());
        }
        within("http.body_timeout_s", self.body_timeout_s, 1..=3600, problems);
        within("http.min_bytes_per_s", self.min_bytes_per_s, 1..=1 << 30, problems);
        within("http.rate_window_s", self.rate_window_s, 1..=3600, problems);
        within("http.head_timeout_s", self.head_timeout_s, 1..=3600, problems);
        let connections = self.max_connections_per_address;
        within("http.max_connections_per_address", connections, 0..=1_000_000, problems);
        within("http.max_downloads", self.max_downloads, 1..=10_000, problems);
    }
}

/// `[photos]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Photos {
    pub(crate) min_side: u32,
    pub(crate) max_pixels: u64,
}

impl Section for Photos {
    fn check(&self, problems: &mut Vec<String>) {
        within("photos.min_side", self.min_side, 16..=4096, problems);
        within("photos.max_pixels", self.max_pixels, 10_000..=1_000_000_000, problems);
        if u64::from(self.min_side).pow(2) > self.max_pixels {
            problems.push("photos.min_side: its square is more than photos.max_pixels".to_owned());
        }
    }
}

/// `[vision]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Vision {
    pub(crate) workers: usize,
    pub(crate) queue: usize,
    pub(crate) operating_point: OperatingPointName,
    pub(crate) min_features: u32,
    pub(crate) warn_features: u32,
    pub(crate) points_side: u32,
    pub(crate) cached_references: usize,
    pub(crate) quick: Points,
    pub(crate) sift: Points,
    pub(crate) neural: Neural,
}

/// `vision.operating_point`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OperatingPointName {
    Strict,
    Balanced,
    Lenient,
}

/// `[vision.quick]` and `[vision.sift]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Points {
    pub(crate) enabled: bool,
    pub(crate) max_features: u32,
    pub(crate) ratio: f64,
}

/// `[vision.neural]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Neural {
    pub(crate) enabled: bool,
    pub(crate) xfeat: PathBuf,
    pub(crate) lighterglue: PathBuf,
    pub(crate) working_side: u32,
    pub(crate) max_features: usize,
    pub(crate) min_features: u32,
    pub(crate) warn_features: u32,
    pub(crate) min_cosine: f32,
    pub(crate) matcher_enabled: bool,
    pub(crate) aligned_enabled: bool,
    pub(crate) matcher_features: usize,
    pub(crate) min_confidence: f32,
    pub(crate) min_matchable: f32,
}

impl Section for Vision {
    fn check(&self, problems: &mut Vec<String>) {
        within("vision.workers", self.workers, 0..=1024, problems);
        within("vision.queue", self.queue, 1..=10_000, problems);
        let neural = &self.neural;
        for (section, min, warn) in [
            ("vision", self.min_features, self.warn_features),
            ("vision.neural", neural.min_features, neural.warn_features),
        ] {
            if warn < min {
                problems.push(format!("{section}.warn_features: is less than min_features"));
            }
        }
        if neural.warn_features as usize > neural.max_features {
            problems.push("vision.neural.warn_features: is more than max_features".to_owned());
        }
        // The neural tier can turn out to be off for want of its files.
        if !self.quick.enabled && !self.sift.enabled {
            problems.push("vision.quick.enabled: is off, as is vision.sift.enabled".to_owned());
        }
        within("vision.points_side", self.points_side, 160..=1600, problems);
        within("vision.cached_references", self.cached_references, 0..=100_000, problems);
        for (name, points) in [("quick", &self.quick), ("sift", &self.sift)] {
            let key = |field: &str| format!("vision.{name}.{field}");
            within(&key("max_features"), points.max_features, 200..=8000, problems);
            within(&key("ratio"), points.ratio, 0.5..=1.0, problems);
        }
        let key = |field: &str| format!("vision.neural.{field}");
        within(&key("working_side"), neural.working_side, 160..=1024, problems);
        within(&key("max_features"), neural.max_features, 100..=8000, problems);
        within(&key("min_cosine"), neural.min_cosine, 0.0..=1.0, problems);
        within(&key("matcher_features"), neural.matcher_features, 100..=2048, problems);
        within(&key("min_confidence"), neural.min_confidence, 0.0..=1.0, problems);
        within(&key("min_matchable"), neural.min_matchable, 0.0..=0.9, problems);
    }
}

/// `[classifier]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Classifier {
    kind: ClassifierName,
    pub(crate) local: Local,
    pub(crate) clarifai: Clarifai,
}

/// Who says what a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClassifierKind {
    Local,
    Clarifai,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClassifierName {
    Auto,
    Local,
    Clarifai,
}

/// `[classifier.local]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Local {
    pub(crate) model: PathBuf,
    pub(crate) concepts: PathBuf,
    pub(crate) min_value: f32,
    pub(crate) extra_names: Vec<ExtraNames>,
}

/// `[classifier.clarifai]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Clarifai {
    pub(crate) base_url: String,
    pub(crate) key: Secret,
    pub(crate) user: String,
    pub(crate) app: String,
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) language: String,
    pub(crate) min_value: f32,
    pub(crate) max_concepts: u32,
    pub(crate) connect_timeout_ms: u64,
    pub(crate) request_timeout_ms: u64,
    pub(crate) deadline_ms: u64,
    pub(crate) max_attempts: u32,
    pub(crate) base_backoff_ms: u64,
}

impl Classifier {
    /// The classifier that is used: `auto` takes Clarifai where there is a key.
    pub(crate) fn kind(&self) -> ClassifierKind {
        match self.kind {
            ClassifierName::Local => ClassifierKind::Local,
            ClassifierName::Clarifai => ClassifierKind::Clarifai,
            ClassifierName::Auto if self.clarifai.key.expose().is_empty() => ClassifierKind::Local,
            ClassifierName::Auto => ClassifierKind::Clarifai,
        }
    }
}

impl Section for Classifier {
    fn check(&self, problems: &mut Vec<String>) {
        let min_value = self.local.min_value;
        within("classifier.local.min_value", min_value, f32::MIN_POSITIVE..=1.0, problems);
        for extra in &self.local.extra_names {
            if extra.names.is_empty() || extra.of.is_empty() {
                problems.push(
                    "classifier.local.extra_names: an entry has no names or no of".to_owned(),
                );
            }
        }
        let clarifai = &self.clarifai;
        let key = |field: &str| format!("classifier.clarifai.{field}");
        if self.kind == ClassifierName::Clarifai && clarifai.key.expose().is_empty() {
            problems.push(format!("{}: is empty, but classifier.kind is \"clarifai\"", key("key")));
        }
        if !is_web_address(&clarifai.base_url) {
            problems.push(format!("{}: is no http or https address", key("base_url")));
        }
        let names = [("user", &clarifai.user), ("app", &clarifai.app), ("model", &clarifai.model)];
        for (field, value) in names {
            if value.is_empty() {
                problems.push(format!("{}: is empty", key(field)));
            }
        }
        within(&key("min_value"), clarifai.min_value, 0.0..=1.0, problems);
        within(&key("max_concepts"), clarifai.max_concepts, 1..=200, problems);
        within(&key("max_attempts"), clarifai.max_attempts, 1..=10, problems);
        within(&key("base_backoff_ms"), clarifai.base_backoff_ms, 0..=120_000, problems);
        let waits = [
            ("connect_timeout_ms", clarifai.connect_timeout_ms),
            ("request_timeout_ms", clarifai.request_timeout_ms),
            ("deadline_ms", clarifai.deadline_ms),
        ];
        for (field, wait) in waits {
            within(&key(field), wait, 1..=120_000, problems);
        }
        for ((field, wait), (longer_field, longer)) in waits.iter().zip(waits.iter().skip(1)) {
            if wait > longer {
                problems.push(format!("{}: is longer than {longer_field}", key(field)));
            }
        }
    }
}

/// `[clean_up]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CleanUp {
    pub(crate) interval_s: u32,
    pub(crate) grace_s: u32,
}

impl Section for CleanUp {
    fn check(&self, problems: &mut Vec<String>) {
        within("clean_up.interval_s", self.interval_s, 1..=86_400, problems);
        within("clean_up.grace_s", self.grace_s, 60..=604_800, problems);
    }
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) filter: String,
}

/// `log.format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Section for Log {
    fn check(&self, problems: &mut Vec<String>) {
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.filter) {
            problems.push(format!("log.filter: {error}"));
        }
    }
}

pub(super) fn within<T>(key: &str, value: T, range: RangeInclusive<T>, problems: &mut Vec<String>)
where
    T: PartialOrd + Display,
{
    if !range.contains(&value) {
        problems.push(format!("{key}: {value} is not from {} to {}", range.start(), range.end()));
    }
}

pub(super) fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let is_a_host = match url.host() {
            Some(url::Host::Domain(_)) => true,
            Some(url::Host::Ipv4(address)) => !address.is_unspecified(),
            Some(url::Host::Ipv6(address)) => !address.to_canonical().is_unspecified(),
            None => false,
        };
        matches!(url.scheme(), "http" | "https")
            && is_a_host
            && url.query().is_none()
            && url.fragment().is_none()
    })
}
