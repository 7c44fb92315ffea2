//! Which adapter stands behind which port.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use injeung_domain::ports::{self, Clock, Ports};
use injeung_domain::{CleanUpPorts, PhotoLimits, RequestKeyRules, Rules, TimeZone};
use injeung_http::{EnvelopeStyle, MinRate};
use injeung_storage::{
    Database, DatabaseSettings, DiskObjectStore, Limits, PostgresSettings, S3Credentials,
    S3Encryption, S3ObjectStore, S3Settings, SqliteSettings, open_database,
};
use injeung_vision::{
    BlockingPool, Cascade, CascadeExtractor, CascadeSettings, ClarifaiClassifier, ClarifaiSettings,
    LocalClassifier, LocalClassifierSettings, NeuralModels, NeuralModelsError, NeuralSettings,
    OpenCvJpegEncoder, OperatingPoint, PointSettings, QualityBounds,
};
use time::OffsetDateTime;
use tracing::warn;

use crate::config::{self, Classifier, ClassifierKind, Config, EncryptionKind, ObjectsKind, S3};

/// The configured database, opened; its tables are as they were found.
pub(crate) async fn database(config: &Config) -> anyhow::Result<Arc<dyn Database>> {
    let config::Database { url, max_connections, timeout_ms, answer_timeout_ms, postgres, .. } =
        &config.database;
    let timeout = Duration::from_millis(*timeout_ms);
    let limits = Limits {
        max_running: *max_connections,
        turn_timeout: timeout,
        answer_timeout: Duration::from_millis(*answer_timeout_ms),
        ..Limits::default()
    };
    let settings = DatabaseSettings {
        sqlite: SqliteSettings { limits, busy_timeout: timeout },
        postgres: PostgresSettings {
            limits,
            connect_timeout: Duration::from_millis(postgres.connect_timeout_ms),
            statement_timeout: Duration::from_millis(postgres.statement_timeout_ms),
            lock_timeout: Duration::from_millis(postgres.lock_timeout_ms),
            idle_in_transaction_timeout: Duration::from_millis(
                postgres.idle_in_transaction_timeout_ms,
            ),
        },
    };
    open_database(url.expose(), settings).await.context("open the database")
}

/// The configured database, opened and, with `database.migrate_at_start`, migrated.
pub(crate) async fn database_at_start(config: &Config) -> anyhow::Result<Arc<dyn Database>> {
    let database = database(config).await?;
    if config.database.migrate_at_start {
        database.migrate().await.context("bring the tables up to date")?;
    }
    Ok(database)
}

/// Every port with the adapter that the configuration asks for.
///
/// `address` is where the service listens, `http://HOST:PORT`.
pub(crate) async fn ports(
    config: &Config,
    database: Arc<dyn Database>,
    address: &str,
) -> anyhow::Result<Ports> {
    let pool = BlockingPool::new(vision_workers(config).get(), config.vision.queue);
    Ok(Ports {
        clock: Arc::new(SystemClock),
        time_zone: time_zone(config)?,
        rules: rules(config),
        extractor: Arc::new(CascadeExtractor::new(
            Arc::new(cascade(config)?),
            config.vision.cached_references,
            pool.clone(),
        )),
        classifier: classifier(config, &pool)?,
        jpeg_encoder: Arc::new(OpenCvJpegEncoder::new(pool)),
        objects: objects(config, address).await?,
        participations: database.clone(),
        references: database.clone(),
        feeds: database.clone(),
        reservations: database.clone(),
        days: database.clone(),
        request_keys: database.clone(),
        leases: database,
    })
}

/// What cleaning up takes, which is no classifier and no network.
pub(crate) async fn clean_up_ports(
    config: &Config,
    database: Arc<dyn Database>,
) -> anyhow::Result<CleanUpPorts> {
    Ok(CleanUpPorts {
        clock: Arc::new(SystemClock),
        objects: objects(config, &format!("http://{}", config.server.bind)).await?,
        reservations: database.clone(),
        days: database.clone(),
        request_keys: database.clone(),
        leases: database,
    })
}

