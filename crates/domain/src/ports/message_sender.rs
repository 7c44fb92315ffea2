use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use crate::Message;

/// Sends messages to their receiver.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MessageSender: Send + Sync {
    /// Sends a message once, signed at `now`, and waits until the receiver confirms it. Limits the duration.
    ///
    /// Every sending of a message has the same id and the same content, so that the receiver recognises it.
    async fn send(&self, message: &Message, now: OffsetDateTime) -> Result<(), SendError>;
}

/// Why a receiver did not confirm a message. The texts fit after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It could not be reached, or rejected the message.
    #[error("{0}")]
    Failed(String),
    /// It is overloaded.
    #[error("{error}")]
    Throttled {
        /// What it responded.
        error: String,
        /// Duration after which it accepts messages again, if it stated one.
        retry_after: Option<Duration>,
    },
    /// It does not accept messages any more.
    #[error("{0}")]
    Gone(String),
}
