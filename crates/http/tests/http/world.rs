//! A challenge that is open from 06:00 to 07:00 in Seoul, with participation 1, and its service.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use injeung_domain::memory::{
    FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, SameEnding,
    SamePicture, policy,
};
use injeung_domain::ports::{Classifier, Ports, Repository, VisionError};
use injeung_domain::{
    ChallengeGroup, Concept, Feed, GroupId, Keyword, MatchMode, ParticipationId, Photo,
    PhotoLimits, Policy, Schedule,
};
use injeung_http::{
    AuditSettings, Authentication, BackgroundMetrics, HttpSettings, MinRate, PagesSettings, Pool,
    ServerSettings, Settings, Shown, Tls, serve,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::{date, datetime, time};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::pictures;

pub(crate) const IN_TIME: OffsetDateTime = datetime!(2026-11-23 06:30 +9);
pub(crate) const TOO_LATE: OffsetDateTime = datetime!(2026-11-23 07:00:01 +9);
/// Maximum time that a test waits for an expected event.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Dependencies of a service, which a test can inspect, and replace before the start.
pub(crate) struct World {
    pub(crate) database: Arc<MemoryDatabase>,
    pub(crate) objects: Arc<MemoryObjectStore>,
    pub(crate) clock: Arc<ManualClock>,
    /// Directory of the served photos.
    pub(crate) files: Arc<TempDir>,
    pub(crate) ports: Ports,
    pub(crate) policy: Policy,
    pub(crate) settings: HttpSettings,
    pub(crate) server: ServerSettings,
    pub(crate) authentication: Authentication,
    pub(crate) tls: Option<Tls>,
    pub(crate) objects_dir: Option<PathBuf>,
    pub(crate) audit: AuditSettings,
    pub(crate) pages: PagesSettings,
    pub(crate) pools: Vec<Pool>,
    pub(crate) background: BackgroundMetrics,
}

impl World {
    pub(crate) async fn new() -> Self {
        crate::logs::capture();
        let database = Arc::new(MemoryDatabase::default());
        let objects = Arc::new(MemoryObjectStore::default());
        let clock = Arc::new(ManualClock::new(IN_TIME));
        let ports = Ports {
            clock: clock.clone(),
            extractor: Arc::new(SamePicture),
            classifier: Arc::new(FixedConcepts(vec![concept("dog"), concept("강아지")])),
            jpeg_encoder: Arc::new(JpegOnly),
            replay_detector: Arc::new(SameEnding),
            objects: objects.clone(),
            repository: database.clone(),
        };
        let policy = policy("Asia/Seoul".parse().unwrap());
        let zone = "Asia/Seoul".parse().unwrap();
        let (first, last) = (date!(2026 - 11 - 01), date!(2026 - 11 - 30));
        let schedule = Schedule::new(first, last, time!(06:00), time!(07:00), zone).unwrap();
        let group = ChallengeGroup {
            id: GroupId::try_from(1).unwrap(),
            name: None,
            schedule,
            match_mode: MatchMode::Place,
        };
        database.put_group(&group).await.unwrap();
        database.put_participation(id(1), group.id, None).await.unwrap();
        let files = Arc::new(TempDir::new().unwrap());
        let settings = HttpSettings {
            max_body_bytes: 1024 * 1024,
            max_held_bytes: 64 * 1024 * 1024,
            body_timeout: PATIENCE,
            min_rate: MinRate { bytes_per_s: 1, window: PATIENCE },
            head_timeout: PATIENCE,
            max_connections_per_address: None,
            ..HttpSettings::default()
        };
        let server = ServerSettings { shutdown_timeout: PATIENCE, workers: NonZeroUsize::MIN };
        let objects_dir = Some(files.path().to_owned());
        let authentication = Authentication::off();
        Self {
            database,
            objects,
            clock,
            files,
            ports,
            policy,
            settings,
            server,
            authentication,
            tls: None,
            objects_dir,
            audit: AuditSettings::default(),
            pages: PagesSettings {
                try_page: Shown::Off,
                console: false,
                ..PagesSettings::default()
            },
            pools: Vec::new(),
            background: BackgroundMetrics::new().unwrap(),
        }
    }

    pub(crate) fn start(&self) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let settings = Settings {
            http: self.settings.clone(),
            server: self.server.clone(),
            photo_limits: PhotoLimits { min_side: 64, max_pixels: 50_000_000 },
            authentication: self.authentication.clone(),
            tls: self.tls.clone(),
            objects_dir: self.objects_dir.clone(),
            audit: self.audit.clone(),
            pages: self.pages.clone(),
            pools: self.pools.clone(),
            background: self.background.clone(),
        };
        let running = serve(listener, self.ports.clone(), self.policy.clone(), settings, stopped);
        let running = tokio::spawn(running);
        Service { address, stop: Some(stop), running, _files: self.files.clone() }
    }

    pub(crate) async fn feeds(&self) -> Vec<Feed> {
        self.database.latest_feed(id(1), 100).await.unwrap()
    }
}

/// A running service, which stops when it is dropped.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<io::Result<()>>,
    _files: Arc<TempDir>,
}

impl Service {
    /// Begins the stop.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn ended(self) -> io::Result<()> {
        tokio::time::timeout(PATIENCE * 2, self.running).await.expect("an end").unwrap()
    }
}

pub(crate) fn id(id: i64) -> ParticipationId {
    ParticipationId::try_from(id).unwrap()
}

pub(crate) fn concept(name: &str) -> Concept {
    Concept { name: name.to_owned(), value: 0.9 }
}

/// A valid photo in base64, always the same.
pub(crate) fn desk() -> String {
    pictures::base64(&pictures::jpeg(b"desk"))
}

pub(crate) fn std_img() -> Value {
    json!({ "participation_id": "1", "std_img": desk() })
}

pub(crate) fn img_feature() -> Value {
    json!({ "participation_id": 1, "feed_img": desk(), "feed_content": "오늘도 했다" })
}

pub(crate) fn classification() -> Value {
    json!({
        "participation_id": "1",
        "feed_img": desk(),
        "feed_content": "오늘도 했다",
        "classification_keyword": "강아지",
    })
}

/// `body` with one field replaced, or removed if `value` is `None`.
pub(crate) fn with(mut body: Value, field: &str, value: Option<Value>) -> Value {
    let fields = body.as_object_mut().unwrap();
    match value {
        Some(value) => drop(fields.insert(field.to_owned(), value)),
        None => drop(fields.remove(field)),
    }
    body
}

/// A classifier that signals its start and waits for its release.
pub(crate) struct Gate {
    pub(crate) begun: Semaphore,
    pub(crate) released: Semaphore,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { begun: Semaphore::new(0), released: Semaphore::new(0) })
    }

    pub(crate) async fn wait_until_begun(&self) {
        let begun = tokio::time::timeout(PATIENCE, self.begun.acquire()).await;
        begun.expect("a request at the gate").unwrap().forget();
    }
}

#[async_trait]
impl Classifier for Gate {
    async fn classify(&self, _: &Photo, _: &Keyword) -> Result<Vec<Concept>, VisionError> {
        self.begun.add_permits(1);
        self.released.acquire().await.unwrap().forget();
        Ok(vec![concept("강아지")])
    }
}