/// The rules that the configuration sets.
fn rules(config: &Config) -> Rules {
    let config::RequestKeys { keep_s, claim_s, wait_ms } = config.request_keys.clone();
    Rules {
        once_per_day: config.rules.once_per_day,
        max_attempts_per_window: NonZeroU32::new(config.rules.max_attempts_per_window),
        request_keys: RequestKeyRules {
            keep: time::Duration::seconds(keep_s.into()),
            claim: time::Duration::seconds(claim_s.into()),
            wait: time::Duration::milliseconds(wait_ms.into()),
        },
    }
}

/// The configured store of photos.
pub(crate) async fn objects(
    config: &Config,
    address: &str,
) -> anyhow::Result<Arc<dyn ports::ObjectStore>> {
    let config::Objects { kind, dir, public_base, s3 } = &config.objects;
    let public_base = Some(public_base.clone()).filter(|base| !base.is_empty());
    match kind {
        ObjectsKind::Disk => {
            let base = public_base.unwrap_or_else(|| format!("{address}/objects/"));
            let opened = DiskObjectStore::open(dir, &base, Limits::default()).await;
            let opened =
                opened.with_context(|| format!("open the object store {}", dir.display()))?;
            Ok(Arc::new(opened))
        }
        ObjectsKind::S3 => {
            let opened = S3ObjectStore::open(&s3_settings(s3, public_base));
            Ok(Arc::new(opened.with_context(|| format!("open the bucket {}", s3.bucket))?))
        }
        #[cfg(feature = "rusoto")]
        ObjectsKind::Rusoto => {
            let opened = injeung_storage::RusotoObjectStore::open(&s3_settings(s3, public_base));
            Ok(Arc::new(opened.with_context(|| format!("open the bucket {}", s3.bucket))?))
        }
    }
}

fn s3_settings(s3: &S3, public_base: Option<String>) -> S3Settings {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    S3Settings {
        bucket: s3.bucket.clone(),
        region: s3.region.clone(),
        endpoint: given(&s3.endpoint),
        virtual_hosted: s3.virtual_hosted,
        public_base,
        credentials: given(&s3.access_key_id).map(|access_key_id| S3Credentials {
            access_key_id,
            secret_access_key: s3.secret_access_key.expose().to_owned(),
            session_token: given(s3.session_token.expose()),
        }),
        cache_control: s3.cache_control.clone(),
        encryption: match s3.encryption {
            EncryptionKind::Bucket => S3Encryption::BucketDefault,
            EncryptionKind::S3 => S3Encryption::S3,
            EncryptionKind::Kms => S3Encryption::Kms { key_id: s3.kms_key_id.clone() },
        },
        connect_timeout: Duration::from_millis(s3.connect_timeout_ms),
        request_timeout: Duration::from_millis(s3.request_timeout_ms),
        max_retries: s3.max_retries,
        retry_timeout: Duration::from_millis(s3.retry_timeout_ms),
        limits: Limits { max_running: s3.max_connections, ..Limits::default() },
    }
}

/// How photos are compared.
///
/// Without the neural tier's files its settings are of no effect, which is told in the log.
pub(crate) fn cascade(config: &Config) -> anyhow::Result<Cascade> {
    let config::Vision {
        operating_point,
        min_features,
        warn_features,
        points_side,
        quick,
        sift,
        neural,
        ..
    } = &config.vision;
    let points = |points: &config::Points| {
        points
            .enabled
            .then_some(PointSettings { max_features: points.max_features, ratio: points.ratio })
    };
    let settings = CascadeSettings {
        point: match operating_point {
            config::OperatingPointName::Strict => OperatingPoint::Strict,
            config::OperatingPointName::Balanced => OperatingPoint::Balanced,
            config::OperatingPointName::Lenient => OperatingPoint::Lenient,
        },
        points_side: *points_side,
        quick: points(quick),
        sift: points(sift),
        neural: neural.enabled.then_some(NeuralSettings {
            working_side: neural.working_side,
            max_points: neural.max_features,
            quality: QualityBounds {
                min_features: neural.min_features,
                warn_features: neural.warn_features,
            },
            min_cosine: neural.min_cosine,
            matcher_enabled: neural.matcher_enabled,
            aligned_enabled: neural.aligned_enabled,
            matcher_points: neural.matcher_features,
            min_confidence: neural.min_confidence,
            min_matchable: neural.min_matchable,
        }),
        quality: QualityBounds { min_features: *min_features, warn_features: *warn_features },
    };
    Ok(Cascade::new(settings, neural_models(config)?)?)
}

