use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use injeung_domain::ports::Classifier;
use injeung_domain::{Comparison, MessageCounts, Replay};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Counters of this process since its start. docs/operations.md explains their names.
///
/// Label values come from short lists, never from requests, so that no client can fill the memory.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    comparisons: IntCounterVec,
    attempts: IntCounterVec,
    replays: IntCounterVec,
    lessons: IntCounterVec,
    missing: IntGaugeVec,
    held_bytes: IntGauge,
    refused_connections: IntCounter,
    rate_limited: IntCounterVec,
}

impl Metrics {
    /// Creates the counters at 0. Those of the classifier are read when they are requested.
    ///
    /// # Errors
    /// If Prometheus rejects a name or a label.
    pub(crate) fn new(
        classifier: Arc<dyn Classifier>,
        webhooks: &WebhookMetrics,
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
            comparisons,
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
        registry.register(Box::new(comparisons.clone()))?;
        registry.register(Box::new(attempts.clone()))?;
        registry.register(Box::new(replays.clone()))?;
        registry.register(Box::new(lessons.clone()))?;
        registry.register(Box::new(missing.clone()))?;
        registry.register(Box::new(held_bytes.clone()))?;
        registry.register(Box::new(refused_connections.clone()))?;
        registry.register(Box::new(rate_limited.clone()))?;
        registry.register(Box::new(ClassifierCounters::new(classifier)?))?;
        registry.register(Box::new(webhooks.deliveries.clone()))?;
        registry.register(Box::new(webhooks.messages.clone()))?;
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

    /// Counts a request beyond a rate limit.
    pub(crate) fn rate_limited(&self, of: &'static str, amount: &'static str) {
        self.rate_limited.with_label_values(&[of, amount]).inc();
    }

    /// Counts a decision by the last tier that ran.
    pub(crate) fn comparison(&self, comparison: &Comparison) {
        let tier = comparison.tiers.last().map_or("none", |tier| tier.name);
        let verdict = if comparison.same_scene { "same_scene" } else { "another_scene" };
        self.comparisons.with_label_values(&[tier, verdict]).inc();
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

/// Counters of the webhooks, which the service that delivers them sets.
#[derive(Clone)]
pub struct WebhookMetrics {
    deliveries: IntCounterVec,
    messages: IntGaugeVec,
}

impl WebhookMetrics {
    /// Creates the counters at 0.
    ///
    /// # Errors
    /// If Prometheus rejects a name or a label.
    pub fn new() -> prometheus::Result<Self> {
        Ok(Self {
            deliveries: IntCounterVec::new(
                Opts::new("injeung_webhook_deliveries_total", "Deliveries of webhooks, by result."),
                &["result"],
            )?,
            messages: IntGaugeVec::new(
                Opts::new("injeung_webhook_messages", "Messages that wait or are dead."),
                &["state"],
            )?,
        })
    }

    /// Counts a delivery: `delivered`, `failed`, `throttled`, `gone`, or `dead` if it was the last of its message.
    pub fn delivery(&self, result: &'static str) {
        self.deliveries.with_label_values(&[result]).inc();
    }

    /// Sets the numbers of messages.
    pub fn count(&self, counts: MessageCounts) {
        for (state, number) in [("waiting", counts.waiting), ("dead", counts.dead)] {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            self.messages.with_label_values(&[state]).set(number);
        }
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

/// Counters that the classifier keeps.
struct ClassifierCounters {
    classifier: Arc<dyn Classifier>,
    calls: IntCounterVec,
    tokens: IntCounterVec,
}

impl ClassifierCounters {
    fn new(classifier: Arc<dyn Classifier>) -> prometheus::Result<Self> {
        let [calls, tokens] = Self::counters()?;
        Ok(Self { classifier, calls, tokens })
    }

    /// Calls and tokens, at 0.
    fn counters() -> prometheus::Result<[IntCounterVec; 2]> {
        let calls =
            Opts::new("injeung_classifications_total", "Photos that a classifier examined.");
        let tokens = Opts::new(
            "injeung_classifier_tokens_total",
            "Tokens that the service of a classifier charged for.",
        );
        Ok([
            IntCounterVec::new(calls, &["classifier", "result"])?,
            IntCounterVec::new(tokens, &["classifier", "kind"])?,
        ])
    }
}

impl Collector for ClassifierCounters {
    fn desc(&self) -> Vec<&Desc> {
        [self.calls.desc(), self.tokens.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // A counter cannot be set, so each reading has new ones.
        let Ok([calls, tokens]) = Self::counters() else { return Vec::new() };
        for usage in self.classifier.usage() {
            let count = |counter: &IntCounterVec, label: &str, number| {
                counter.with_label_values(&[usage.name, label]).inc_by(number);
            };
            count(&calls, "answered", usage.answered);
            count(&calls, "failed", usage.failed);
            if usage.prompt_tokens + usage.completion_tokens > 0 {
                count(&tokens, "prompt", usage.prompt_tokens);
                count(&tokens, "completion", usage.completion_tokens);
            }
        }
        [calls.collect(), tokens.collect()].concat()
    }
}
