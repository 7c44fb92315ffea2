use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use injeung_domain::{PhotoLimits, Policy, Ports};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::audit::Recorder;
use crate::connection::Addresses;
use crate::console::Sessions;
use crate::learning::Learner;
use crate::metrics::Metrics;
use crate::rates::Rates;
use crate::readiness::Readiness;
use crate::{Authentication, HttpSettings, PagesSettings, Pool, Settings, Tls, openapi};

/// State shared by all requests.
pub(crate) struct Server {
    pub(crate) ports: Arc<Ports>,
    pub(crate) policy: Policy,
    pub(crate) settings: HttpSettings,
    pub(crate) photo_limits: PhotoLimits,
    pub(crate) authentication: Authentication,
    pub(crate) tls: Option<Tls>,
    /// Directory of the files that are served under `/objects/`.
    pub(crate) objects_dir: Option<PathBuf>,
    pub(crate) pages: PagesSettings,
    pub(crate) metrics: Metrics,
    /// Workers of the adapters.
    pub(crate) pools: Vec<Pool>,
    /// Description of the service in OpenAPI.
    pub(crate) openapi: Bytes,
    pub(crate) recorder: Recorder,
    pub(crate) learner: Learner,
    pub(crate) sessions: Sessions,
    /// One permit for each byte of bodies in memory.
    pub(crate) body_bytes: Arc<Semaphore>,
    /// One permit for each photo that is sent at once.
    pub(crate) downloads: Arc<Semaphore>,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) rates: Rates,
    pub(crate) readiness: Readiness,
    /// Work on bodies that were read, which outlives the connections of its clients. It is closed when a stop begins.
    pub(crate) tasks: TaskTracker,
    /// Runtime of that work, separate from the threads that serve connections.
    pub(crate) runtime: Handle,
}

impl Server {
    /// Must be called on the runtime that runs the use cases.
    ///
    /// # Errors
    /// If there is no runtime, or a metric is invalid.
    pub(crate) fn new(ports: Ports, policy: Policy, settings: Settings) -> io::Result<Self> {
        let Settings {
            http: settings,
            photo_limits,
            authentication,
            tls,
            objects_dir,
            audit,
            pages,
            pools,
            background,
            ..
        } = settings;
        let semaphore =
            |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Ok(Self {
            policy,
            photo_limits,
            authentication,
            tls,
            objects_dir,
            metrics: Metrics::new(ports.classifier.clone(), pools.clone(), &background)
                .map_err(io::Error::other)?,
            pools,
            openapi: openapi::document(settings.envelope).map_err(io::Error::other)?.into(),
            body_bytes: semaphore(settings.max_held_bytes),
            downloads: semaphore(settings.max_downloads.get()),
            addresses: Addresses::new(settings.max_connections_per_address),
            rates: Rates::new(&settings.rates, settings.max_body_bytes),
            readiness: Readiness::default(),
            recorder: Recorder::new(audit),
            learner: Learner::new(),
            sessions: Sessions::new(&pages)?,
            pages,
            tasks: TaskTracker::new(),
            runtime: Handle::try_current().map_err(io::Error::other)?,
            settings,
            ports: Arc::new(ports),
        })
    }

    /// Whether a stop has begun; new work is then rejected.
    pub(crate) fn is_stopping(&self) -> bool {
        self.tasks.is_closed()
    }

    /// Whether a pool of the adapters has no place for a further request.
    pub(crate) fn is_full(&self) -> bool {
        self.pools.iter().any(|(_, workers)| workers.is_full())
    }

    /// Number of bytes of bodies in memory.
    pub(crate) fn held_bytes(&self) -> usize {
        let all = self.settings.max_held_bytes.min(Semaphore::MAX_PERMITS);
        all.saturating_sub(self.body_bytes.available_permits())
    }
}
