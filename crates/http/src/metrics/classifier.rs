use std::sync::Arc;

use injeung_domain::ports::Classifier;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, Opts};

/// Counters that the classifier keeps.
pub(super) struct ClassifierCounters {
    classifier: Arc<dyn Classifier>,
    calls: IntCounterVec,
    tokens: IntCounterVec,
}

impl ClassifierCounters {
    pub(super) fn new(classifier: Arc<dyn Classifier>) -> prometheus::Result<Self> {
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
