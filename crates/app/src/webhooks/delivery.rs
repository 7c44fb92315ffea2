//! The loop that delivers messages. Services on the same database take turns: one at a time delivers.

use std::sync::Arc;
use std::time::Duration;

use injeung_domain::ports::{MessageSender, Ports};
use injeung_domain::{Delivery, DeliveryRules, Fault, deliver_message};
use injeung_http::BackgroundMetrics;
use time::OffsetDateTime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{debug, error};
use uuid::Uuid;

use super::WebhookSettings;

/// Name of the lease of the service that delivers.
const LEASE: &str = "webhooks";

/// Number of messages that are sent at once, each of another participation.
const AT_ONCE: u32 = 16;

/// Pause after a round that delivered nothing.
const IDLE: Duration = Duration::from_secs(1);

/// Pause after the database failed.
const AFTER_FAULT: Duration = Duration::from_secs(5);

/// Interval in which the messages are counted for the metrics.
const COUNT_INTERVAL: Duration = Duration::from_secs(15);

/// Time that the lease has beyond the duration of a delivery.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// Delivers messages that are due until `stop` is dropped, then finishes those that are on their way.
pub(crate) async fn deliver_regularly(
    ports: Ports,
    sender: Arc<dyn MessageSender>,
    settings: WebhookSettings,
    metrics: BackgroundMetrics,
    mut stop: oneshot::Receiver<()>,
) {
    let mut turn = Turn {
        holder: Uuid::new_v4().to_string(),
        lease: (settings.timeout + LEASE_MARGIN).try_into().unwrap_or(time::Duration::MAX),
        paused_until: OffsetDateTime::UNIX_EPOCH,
        is_gone: false,
        counted: None,
        rules: Arc::new(settings.rules),
        ports,
        sender,
        metrics,
    };
    loop {
        let pause = match turn.round().await {
            Ok(0) => IDLE,
            Ok(_) => Duration::ZERO,
            Err(fault) => {
                error!(error = %fault, "failed to deliver webhooks");
                AFTER_FAULT
            }
        };
        tokio::select! {
            _ = &mut stop => break,
            () = sleep(pause) => {}
        }
    }
    if let Err(fault) = turn.release().await {
        error!(error = %fault, "failed to release the lease of the webhooks");
    }
}

struct Turn {
    ports: Ports,
    sender: Arc<dyn MessageSender>,
    rules: Arc<DeliveryRules>,
    metrics: BackgroundMetrics,
    /// Name of this process in the lease.
    holder: String,
    /// Length of the lease.
    lease: time::Duration,
    /// End of a pause that the receiver requested.
    paused_until: OffsetDateTime,
    /// Whether the receiver requested that nothing is sent any more. This process keeps the lease then, so that no other
    /// asks again.
    is_gone: bool,
    counted: Option<Instant>,
}

impl Turn {
    /// Sends the messages that are due, at most [`AT_ONCE`], and returns how many were delivered.
    async fn round(&mut self) -> Result<usize, Fault> {
        self.count().await?;
        let (clock, repository) = (&self.ports.clock, &self.ports.repository);
        let now = clock.now();
        let until = now.saturating_add(self.lease);
        if !repository.acquire_lease(LEASE, &self.holder, now, until).await? {
            debug!("another service delivers webhooks");
            return Ok(0);
        }
        if self.is_gone || now < self.paused_until {
            return Ok(0);
        }
        let mut deliveries = JoinSet::new();
        for message in repository.due_messages(now, AT_ONCE).await? {
            let (ports, sender, rules) =
                (self.ports.clone(), self.sender.clone(), self.rules.clone());
            deliveries.spawn(async move {
                deliver_message(&*ports.repository, &*sender, &*ports.clock, &rules, &message).await
            });
        }
        let mut delivered = 0;
        let mut failed = None;
        while let Some(ended) = deliveries.join_next().await {
            let result = match ended.map_err(Fault::permanent).and_then(|delivery| delivery) {
                Ok(Delivery::Delivered) => {
                    delivered += 1;
                    "delivered"
                }
                Ok(Delivery::Failed) => "failed",
                Ok(Delivery::Dead) => "dead",
                Ok(Delivery::Throttled(pause)) => {
                    let until = self.ports.clock.now().saturating_add(pause);
                    self.paused_until = self.paused_until.max(until);
                    "throttled"
                }
                Ok(Delivery::Gone) => {
                    self.is_gone = true;
                    "gone"
                }
                Err(fault) => {
                    failed = Some(fault);
                    continue;
                }
            };
            self.metrics.delivery(result);
        }
        failed.map_or(Ok(delivered), Err)
    }

    /// Counts the messages, at most once in [`COUNT_INTERVAL`].
    async fn count(&mut self) -> Result<(), Fault> {
        if self.counted.is_none_or(|counted| counted.elapsed() >= COUNT_INTERVAL) {
            self.metrics.count(self.ports.repository.count_messages().await?);
            self.counted = Some(Instant::now());
        }
        Ok(())
    }

    /// Lets another service take over at once.
    async fn release(&self) -> Result<(), Fault> {
        let now = self.ports.clock.now();
        // Renewing a lease until now ends it; if another process has it, nothing changes.
        self.ports.repository.acquire_lease(LEASE, &self.holder, now, now).await.map(drop)
    }
}
