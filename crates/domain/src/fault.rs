use std::error::Error;
use std::fmt;

use tracing::{error, warn};

/// A failure behind a port: an outage, a timeout, a full queue, a broken store.
///
/// A fault is never caused by the photo or the caller; those causes have variants of their own.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct Fault {
    /// Whether a retry can help.
    pub kind: FaultKind,
    /// The error of the adapter's library.
    pub source: Box<dyn Error + Send + Sync>,
}

/// Whether a retry can help after a [`Fault`].
///
/// The kind decides whether a read is repeated, whether the client may retry shortly, and the level
/// of the log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The adapter rejected the work because too much is waiting; nothing was begun.
    Overloaded,
    /// The same call may succeed later: a timeout, a lost connection, a busy database.
    Transient,
    /// The same call will fail again: invalid credentials, a corrupt file, a missing table.
    Permanent,
}

impl Fault {
    /// Fault for work that was rejected because too much is waiting.
    pub fn overloaded(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: FaultKind::Overloaded, source: source.into() }
    }

    /// Fault that a later call may not meet.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: FaultKind::Transient, source: source.into() }
    }

    /// Fault that every later call meets until a person removes its cause.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: FaultKind::Permanent, source: source.into() }
    }

    /// Whether the same call may succeed shortly. An overload is excluded, because retries would
    /// add to it.
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            FaultKind::Transient => true,
            FaultKind::Overloaded | FaultKind::Permanent => false,
        }
    }

    /// Logs a fault that is handled here and not returned. A permanent fault needs a person and is
    /// an error; the others are warnings. `action` fits after "failed to".
    pub(crate) fn log(&self, action: fmt::Arguments<'_>) {
        match self.kind {
            FaultKind::Permanent => error!(error = %self, "failed to {action}"),
            FaultKind::Overloaded | FaultKind::Transient => {
                warn!(error = %self, "failed to {action}");
            }
        }
    }
}
