use injeung_domain::MessageCounts;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// What the clean-up removes, and its failures.
const CLEANED: [&str; 9] = [
    "unfinished_photos",
    "failures",
    "request_keys",
    "days",
    "features",
    "messages",
    "attempts",
    "rejected_photos",
    "erasures",
];

/// Counters of the work beside the requests, the clean-up and the webhooks, which the program that does it sets.
#[derive(Clone)]
pub struct BackgroundMetrics {
    deliveries: IntCounterVec,
    messages: IntGaugeVec,
    clean_ups: IntCounterVec,
    cleaned: IntCounterVec,
}

impl BackgroundMetrics {
    /// Creates the counters at 0.
    ///
    /// # Errors
    /// If Prometheus rejects a name or a label.
    pub fn new() -> prometheus::Result<Self> {
        let metrics = Self {
            deliveries: IntCounterVec::new(
                Opts::new("injeung_webhook_deliveries_total", "Deliveries of webhooks, by result."),
                &["result"],
            )?,
            messages: IntGaugeVec::new(
                Opts::new("injeung_webhook_messages", "Messages that wait or are dead."),
                &["state"],
            )?,
            clean_ups: IntCounterVec::new(
                Opts::new("injeung_clean_ups_total", "Runs of the clean-up, by result."),
                &["result"],
            )?,
            cleaned: IntCounterVec::new(
                Opts::new(
                    "injeung_cleaned_total",
                    "What the clean-up removed, or could not remove.",
                ),
                &["what"],
            )?,
        };
        // A counter that appears with its first event has no increase for Prometheus.
        for result in ["done", "failed", "other"] {
            metrics.clean_ups.with_label_values(&[result]);
        }
        for what in CLEANED {
            metrics.cleaned.with_label_values(&[what]);
        }
        Ok(metrics)
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        let Self { deliveries, messages, clean_ups, cleaned } = self;
        registry.register(Box::new(deliveries.clone()))?;
        registry.register(Box::new(messages.clone()))?;
        registry.register(Box::new(clean_ups.clone()))?;
        registry.register(Box::new(cleaned.clone()))
    }

    /// Counts a run of the clean-up: `done`, `failed`, or `other` if another process had the turn.
    pub fn clean_up(&self, result: &'static str) {
        self.clean_ups.with_label_values(&[result]).inc();
    }

    /// Counts what a run of the clean-up removed.
    pub fn cleaned(&self, what: &'static str, number: u32) {
        self.cleaned.with_label_values(&[what]).inc_by(number.into());
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
