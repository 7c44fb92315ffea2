//! Which adapter stands behind which port.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, bail};
use injeung_domain::ports::{self, Clock, Ports};
use injeung_domain::{PhotoLimits, TimeZone};
use injeung_http::EnvelopeStyle;
use injeung_storage::{DiskObjectStore, Limits, SqliteDatabase, SqliteSettings};
use injeung_vision::{
    BlockingPool, ClarifaiClassifier, ClarifaiSettings, ExtractorSettings, LocalClassifier,
    LocalClassifierSettings, OpenCvFeatureExtractor, OpenCvJpegEncoder,
};
use time::OffsetDateTime;

use crate::config::{self, Classifier, ClassifierKind, Config};

/// The configured database, opened; its tables are as they were found.
pub(crate) async fn database(config: &Config) -> anyhow::Result<SqliteDatabase> {
    let Some(path) = config.database.url.sqlite_path() else {
        bail!("the address of the database is not one of SQLite");
    };
    let timeout = Duration::from_millis(config.database.timeout_ms);
    let limits = Limits {
        max_running: config.database.max_connections,
        turn_timeout: timeout,
        ..Limits::default()
    };
    let settings = SqliteSettings { limits, busy_timeout: timeout };
    let opened = SqliteDatabase::open(&path, settings).await;
    opened.with_context(|| format!("open the database {}", path.display()))
}

/// The configured database with its tables up to date.
pub(crate) async fn migrated_database(config: &Config) -> anyhow::Result<SqliteDatabase> {
    let database = database(config).await?;
    database.migrate().await.context("bring the tables up to date")?;
    Ok(database)
}

/// Every port with the adapter that the configuration asks for.
///
/// `public_base` is what the URLs of photos begin with.
pub(crate) async fn ports(
    config: &Config,
    database: SqliteDatabase,
    public_base: &str,
) -> anyhow::Result<Ports> {
    let database = Arc::new(database);
    let objects = DiskObjectStore::open(&config.objects.dir, public_base, Limits::default()).await;
    let objects = objects
        .with_context(|| format!("open the object store {}", config.objects.dir.display()))?;
    let workers = NonZeroUsize::new(config.vision.workers).unwrap_or_else(cores);
    let pool = BlockingPool::new(workers.get(), config.vision.queue);
    Ok(Ports {
        clock: Arc::new(SystemClock),
        time_zone: time_zone(config)?,
        extractor: Arc::new(OpenCvFeatureExtractor::new(extractor(config), pool.clone())),
        classifier: classifier(config, &pool)?,
        jpeg_encoder: Arc::new(OpenCvJpegEncoder::new(pool)),
        objects: Arc::new(objects),
        participations: database.clone(),
        references: database.clone(),
        feeds: database.clone(),
        reservations: database,
    })
}

/// How photos are compared.
pub(crate) fn extractor(config: &Config) -> ExtractorSettings {
    let (algorithm, features) = config.vision.features();
    ExtractorSettings {
        algorithm,
        working_side: features.working_side,
        max_features: features.max_features,
        ratio: features.ratio,
        threshold: features.threshold,
        min_features: features.min_features,
        warn_features: features.warn_features,
    }
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
        max_in_flight: at_least_one(config.http.max_in_flight),
        body_timeout: Duration::from_secs(config.http.body_timeout_s),
        shutdown_timeout: Duration::from_secs(config.server.shutdown_timeout_s),
        photo_limits: photo_limits(config),
        serve_objects: true,
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

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_keeps_the_promises_of_its_port() {
        injeung_domain::conformance::clock(&SystemClock);
    }
}