fn neural_models(config: &Config) -> anyhow::Result<Option<Arc<NeuralModels>>> {
    let config::Neural { enabled, xfeat, lighterglue, .. } = &config.vision.neural;
    if !enabled {
        return Ok(None);
    }
    match NeuralModels::load(xfeat, lighterglue) {
        Ok(models) => Ok(Some(Arc::new(models))),
        Err(error @ NeuralModelsError::Missing { .. }) => {
            warn!(%error, "the neural tier is off");
            Ok(None)
        }
        Err(error) => Err(error).context("load the neural tier"),
    }
}

/// How many photos are looked into at once.
pub(crate) fn vision_workers(config: &Config) -> NonZeroUsize {
    NonZeroUsize::new(config.vision.workers).unwrap_or_else(cores)
}

/// The sizes of photos that are worked with.
pub(crate) fn photo_limits(config: &Config) -> PhotoLimits {
    PhotoLimits { min_side: config.photos.min_side, max_pixels: config.photos.max_pixels }
}

/// How the service behaves on the wire.
pub(crate) fn http(config: &Config) -> injeung_http::Settings {
    let at_least_one = |number| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN);
    injeung_http::Settings {
        envelope: match config.http.envelope {
            config::EnvelopeStyle::Wrapped => EnvelopeStyle::Wrapped,
            config::EnvelopeStyle::Bare => EnvelopeStyle::Bare,
        },
        max_body_bytes: config.http.max_body_bytes,
        max_held_bytes: config.http.max_held_bytes,
        body_timeout: Duration::from_secs(config.http.body_timeout_s),
        min_rate: MinRate {
            bytes_per_s: NonZeroU64::new(config.http.min_bytes_per_s).unwrap_or(NonZeroU64::MIN),
            window: Duration::from_secs(config.http.rate_window_s),
        },
        head_timeout: Duration::from_secs(config.http.head_timeout_s),
        max_connections_per_address: NonZeroUsize::new(config.http.max_connections_per_address),
        shutdown_timeout: Duration::from_secs(config.server.shutdown_timeout_s),
        photo_limits: photo_limits(config),
        objects_dir: (config.objects.kind == ObjectsKind::Disk).then(|| config.objects.dir.clone()),
        max_downloads: at_least_one(config.http.max_downloads),
        workers: NonZeroUsize::new(config.server.workers).unwrap_or_else(cores),
    }
}

fn classifier(config: &Config, pool: &BlockingPool) -> anyhow::Result<Arc<dyn ports::Classifier>> {
    let Classifier { local, clarifai, .. } = &config.classifier;
    match config.classifier.kind() {
        ClassifierKind::Local => {
            let settings = LocalClassifierSettings {
                model: local.model.clone(),
                concepts: local.concepts.clone(),
                min_value: local.min_value,
                extra_names: local.extra_names.clone(),
            };
            Ok(Arc::new(LocalClassifier::load(&settings, pool.clone())?))
        }
        ClassifierKind::Clarifai => {
            let settings = ClarifaiSettings {
                base_url: clarifai.base_url.clone(),
                key: clarifai.key.clone(),
                user: clarifai.user.clone(),
                app: clarifai.app.clone(),
                model: clarifai.model.clone(),
                version: Some(clarifai.version.clone()).filter(|version| !version.is_empty()),
                language: clarifai.language.clone(),
                min_value: clarifai.min_value,
                max_concepts: clarifai.max_concepts,
                connect_timeout: Duration::from_millis(clarifai.connect_timeout_ms),
                request_timeout: Duration::from_millis(clarifai.request_timeout_ms),
                deadline: Duration::from_millis(clarifai.deadline_ms),
                max_attempts: clarifai.max_attempts,
                base_backoff: Duration::from_millis(clarifai.base_backoff_ms),
            };
            Ok(Arc::new(ClarifaiClassifier::new(settings, pool.clone())?))
        }
    }
}

fn time_zone(config: &Config) -> anyhow::Result<TimeZone> {
    config.server.time_zone.parse().context("read server.time_zone")
}

fn cores() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The clock of this machine.
struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clock_keeps_the_promises_of_its_port() {
        injeung_domain::conformance::clock(&SystemClock).await;
    }
}
