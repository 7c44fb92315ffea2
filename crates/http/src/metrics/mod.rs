//! Counters of this process for Prometheus.

mod background;
mod classifier;
mod pools;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use injeung_domain::ports::Classifier;
use injeung_domain::{Comparison, Evidence, Replay};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

pub use self::background::BackgroundMetrics;
use self::classifier::ClassifierCounters;
use self::pools::PoolGauges;
use crate::Pool;

/// Counters of this process since its start. docs/operations.md explains their names.
///
/// Label values come from short lists, never from requests, so that no client can fill the memory.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    stages: HistogramVec,
    comparisons: IntCounterVec,
    probabilities: HistogramVec,
    certainties: Histogram,
    attempts: IntCounterVec,
    replays: IntCounterVec,
    lessons: IntCounterVec,
    missing: IntGaugeVec,
    held_bytes: IntGauge,
    refused_connections: IntCounter,
    rate_limited: IntCounterVec,
}

/// Bounds of the histograms of probabilities; the thresholds of the operating points are between 0.5 and 1.
const PROBABILITIES: [f64; 12] =
    [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0];

/// Outcomes of the calls that alerts are about: success, overload, and faults.
const OUTCOMES: [(&str, &str); 7] = [
    ("200", ""),
    ("503", "110"),
    ("500", "2"),
    ("500", "4"),
    ("500", "5"),
    ("500", "111"),
    ("500", "112"),
];

