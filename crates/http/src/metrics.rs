use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{Comparison, Scope};
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::error::UNFORESEEN;
use crate::server::Server;
use crate::{auth, envelope, log};

/// Counters of this process since its start. docs/operations.md explains their names.
///
/// Label values come from short lists, never from requests, so that no client can fill the memory.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    comparisons: IntCounterVec,
    missing: IntGaugeVec,
    held_bytes: IntGauge,
    refused_connections: IntCounter,
}

impl Metrics {
    /// Creates the counters at 0.
    ///
    /// # Errors
    /// If Prometheus rejects a name or a label.
    pub(crate) fn new() -> prometheus::Result<Self> {
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("injeung_requests_total", "Requests that ended."),
                &["route", "status", "errcode"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new("injeung_request_seconds", "How long requests took."),
                &["route"],
            )?,
            comparisons: IntCounterVec::new(
                Opts::new(
                    "injeung_comparisons_total",
                    "Verdicts, by the tier that was last asked.",
                ),
                &["tier", "verdict"],
            )?,
            missing: IntGaugeVec::new(
                Opts::new("injeung_tier_missing", "Tiers that are configured and not there."),
                &["tier"],
            )?,
            held_bytes: IntGauge::new(
                "injeung_body_bytes",
                "Bytes of request bodies that are in memory.",
            )?,
            refused_connections: IntCounter::new(
                "injeung_connections_refused_total",
                "Connections that were closed because their address had too many.",
            )?,
        };
        let Self {
            registry,
            requests,
            seconds,
            comparisons,
            missing,
            held_bytes,
            refused_connections,
        } = &metrics;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(comparisons.clone()))?;
        registry.register(Box::new(missing.clone()))?;
        registry.register(Box::new(held_bytes.clone()))?;
        registry.register(Box::new(refused_connections.clone()))?;
        Ok(metrics)
    }

    /// Counts a request; the status is `None` if the client disconnected before the response.
    pub(crate) fn request(
        &self,
        route: &'static str,
        answer: Option<(StatusCode, Option<u16>)>,
        took: Duration,
    ) {
        let status = answer.map(|(status, _)| status.as_u16().to_string());
        let errcode = answer.and_then(|(_, errcode)| errcode).map(|errcode| errcode.to_string());
        let labels = [route, status.as_deref().unwrap_or("none"), errcode.as_deref().unwrap_or("")];
        self.requests.with_label_values(&labels).inc();
        self.seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// Counts a connection refused because its address was at its limit.
    pub(crate) fn refused_connection(&self) {
        self.refused_connections.inc();
    }

    /// Counts a decision by the last tier that ran.
    pub(crate) fn comparison(&self, comparison: &Comparison) {
        let tier = comparison.tiers.last().map_or("none", |tier| tier.name);
        let verdict = if comparison.same_scene { "same_scene" } else { "another_scene" };
        self.comparisons.with_label_values(&[tier, verdict]).inc();
    }
}

/// `GET /metrics`: the counters in Prometheus's text format, for API keys with the scope `metrics`.
pub(crate) async fn handle(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let admitted = server.authentication.check_scope(&server.ports, &request, Scope::Metrics);
    if let Err(error) = admitted.await {
        return auth::refuse(server.settings.envelope, &error);
    }
    let metrics = &server.metrics;
    for tier in server.ports.extractor.missing() {
        metrics.missing.with_label_values(&[tier]).set(1);
    }
    metrics.held_bytes.set(i64::try_from(server.held_bytes()).unwrap_or(i64::MAX));
    match TextEncoder::new().encode_to_string(&metrics.registry.gather()) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
            .body(text),
        Err(error) => {
            log::outcome(&UNFORESEEN, None, None, &error);
            envelope::render(server.settings.envelope, &UNFORESEEN)
        }
    }
}
