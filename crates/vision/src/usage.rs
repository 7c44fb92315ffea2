use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use injeung_domain::ports::VisionError;
use injeung_domain::{ClassifierUsage, FaultKind};

/// Counts the calls of a classifier.
#[derive(Debug, Default)]
pub(crate) struct UsageCounter {
    answered: AtomicU64,
    failed: AtomicU64,
    is_down: AtomicBool,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
}

impl UsageCounter {
    /// Counts a call by its result, and returns the result.
    pub(crate) fn counted<T>(&self, result: Result<T, VisionError>) -> Result<T, VisionError> {
        let failed = match &result {
            Ok(_) => false,
            Err(VisionError::Fault(fault)) if fault.kind != FaultKind::Overloaded => true,
            // The photo or this machine is the reason, not the classifier.
            Err(VisionError::Photo(_) | VisionError::Fault(_)) => return result,
        };
        let count = if failed { &self.failed } else { &self.answered };
        count.fetch_add(1, Ordering::Relaxed);
        self.is_down.store(failed, Ordering::Relaxed);
        result
    }

    /// Adds the tokens of an answer.
    pub(crate) fn add_tokens(&self, prompt: Option<u64>, completion: Option<u64>) {
        self.prompt_tokens.fetch_add(prompt.unwrap_or(0), Ordering::Relaxed);
        self.completion_tokens.fetch_add(completion.unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn usage(&self, name: &'static str) -> ClassifierUsage {
        let number = |count: &AtomicU64| count.load(Ordering::Relaxed);
        ClassifierUsage {
            name,
            answered: number(&self.answered),
            failed: number(&self.failed),
            is_down: self.is_down.load(Ordering::Relaxed),
            prompt_tokens: number(&self.prompt_tokens),
            completion_tokens: number(&self.completion_tokens),
        }
    }
}
