//! Sections that select adapters, belong to the program itself, or contain the domain's settings.
//! The adapters define all other sections.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use injeung_adapter::settings::{
    milliseconds, optional_text, optional_web_address, parsed, seconds, share, within,
};
use injeung_domain::{PhotoLimits, ReplayRule, RequestKeyRules, TimeZone};
use injeung_http::ServerSettings;
use injeung_storage::S3Settings;
use injeung_vision::{
    CascadeSettings, ChainThresholds, ClarifaiSettings, LocalClassifierSettings, OpenAiSettings,
    RekognitionSettings,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tracing_subscriber::EnvFilter;

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Server {
    pub(crate) bind: SocketAddr,
    #[serde(deserialize_with = "parsed")]
    pub(crate) time_zone: TimeZone,
    #[serde(deserialize_with = "optional_file")]
    pub(crate) tls_certificate: Option<PathBuf>,
    #[serde(deserialize_with = "optional_file")]
    pub(crate) tls_key: Option<PathBuf>,
    #[serde(flatten)]
    pub(crate) http: ServerSettings,
}

impl Server {
    /// URL of the service on an address.
    pub(crate) fn url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls_certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    pub(super) fn contradictions(&self) -> Vec<String> {
        let is_half = self.tls_certificate.is_some() != self.tls_key.is_some();
        let problem = || "tls_certificate: set both it and tls_key, or none".to_owned();
        is_half.then(problem).into_iter().collect()
    }
}

fn optional_file<'de, D>(deserializer: D) -> Result<Option<PathBuf>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(optional_text(deserializer)?.map(PathBuf::from))
}

/// `[photos]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Photos {
    #[serde(deserialize_with = "within::<_, _, 16, 4096>")]
    min_side: u32,
    #[serde(deserialize_with = "within::<_, _, 10_000, 1_000_000_000>")]
    max_pixels: u64,
}

impl Photos {
    pub(super) fn contradictions(self) -> Vec<String> {
        let is_too_long = u64::from(self.min_side).pow(2) > self.max_pixels;
        let problem = || "min_side: its square must be at most photos.max_pixels".to_owned();
        is_too_long.then(problem).into_iter().collect()
    }
}

impl Photos {
    /// Maximum memory of a decode in bytes: 11 per pixel of a PNG or WebP (docs/scaling.md), half as much again, and the
    /// file. JPEGs need less.
    pub(crate) fn decoder_memory(self) -> u64 {
        self.max_pixels * 16 + (256 << 20)
    }
}

impl From<Photos> for PhotoLimits {
    fn from(Photos { min_side, max_pixels }: Photos) -> Self {
        Self { min_side, max_pixels }
    }
}

/// `[objects]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Objects {
    pub(crate) kind: ObjectsKind,
    #[serde(deserialize_with = "directory")]
    pub(crate) dir: PathBuf,
    #[serde(deserialize_with = "optional_web_address")]
    pub(crate) public_base: Option<String>,
    pub(crate) s3: S3Settings,
}

fn directory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    if path.as_os_str().is_empty() { Err(D::Error::custom("must not be empty")) } else { Ok(path) }
}

/// `objects.kind`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ObjectsKind {
    Disk,
    S3,
    #[cfg(feature = "rusoto")]
    Rusoto,
}

/// `[vision]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Vision {
    /// 0 in the configuration means the number of cores.
    #[serde(deserialize_with = "workers")]
    pub(crate) workers: NonZeroUsize,
    #[serde(deserialize_with = "within::<_, _, 1, 10_000>")]
    pub(crate) queue: usize,
    #[serde(rename = "queue_timeout_ms", deserialize_with = "milliseconds::<_, 1, 120_000>")]
    pub(crate) queue_timeout: Duration,
    pub(crate) isolate_decoder: bool,
    #[serde(deserialize_with = "within::<_, _, 1, 300>")]
    pub(crate) decoder_cpu_s: u32,
    #[serde(flatten)]
    pub(crate) cascade: CascadeSettings,
}