impl Metrics {
    /// Creates the counters at 0. Those of the classifier and the pools are read when they are requested.
    ///
    /// # Errors
    /// If Prometheus rejects a name or a label.
    pub(crate) fn new(
        classifier: Arc<dyn Classifier>,
        pools: Vec<Pool>,
        background: &BackgroundMetrics,
    ) -> prometheus::Result<Self> {
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("injeung_requests_total", "Finished requests."),
                &["route", "status", "errcode"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new("injeung_request_seconds", "Duration of requests."),
                &["route"],
            )?,
            stages: HistogramVec::new(
                HistogramOpts::new("injeung_stage_seconds", "Duration of the steps of the calls."),
                &["stage"],
            )?,
            probabilities: HistogramVec::new(
                HistogramOpts::new(
                    "injeung_comparison_probability",
                    "Probability of comparisons that both photos show one scene.",
                )
                .buckets(PROBABILITIES.into()),
                &["verdict"],
            )?,
            certainties: Histogram::with_opts(
                HistogramOpts::new(
                    "injeung_keyword_certainty",
                    "Certainty of keywords that the classifier found.",
                )
                .buckets(PROBABILITIES.into()),
            )?,
            comparisons: IntCounterVec::new(
                Opts::new(
                    "injeung_comparisons_total",
                    "Comparisons, by verdict and the last tier that ran.",
                ),
                &["tier", "verdict"],
            )?,
            attempts: IntCounterVec::new(
                Opts::new(
                    "injeung_attempts_total",
                    "Records of verifications, by what happened to them.",
                ),
                &["result"],
            )?,
            replays: IntCounterVec::new(
                Opts::new(
                    "injeung_replays_total",
                    "Photos that were sent before, by how they equal the earlier one and what happened.",
                ),
                &["kind", "action"],
            )?,
            lessons: IntCounterVec::new(
                Opts::new(
                    "injeung_lessons_total",
                    "Accepted photos from which a view can be learned, by what happened.",
                ),
                &["result"],
            )?,
            missing: IntGaugeVec::new(
                Opts::new("injeung_tier_missing", "1 for each enabled tier whose file is missing."),
                &["tier"],
            )?,
            held_bytes: IntGauge::new(
                "injeung_body_bytes",
                "Bytes of request bodies held in memory.",
            )?,
            refused_connections: IntCounter::new(
                "injeung_connections_refused_total",
                "Connections refused because their address was at its limit.",
            )?,
            rate_limited: IntCounterVec::new(
                Opts::new("injeung_rate_limited_total", "Requests beyond a rate limit."),
                &["of", "amount"],
            )?,
        };
        let Self {
            registry,
            requests,
            seconds,
            stages,
            comparisons,
            probabilities,
            certainties,
            attempts,
            replays,
            lessons,
            missing,
            held_bytes,
            refused_connections,
            rate_limited,
        } = &metrics;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(stages.clone()))?;
        registry.register(Box::new(comparisons.clone()))?;
        registry.register(Box::new(probabilities.clone()))?;
        registry.register(Box::new(certainties.clone()))?;
        registry.register(Box::new(attempts.clone()))?;
        registry.register(Box::new(replays.clone()))?;
        registry.register(Box::new(lessons.clone()))?;
        registry.register(Box::new(missing.clone()))?;
        registry.register(Box::new(held_bytes.clone()))?;
        registry.register(Box::new(refused_connections.clone()))?;
        registry.register(Box::new(rate_limited.clone()))?;
        registry.register(Box::new(ClassifierCounters::new(classifier)?))?;
        registry.register(Box::new(PoolGauges::new(pools)?))?;
        background.register(registry)?;
        metrics.begin_at_zero();
        Ok(metrics)
    }

    /// Creates what alerts are about at 0. A counter that appears with its first event has no increase for Prometheus.
    fn begin_at_zero(&self) {
        for route in ["/std_img", "/img_feature", "/classification"] {
            for (status, errcode) in OUTCOMES {
                self.requests.with_label_values(&[route, status, errcode]);
            }
        }
        for result in ["recorded", "without_photo", "dropped", "failed"] {
            self.attempts.with_label_values(&[result]);
        }
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

    /// Counts a request beyond a rate limit.
    pub(crate) fn rate_limited(&self, of: &'static str, amount: &'static str) {
        self.rate_limited.with_label_values(&[of, amount]).inc();
    }

    /// Counts what the steps of a call found, and how long they took.
    pub(crate) fn evidence(&self, evidence: &Evidence) {
        for step in &evidence.stages {
            let seconds = step.took.as_seconds_f64();
            self.stages.with_label_values(&[step.stage.name()]).observe(seconds);
        }
        if let Some(examination) = &evidence.examination {
            self.comparison(&examination.comparison);
        }
        if let Some(certainty) = evidence.keyword_certainty {
            self.certainties.observe(certainty.into());
        }
    }

    /// Counts a decision by the last tier that ran.
    fn comparison(&self, comparison: &Comparison) {
        let tier = comparison.tiers.last().map_or("none", |tier| tier.name);
        let verdict = if comparison.same_scene { "same_scene" } else { "another_scene" };
        self.comparisons.with_label_values(&[tier, verdict]).inc();
        self.probabilities.with_label_values(&[verdict]).observe(comparison.score);
    }

    /// Counts a record of a verification: `recorded`, `without_photo` if its rejected photo had no room, `dropped` if it
    /// had no place in the queue, `failed` if it could not be written.
    pub(crate) fn attempt(&self, result: &'static str) {
        self.attempts.with_label_values(&[result]).inc();
    }

    /// Counts a photo that was sent before.
    pub(crate) fn replay(&self, replay: &Replay, action: ReplayAction) {
        let action = match action {
            ReplayAction::Flagged => "flagged",
            ReplayAction::Rejected => "rejected",
        };
        self.replays.with_label_values(&[replay.kind.name(), action]).inc();
    }

    /// Counts an accepted photo from which a view can be learned.
    pub(crate) fn lesson(&self, result: LessonResult) {
        let result = match result {
            LessonResult::Learned => "learned",
            LessonResult::Nothing => "nothing",
            LessonResult::Dropped => "dropped",
            LessonResult::Failed => "failed",
        };
        self.lessons.with_label_values(&[result]).inc();
    }

    /// All counters in Prometheus's text format, with the missing tiers and the bytes of bodies in memory.
    ///
    /// # Errors
    /// If Prometheus cannot encode them.
    pub(crate) fn to_text(
        &self,
        missing: &[&str],
        held_bytes: usize,
    ) -> prometheus::Result<String> {
        for tier in missing {
            self.missing.with_label_values(&[tier]).set(1);
        }
        self.held_bytes.set(i64::try_from(held_bytes).unwrap_or(i64::MAX));
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// What happened to a photo that was sent before.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReplayAction {
    Flagged,
    Rejected,
}

/// What happened to an accepted photo from which a view can be learned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LessonResult {
    /// A view was stored.
    Learned,
    /// The photo adds nothing, or nothing vouches for it.
    Nothing,
    /// Too many photos wait.
    Dropped,
    Failed,
}
