use std::time::Duration;

use actix_web::{HttpResponse, web};
use injeung_domain::{Fault, Ports};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::envelope::{Checks, State};
use crate::error::{ALIVE, BUSY, READY};
use crate::server::Server;
use crate::{envelope, log};

/// Maximum duration of a check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// `GET /healthz`: succeeds as long as the process runs.
pub(crate) async fn live(server: web::Data<Server>) -> HttpResponse {
    envelope::render(server.settings.envelope, &ALIVE)
}

/// Duration for which the results of the checks are reused, so that probes do not add load.
const CACHED_FOR: Duration = Duration::from_secs(1);

/// Cached results of the checks of database and object store. Concurrent probes wait for one check.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, [State; 2])>>);

impl Readiness {
    async fn checked(&self, ports: &Ports) -> [State; 2] {
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

/// `GET /readyz`: succeeds if the database and the object store respond and no stop has begun. An extractor without
/// some of its tiers is reported, but the service stays ready.
pub(crate) async fn ready(server: web::Data<Server>) -> HttpResponse {
    let [database, objects] = server.readiness.checked(&server.ports).await;
    let accepting = if server.is_stopping() { State::Failed } else { State::Ok };
    let all_ok = [accepting, database, objects].iter().all(|state| *state == State::Ok);
    let answer = if all_ok { READY } else { BUSY };
    let whole = server.ports.extractor.missing().is_empty();
    let extractor = if whole { State::Ok } else { State::Reduced };
    let checks = Checks { accepting, database, objects, extractor };
    envelope::render_checks(server.settings.envelope, &answer, checks)
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
