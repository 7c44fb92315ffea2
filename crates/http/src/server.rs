use std::sync::Arc;

use injeung_domain::{PhotoLimits, Policy, Ports};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::HttpSettings;
use crate::metrics::Metrics;

/// What all requests share.
pub(crate) struct Server {
    pub(crate) ports: Arc<Ports>,
    pub(crate) policy: Policy,
    pub(crate) settings: HttpSettings,
    pub(crate) photo_limits: PhotoLimits,
    pub(crate) metrics: Metrics,
    /// Permits to hold a body; closed when a stop begins.
    pub(crate) in_flight: Arc<Semaphore>,
    /// The work on bodies that were read; it outlives its clients' connections.
    pub(crate) tasks: TaskTracker,
    /// Where that work runs, and not on the threads that serve connections.
    pub(crate) runtime: Handle,
}

impl Server {
    /// Whether the service takes on nothing new any more.
    pub(crate) fn is_stopping(&self) -> bool {
        self.in_flight.is_closed()
    }
}
