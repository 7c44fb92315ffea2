use std::error::Error;
use std::fmt;

use tracing::{error, warn};

/// A failure of something behind a port: an outage, a time-out, a full queue, a broken store.
///
/// A fault is never the fault of the photo or of the caller; those have variants of their own.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct Fault {
    /// Whether trying again can help.
    pub kind: FaultKind,
    /// What went wrong, as the adapter's library tells it.
    pub source: Box<dyn Error + Send + Sync>,
}

/// Whether trying again can help after a [`Fault`].
///
/// It decides whether a read is repeated, whether the client is told to come back in a moment, and
/// the level of the log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The work was refused because too much of it is waiting; nothing was begun.
    Overloaded,
    /// The same call may succeed later: a time-out, a lost connection, a busy database.
    Transient,
    /// The same call will fail again: refused credentials, a corrupt file, a missing table.
    Permanent,
}

impl Fault {
    /// A fault because too much work is waiting.
    pub fn overloaded(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: FaultKind::Overloaded, source: source.into() }
    }

    /// A fault that may pass.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: FaultKind::Transient, source: source.into() }
    }

    /// A fault that stays.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: FaultKind::Permanent, source: source.into() }
    }

    /// Whether the same call may succeed in a moment. An overload is not repeated: that would add to
    /// it.
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            FaultKind::Transient => true,
            FaultKind::Overloaded | FaultKind::Permanent => false,
        }
    }

    /// Logs a fault that is handled here and returned to nobody: a permanent one, which a person
    /// has to remove, as an error, others as warnings. `action` fits after "failed to".
    pub(crate) fn log(&self, action: fmt::Arguments<'_>) {
        match self.kind {
            FaultKind::Permanent => error!(error = %self, "failed to {action}"),
            FaultKind::Overloaded | FaultKind::Transient => {
                warn!(error = %self, "failed to {action}");
            }
        }
    }
}
