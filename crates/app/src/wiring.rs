//! Selection of the adapter for each port.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::ports::{self, Clock, Ports};
use injeung_domain::{Policy, Rules};
use injeung_http::{Authentication, BackgroundMetrics, KeySetSource, Pool, Tls};
use injeung_storage::{Database, DiskObjectStore, Limits, S3ObjectStore, open_database};
use injeung_vision::{
    Cascade, CascadeExtractor, ChainClassifier, ClarifaiClassifier, CopyDetector, LocalClassifier,
    NeuralModels, NeuralModelsError, NeuralRuntime, OpenAiClassifier, OpenCvJpegEncoder,
};
use time::OffsetDateTime;
use tracing::warn;

use crate::config::{self, ClassifierKind, Config, ObjectsKind, OneClassifier};
use crate::key_set::HttpKeySet;

/// Opens the configured database without migrating it.
pub(crate) async fn database(config: &Config) -> anyhow::Result<Arc<dyn Database>> {
    open_database(&config.database).await.context("open the database")
}

/// Opens the configured database, and migrates it if `database.migrate_at_start` is set.
pub(crate) async fn database_at_start(config: &Config) -> anyhow::Result<Arc<dyn Database>> {
    let database = database(config).await?;
    if config.database.migrate_at_start {
        database.migrate().await.context("bring the tables up to date")?;
    }
    Ok(database)
}

/// Creates all ports with the configured adapters, and returns the adapters' workers with them.
///
/// `address` is the service's own, `http://HOST:PORT` or `https://HOST:PORT`.
pub(crate) async fn ports(
    config: &Config,
    database: Arc<dyn Database>,
    address: &str,
) -> anyhow::Result<(Ports, Vec<Pool>)> {
    let pool = vision_workers(config);
    let (objects, objects_pool) = objects(config, address).await?;
    let mut pools = vec![("vision", pool.clone()), ("objects", objects_pool)];
    pools.extend(database.workers());
    let ports = Ports {
        clock: Arc::new(SystemClock),
        extractor: Arc::new(extractor(config, pool.clone())?),
        classifier: classifier(config, &pool)?,
        jpeg_encoder: Arc::new(OpenCvJpegEncoder::new(pool.clone())),
        replay_detector: Arc::new(CopyDetector::new(pool)),
        objects,
        repository: database,
    };
    Ok((ports, pools))
}

/// The workers that examine photos.
pub(crate) fn vision_workers(config: &Config) -> Workers {
    let limits = Limits::untimed(config.vision.workers.get(), config.vision.queue);
    Workers::new(Limits { turn_timeout: config.vision.queue_timeout, ..limits }).by_request()
}

/// Creates the extractor, which examines photos on `pool`.
pub(crate) fn extractor(config: &Config, pool: Workers) -> anyhow::Result<CascadeExtractor> {
    Ok(CascadeExtractor::new(Arc::new(cascade(config)?), pool))
}

/// Rules and time zone of the use cases.
pub(crate) fn policy(config: &Config) -> Policy {
    Policy {
        rules: rules(config),
        time_zone: config.server.time_zone.clone(),
        events: config.webhooks.events(),
    }
}

fn rules(config: &Config) -> Rules {
    let config::Rules { once_per_day, max_attempts_per_window, replay, replay_scope, learn_views } =
        config.rules;
    let request_keys = config.request_keys.into();
    let (replay, replay_scope) = (replay.into(), replay_scope.into());
    Rules { once_per_day, max_attempts_per_window, replay, replay_scope, learn_views, request_keys }
}

/// Opens the configured object store, and returns its workers with it.
pub(crate) async fn objects(
    config: &Config,
    address: &str,
) -> anyhow::Result<(Arc<dyn ports::ObjectStore>, Workers)> {
    let config::Objects { kind, dir, public_base, s3 } = &config.objects;
    match kind {
        ObjectsKind::Disk => {
            let base = public_base.clone().unwrap_or_else(|| format!("{address}/objects/"));
            let opened = DiskObjectStore::open(dir, &base, Limits::default()).await;
            let opened =
                opened.with_context(|| format!("open the object store {}", dir.display()))?;
            let workers = opened.workers().clone();
            Ok((Arc::new(opened.with_url_signer(config.auth.url_signer())), workers))
        }
        ObjectsKind::S3 => {
            let opened = S3ObjectStore::open(s3, public_base.as_deref());
            let opened = opened.with_context(|| format!("open the bucket {}", s3.bucket))?;
            let workers = opened.workers().clone();
            Ok((Arc::new(opened), workers))
        }
        #[cfg(feature = "rusoto")]
        ObjectsKind::Rusoto => {
            let opened = injeung_storage::RusotoObjectStore::open(s3, public_base.as_deref());
            let opened = opened.with_context(|| format!("open the bucket {}", s3.bucket))?;
            let workers = opened.workers().clone();
            Ok((Arc::new(opened), workers))
        }
    }
}

