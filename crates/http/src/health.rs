use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::Scope;

use crate::envelope::{Checks, State};
use crate::error::{ALIVE, BUSY, READY, UNFORESEEN};
use crate::server::Server;
use crate::{envelope, log, refusal};

/// `GET /healthz`: succeeds as long as the process runs.
pub(crate) async fn live(server: web::Data<Server>) -> HttpResponse {
    envelope::render(server.settings.envelope, &ALIVE)
}

/// `GET /readyz`: succeeds if the database and the object store respond and no stop has begun. An extractor without
/// some of its tiers is reported, and so is a classifier that failed last, but the service stays ready.
pub(crate) async fn ready(server: web::Data<Server>) -> HttpResponse {
    let [database, objects] = server.readiness.checked(&server.ports).await;
    let accepting = if server.is_stopping() { State::Failed } else { State::Ok };
    let all_ok = [accepting, database, objects].iter().all(|state| *state == State::Ok);
    let answer = if all_ok { READY } else { BUSY };
    let whole = server.ports.extractor.missing().is_empty();
    let extractor = if whole { State::Ok } else { State::Reduced };
    let state = |is_down| if is_down { State::Failed } else { State::Ok };
    let usage = server.ports.classifier.usage().into_iter();
    let classifiers = usage.map(|one| (one.name, state(one.is_down))).collect();
    let checks = Checks { accepting, database, objects, extractor, classifiers };
    envelope::render_checks(server.settings.envelope, &answer, checks)
}

/// `GET /metrics`: the counters in Prometheus's text format, for API keys with the scope `metrics`.
pub(crate) async fn metrics(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let admitted = server.authentication.check_scope(&server.ports, &request, Scope::Metrics);
    if let Err(error) = admitted.await {
        return refusal::render(server.settings.envelope, &error);
    }
    match server.metrics.to_text(&server.ports.extractor.missing(), server.held_bytes()) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
            .body(text),
        Err(error) => {
            log::outcome(&UNFORESEEN, None, None, &error);
            envelope::render(server.settings.envelope, &UNFORESEEN)
        }
    }
}