fn workers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroUsize, D::Error> {
    let number = within::<_, usize, 0, 1024>(deserializer)?;
    let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Ok(NonZeroUsize::new(number).unwrap_or_else(cores))
}

/// `[classifier]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Classifier {
    kind: ClassifierName,
    pub(crate) local: LocalClassifierSettings,
    pub(crate) clarifai: ClarifaiSettings,
    pub(crate) openai: OpenAiSettings,
    pub(crate) rekognition: RekognitionSettings,
    pub(crate) chain: Chain,
}

/// `[classifier.chain]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Chain {
    first: ChainFirst,
    second: ChainSecond,
    #[serde(flatten)]
    pub(crate) thresholds: ChainThresholds,
}

/// `classifier.chain.first`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChainFirst {
    Local,
    Clarifai,
    #[cfg(feature = "rekognition")]
    Rekognition,
}

/// `classifier.chain.second`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChainSecond {
    Clarifai,
    OpenAi,
    #[cfg(feature = "rekognition")]
    Rekognition,
}

/// The selected classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClassifierKind {
    One(OneClassifier),
    Chain { first: OneClassifier, second: OneClassifier },
}

/// A classifier that is no chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OneClassifier {
    Local,
    Clarifai,
    OpenAi,
    #[cfg(feature = "rekognition")]
    Rekognition,
}

/// `classifier.kind`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClassifierName {
    Auto,
    Local,
    Clarifai,
    OpenAi,
    #[cfg(feature = "rekognition")]
    Rekognition,
    Chain,
}

impl Classifier {
    /// Returns the selected classifier: `auto` selects Clarifai if there is a key.
    pub(crate) fn kind(&self) -> ClassifierKind {
        let one = match self.kind {
            ClassifierName::Local => OneClassifier::Local,
            ClassifierName::Clarifai => OneClassifier::Clarifai,
            ClassifierName::OpenAi => OneClassifier::OpenAi,
            #[cfg(feature = "rekognition")]
            ClassifierName::Rekognition => OneClassifier::Rekognition,
            ClassifierName::Auto if self.clarifai.key.is_empty() => OneClassifier::Local,
            ClassifierName::Auto => OneClassifier::Clarifai,
            ClassifierName::Chain => return self.chain.kind(),
        };
        ClassifierKind::One(one)
    }

    /// Maximum duration of a classification by the selected services.
    pub(super) fn deadline(&self) -> Duration {
        // The local classifier has no deadline; Clarifai's is counted for it.
        let of = |one| match one {
            OneClassifier::Local | OneClassifier::Clarifai => self.clarifai.calls.deadline,
            OneClassifier::OpenAi => self.openai.calls.deadline,
            #[cfg(feature = "rekognition")]
            OneClassifier::Rekognition => self.rekognition.calls.deadline,
        };
        match self.kind() {
            ClassifierKind::One(one) => of(one),
            ClassifierKind::Chain { first, second } => of(first) + of(second),
        }
    }

    pub(super) fn contradictions(&self) -> Vec<String> {
        let used = match self.kind() {
            ClassifierKind::One(one) => vec![one],
            ClassifierKind::Chain { first, second } => vec![first, second],
        };
        let lacks_key = used.contains(&OneClassifier::Clarifai) && self.clarifai.key.is_empty();
        let lacks_model = used.contains(&OneClassifier::OpenAi) && self.openai.model.is_none();
        let is_doubled = matches!(used[..], [first, second] if first == second);
        let problems = [
            (lacks_key, "clarifai.key: must be set if Clarifai is the classifier or in the chain"),
            (
                lacks_model,
                "openai.model: must be set if \"openai\" is the classifier or in the chain",
            ),
            (is_doubled, "chain.second: must differ from chain.first"),
        ];
        problems.into_iter().filter(|(found, _)| *found).map(|(_, text)| text.to_owned()).collect()
    }
}