/// Creates the tiers that compare photos.
///
/// If the neural tier's files are missing, its settings have no effect; the log states it.
pub(crate) fn cascade(config: &Config) -> anyhow::Result<Cascade> {
    Ok(Cascade::new(config.vision.cascade.clone(), neural_models(config)?)?)
}

fn neural_models(config: &Config) -> anyhow::Result<Option<Arc<dyn NeuralRuntime>>> {
    let Some(neural) = &config.vision.cascade.neural else { return Ok(None) };
    match NeuralModels::load(&neural.xfeat, &neural.lighterglue) {
        Ok(models) => Ok(Some(Arc::new(models))),
        Err(error @ NeuralModelsError::Missing { .. }) => {
            warn!(%error, "the neural tier is off");
            Ok(None)
        }
        Err(error) => Err(error).context("load the neural tier"),
    }
}

/// Settings of the HTTP server; the caller adds the pools.
///
/// # Errors
/// If a key of the tokens or the certificate cannot be read.
pub(crate) fn http(config: &Config) -> anyhow::Result<injeung_http::Settings> {
    let config::Server { tls_certificate, tls_key, .. } = &config.server;
    let tls = tls_certificate.as_deref().zip(tls_key.as_deref());
    let tls = tls.map(|(certificate, key)| Tls::load(certificate, key)).transpose()?;
    let key_sets = config.auth.token.jwks_url.as_deref().map(HttpKeySet::new).transpose()?;
    let key_sets = key_sets.map(|source| Arc::new(source) as Arc<dyn KeySetSource>);
    Ok(injeung_http::Settings {
        http: config.http.clone(),
        server: config.server.http.clone(),
        photo_limits: config.photos.into(),
        authentication: Authentication::new(&config.auth, key_sets)?,
        tls,
        objects_dir: (config.objects.kind == ObjectsKind::Disk).then(|| config.objects.dir.clone()),
        audit: config.audit.clone(),
        pages: config.pages.clone(),
        pools: Vec::new(),
        background: BackgroundMetrics::new().context("create the counters of the background")?,
    })
}

/// Creates the configured classifier, which classifies photos on `pool`.
pub(crate) fn classifier(
    config: &Config,
    pool: &Workers,
) -> anyhow::Result<Arc<dyn ports::Classifier>> {
    let settings = &config.classifier;
    let (first, second) = match settings.kind() {
        ClassifierKind::One(one) => return one_classifier(settings, one, pool),
        ClassifierKind::Chain { first, second } => (first, second),
    };
    let thresholds = settings.chain.thresholds;
    let mut lower = settings.clone();
    // The first must list every concept of at least `reject_below`, not only those that it would
    // accept alone.
    lower.local.min_value = thresholds.reject_below.max(f32::MIN_POSITIVE);
    lower.clarifai.min_value = thresholds.reject_below;
    lower.rekognition.min_value = thresholds.reject_below;
    let alone_from = match first {
        OneClassifier::Local => settings.local.min_value,
        OneClassifier::Clarifai => settings.clarifai.min_value,
        OneClassifier::OpenAi => settings.openai.min_confidence,
        #[cfg(feature = "rekognition")]
        OneClassifier::Rekognition => settings.rekognition.min_value,
    };
    Ok(Arc::new(ChainClassifier::new(
        one_classifier(&lower, first, pool)?,
        one_classifier(settings, second, pool)?,
        thresholds,
        alone_from,
    )))
}

fn one_classifier(
    settings: &config::Classifier,
    one: OneClassifier,
    pool: &Workers,
) -> anyhow::Result<Arc<dyn ports::Classifier>> {
    let config::Classifier { local, clarifai, openai, .. } = settings;
    let pool = pool.clone();
    Ok(match one {
        OneClassifier::Local => Arc::new(LocalClassifier::load(local, pool)?),
        OneClassifier::Clarifai => Arc::new(ClarifaiClassifier::new(clarifai.clone(), pool)?),
        OneClassifier::OpenAi => Arc::new(OpenAiClassifier::new(openai.clone(), pool)?),
        #[cfg(feature = "rekognition")]
        OneClassifier::Rekognition => {
            let settings = settings.rekognition.clone();
            Arc::new(injeung_vision::RekognitionClassifier::new(settings, pool))
        }
    })
}

/// The system clock.
pub(crate) struct SystemClock;

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
