use time::Duration;
use tracing::{error, warn};

use crate::ports::{Clock, MessageSender, Repository, SendError};
use crate::{DeliveryEnd, DeliveryRules, Fault, Message};

/// What the next deliveries must respect after one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has the message.
    Delivered,
    /// The delivery failed; the message waits for the next.
    Failed,
    /// The delivery failed for the last time.
    Dead,
    /// The receiver requests that nothing is sent for this duration.
    Throttled(Duration),
    /// The receiver requests that nothing is sent any more. The message waits.
    Gone,
}

/// Sends a message that is due, and stores how that ended. A message may be sent again after it was received: if the
/// process dies between the two, or the database fails.
///
/// # Errors
/// When the database failed; the message is still due.
pub async fn deliver_message(
    repository: &dyn Repository,
    sender: &dyn MessageSender,
    clock: &dyn Clock,
    rules: &DeliveryRules,
    message: &Message,
) -> Result<Delivery, Fault> {
    let sent = sender.send(message, clock.now()).await;
    let failures = message.failures.saturating_add(1);
    let now = clock.now();
    let pause = |requested| rules.pause(message.id, failures, requested);
    let ends = |error: String, pause: Option<Duration>| match pause {
        Some(pause) => DeliveryEnd::Again { at: now.saturating_add(pause), error },
        None => DeliveryEnd::Dead { at: now, error },
    };
    if let Err(error) = &sent {
        let (message, event) = (message.id.get(), message.message.event.name());
        warn!(message, event, failures, "failed to {error}");
    }
    let (end, delivery) = match sent {
        Ok(()) => (DeliveryEnd::Delivered, Delivery::Delivered),
        Err(SendError::Failed(error)) => {
            let pause = pause(None);
            (ends(error, pause), pause.map_or(Delivery::Dead, |_| Delivery::Failed))
        }
        Err(SendError::Throttled { error, retry_after }) => {
            let throttled = Delivery::Throttled(rules.throttle(retry_after));
            let pause = pause(retry_after);
            (ends(error, pause), pause.map_or(Delivery::Dead, |_| throttled))
        }
        // Nothing is sent until the service starts again, and this message is then the first.
        Err(SendError::Gone(error)) => (ends(error, Some(Duration::ZERO)), Delivery::Gone),
    };
    match delivery {
        Delivery::Dead => error!(message = message.id.get(), "a message is dead"),
        Delivery::Gone => {
            error!("the receiver accepts no messages any more; nothing is sent until a restart")
        }
        Delivery::Delivered | Delivery::Failed | Delivery::Throttled(_) => {}
    }
    repository.end_delivery(message.id, end).await?;
    Ok(delivery)
}