impl Chain {
    fn kind(&self) -> ClassifierKind {
        let first = match self.first {
            ChainFirst::Local => OneClassifier::Local,
            ChainFirst::Clarifai => OneClassifier::Clarifai,
            #[cfg(feature = "rekognition")]
            ChainFirst::Rekognition => OneClassifier::Rekognition,
        };
        let second = match self.second {
            ChainSecond::Clarifai => OneClassifier::Clarifai,
            ChainSecond::OpenAi => OneClassifier::OpenAi,
            #[cfg(feature = "rekognition")]
            ChainSecond::Rekognition => OneClassifier::Rekognition,
        };
        ClassifierKind::Chain { first, second }
    }
}

/// `[rules]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Rules {
    pub(crate) once_per_day: bool,
    /// `None` for no limit, which is 0 in the configuration.
    #[serde(deserialize_with = "attempts")]
    pub(crate) max_attempts_per_window: Option<NonZeroU32>,
    pub(crate) replay: Replay,
    pub(crate) replay_scope: ReplayScope,
    pub(crate) learn_views: bool,
}

/// `rules.replay`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Replay {
    Off,
    Flag,
    Reject,
}

impl From<Replay> for ReplayRule {
    fn from(replay: Replay) -> Self {
        match replay {
            Replay::Off => Self::Off,
            Replay::Flag => Self::Flag,
            Replay::Reject => Self::Reject,
        }
    }
}

/// `rules.replay_scope`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReplayScope {
    Participation,
    Group,
    All,
}

impl From<ReplayScope> for injeung_domain::ReplayScope {
    fn from(scope: ReplayScope) -> Self {
        match scope {
            ReplayScope::Participation => Self::Participation,
            ReplayScope::Group => Self::Group,
            ReplayScope::All => Self::All,
        }
    }
}

fn attempts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NonZeroU32>, D::Error> {
    within::<_, u32, 0, 1_000_000>(deserializer).map(NonZeroU32::new)
}

/// `[request_keys]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct RequestKeys {
    #[serde(rename = "keep_s", deserialize_with = "seconds::<_, 1, 2_592_000>")]
    keep: Duration,
    #[serde(rename = "claim_s", deserialize_with = "seconds::<_, 1, 3600>")]
    claim: Duration,
    #[serde(rename = "wait_ms", deserialize_with = "milliseconds::<_, 0, 60_000>")]
    wait: Duration,
}

impl From<RequestKeys> for RequestKeyRules {
    fn from(RequestKeys { keep, claim, wait }: RequestKeys) -> Self {
        // Each at most 30 days.
        let [keep, claim, wait] = [keep, claim, wait]
            .map(|duration| time::Duration::try_from(duration).unwrap_or(time::Duration::MAX));
        Self { keep, claim, wait }
    }
}

/// `[clean_up]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct CleanUp {
    #[serde(rename = "interval_s", deserialize_with = "seconds::<_, 1, 86_400>")]
    pub(crate) interval: Duration,
    #[serde(rename = "grace_s", deserialize_with = "seconds::<_, 60, 604_800>")]
    pub(crate) grace: Duration,
}

/// `[traces]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Traces {
    #[serde(deserialize_with = "optional_web_address")]
    pub(crate) endpoint: Option<String>,
    #[serde(deserialize_with = "share")]
    pub(crate) ratio: f32,
}

impl Traces {
    pub(super) fn contradictions(&self) -> Vec<String> {
        let is_lost = self.endpoint.is_some() && !cfg!(feature = "otlp");
        let problem = || "endpoint: this program was built without the feature otlp".to_owned();
        is_lost.then(problem).into_iter().collect()
    }
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    #[serde(deserialize_with = "filter")]
    pub(crate) filter: String,
}

fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let filter = String::deserialize(deserializer)?;
    EnvFilter::try_new(&filter).map_err(D::Error::custom)?;
    Ok(filter)
}

/// `log.format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}
