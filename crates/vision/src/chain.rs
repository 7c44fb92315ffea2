//! A cheap classifier, and an expensive one for the photos that it leaves open.

use std::sync::Arc;

use async_trait::async_trait;
use injeung_adapter::settings::share;
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{ClassifierUsage, Concept, Fault, FaultKind, Keyword, Photo};
use serde::Deserialize;
use tracing::{error, info, warn};

/// Values of the keyword at which the first classifier decides: part of `[classifier.chain]` of the configuration.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct ChainThresholds {
    /// Value below which the first classifier rejects a photo, 0 to 1.
    #[serde(deserialize_with = "share")]
    pub reject_below: f32,
    /// Value from which the first classifier accepts a photo, 0 to 1.
    #[serde(deserialize_with = "share")]
    pub accept_from: f32,
}

impl ChainThresholds {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let problem = || "reject_below: must be at most accept_from".to_owned();
        (self.reject_below > self.accept_from).then(problem).into_iter().collect()
    }
}

/// Asks a second classifier about the photos that the first leaves open.
///
/// The first rejects a photo only if it knows a name of every subject of the keyword: what has no name there is
/// never found. If one of the two has a fault, the other decides alone. An overload is returned, because the other
/// classifier would get the load too.
pub struct ChainClassifier {
    first: Arc<dyn Classifier>,
    second: Arc<dyn Classifier>,
    thresholds: ChainThresholds,
    /// Value from which the first accepts a photo if the second has a fault.
    alone_from: f32,
}

impl ChainClassifier {
    /// Creates a chain. The minimum value of `first` must be at most `thresholds.reject_below`. `alone_from` is the
    /// value from which `first` accepts a photo if `second` has a fault.
    pub fn new(
        first: Arc<dyn Classifier>,
        second: Arc<dyn Classifier>,
        thresholds: ChainThresholds,
        alone_from: f32,
    ) -> Self {
        Self { first, second, thresholds, alone_from }
    }

    fn first_knows_every_subject(&self, keyword: &Keyword) -> bool {
        keyword.subjects().iter().all(|subject| {
            subject.parse().is_ok_and(|subject| self.first.knows(&subject) == Some(true))
        })
    }
}

#[async_trait]
impl Classifier for ChainClassifier {
    fn name(&self) -> String {
        format!("{}, then {}", self.first.name(), self.second.name())
    }

    async fn classify(
        &self,
        photo: &Photo,
        keyword: &Keyword,
    ) -> Result<Vec<Concept>, VisionError> {
        let ChainThresholds { reject_below, accept_from } = self.thresholds;
        let shown = match self.first.classify(photo, keyword).await {
            Ok(shown) => shown,
            Err(error) => {
                log_down("first", down(error)?);
                return self.second.classify(photo, keyword).await;
            }
        };
        let value = keyword.certainty_among(&shown);
        let knows = self.first_knows_every_subject(keyword);
        let decided = match value {
            Some(value) if value >= accept_from => Some(accept_from),
            Some(value) if value >= reject_below => None,
            Some(_) | None => knows.then_some(reject_below),
        };
        if let Some(limit) = decided {
            info!(%keyword, value, classifier = "first", "the chain decided");
            return Ok(from(limit, shown));
        }
        let fault = match self.second.classify(photo, keyword).await {
            Ok(shown) => {
                info!(%keyword, value, classifier = "second", "the chain decided");
                return Ok(shown);
            }
            Err(error) => down(error)?,
        };
        let accepts = value.is_some_and(|value| value >= self.alone_from);
        if !accepts && !knows {
            return Err(fault.into());
        }
        log_down("second", fault);
        info!(%keyword, value, classifier = "first", "the chain decided");
        Ok(from(self.alone_from, shown))
    }

    fn knows(&self, keyword: &Keyword) -> Option<bool> {
        match (self.first.knows(keyword), self.second.knows(keyword)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            (None, _) | (_, None) => None,
        }
    }

    fn usage(&self) -> Vec<ClassifierUsage> {
        [self.first.usage(), self.second.usage()].concat()
    }
}

/// The concepts with at least this value.
fn from(limit: f32, mut shown: Vec<Concept>) -> Vec<Concept> {
    shown.retain(|concept| concept.value >= limit);
    shown
}

/// The fault for which the other classifier replaces this one.
///
/// # Errors
/// What the other classifier cannot change: a corrupt photo, an overload.
fn down(error: VisionError) -> Result<Fault, VisionError> {
    match error {
        VisionError::Fault(fault) if fault.kind != FaultKind::Overloaded => Ok(fault),
        VisionError::Fault(_) | VisionError::Photo(_) => Err(error),
    }
}

fn log_down(classifier: &str, fault: Fault) {
    match fault.kind {
        FaultKind::Permanent => {
            error!(classifier, error = %fault, "a classifier of the chain is down");
        }
        FaultKind::Overloaded | FaultKind::Transient => {
            warn!(classifier, error = %fault, "a classifier of the chain is down");
        }
    }
}
