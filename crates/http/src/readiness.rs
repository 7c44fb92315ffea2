use std::time::Duration;

use injeung_domain::{Fault, Ports};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::envelope::State;
use crate::log;

/// Maximum duration of a check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Duration for which the results of the checks are reused, so that probes do not add load.
const CACHED_FOR: Duration = Duration::from_secs(1);

/// Cached results of the checks of database and object store. Concurrent probes wait for one check.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, [State; 2])>>);

impl Readiness {
    /// States of the database and of the object store.
    pub(crate) async fn checked(&self, ports: &Ports) -> [State; 2] {
        let mut last = self.0.lock().await;
        if let Some((at, states)) = *last
            && at.elapsed() < CACHED_FOR
        {
            return states;
        }
        let (database, objects) = tokio::join!(
            check("database", ports.repository.check()),
            check("objects", ports.objects.check())
        );
        *last = Some((Instant::now(), [database, objects]));
        [database, objects]
    }
}

/// Runs one check. Only the log contains the reason of a failure, because probes can be public.
async fn check(part: &'static str, check: impl Future<Output = Result<(), Fault>>) -> State {
    let overdue = |_| Err(Fault::transient(format!("respond within {CHECK_TIMEOUT:?}")));
    match tokio::time::timeout(CHECK_TIMEOUT, check).await.unwrap_or_else(overdue) {
        Ok(()) => State::Ok,
        Err(fault) => {
            log::not_ready(part, &fault);
            State::Failed
        }
    }
}
