use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use injeung_domain::{
    AttemptRetention, CleanUpReport, ForgottenAttempts, Lease, Ports, clean_up_in_turn,
    continue_erasures, forget_attempts,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{debug, error, info, warn};
use uuid::Uuid;

use crate::config::{CleanUp, Config};
use crate::webhooks::{WebhookSender, deliver_regularly};
use crate::wiring;

/// Maximum time that a stop waits for deliveries of webhooks.
const DELIVERY_GRACE: Duration = Duration::from_secs(5);

pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    config.check_photo_urls()?;
    config.check_exposure()?;
    let stop = injeung_http::termination().context("listen for signals")?;
    super::decoder::isolate(config)?;
    let http = wiring::http(config)?;
    let database = wiring::database_at_start(config).await?;
    let bind = config.server.bind;
    let listener = TcpListener::bind(bind).with_context(|| format!("listen on {bind}"))?;
    let address = config.server.url(listener.local_addr().context("listen")?);
    let ports = wiring::ports(config, database, &address).await?;
    let policy = wiring::policy(config);
    let retention = config.audit.retention();
    let cleaning = tokio::spawn(clean_up_regularly(ports.clone(), config.clean_up, retention));
    let delivering = deliver(config, &ports, &http)?;
    super::say(&format!("listening on {address}"));
    let served = injeung_http::serve(listener, ports, policy, http, stop).await;
    cleaning.abort();
    if let Some((stop, delivering)) = delivering {
        drop(stop);
        finish(delivering).await;
    }
    served.context("serve")?;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Starts the delivery of webhooks, if there is a receiver. It stops when the sender is dropped.
fn deliver(
    config: &Config,
    ports: &Ports,
    http: &injeung_http::Settings,
) -> anyhow::Result<Option<(oneshot::Sender<()>, JoinHandle<()>)>> {
    let Some(sender) = WebhookSender::new(&config.webhooks)? else { return Ok(None) };
    let (stop, stopped) = oneshot::channel();
    let (settings, metrics) = (config.webhooks.clone(), http.webhooks.clone());
    let deliveries = deliver_regularly(ports.clone(), Arc::new(sender), settings, metrics, stopped);
    Ok(Some((stop, tokio::spawn(deliveries))))
}

/// Waits for the deliveries that are on their way. One that takes longer may be repeated after the next start.
async fn finish(mut delivering: JoinHandle<()>) {
    if timeout(DELIVERY_GRACE, &mut delivering).await.is_err() {
        delivering.abort();
    }
}

/// Cleans up at an interval and once at the start, for what an earlier process left. Services on
/// the same database take turns.
async fn clean_up_regularly(ports: Ports, times: CleanUp, retention: AttemptRetention) {
    let Ports { clock, repository, objects, .. } = ports;
    let grace = times.grace.try_into().unwrap_or(time::Duration::MAX);
    // Twice the interval, so that the holder keeps the lease, and another service takes over soon
    // after the holder stops.
    let length = (2 * times.interval).try_into().unwrap_or(time::Duration::MAX);
    let lease = Lease { holder: Uuid::new_v4().to_string(), length };
    let mut ticks = interval(times.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let cleaned = clean_up_in_turn(&*repository, &*objects, clock.now(), &lease, grace).await;
        if let Ok(Some(_)) = cleaned {
            match forget_attempts(&*repository, &*objects, clock.now(), retention).await {
                Ok(ForgottenAttempts { photos: 0, records: 0 }) => {}
                Ok(ForgottenAttempts { photos, records }) => {
                    info!(photos, records, "forgot old attempts");
                }
                Err(fault) => error!(error = %fault, "failed to forget old attempts"),
            }
            match continue_erasures(&*repository, &*objects, clock.now(), grace).await {
                Ok(0) => {}
                Ok(completed) => info!(completed, "completed erasures"),
                Err(fault) => error!(error = %fault, "failed to list erasures"),
            }
        }
        match cleaned {
            Ok(None) => debug!("another service cleans up"),
            Ok(Some(report)) if report == CleanUpReport::default() => {}
            Ok(Some(CleanUpReport {
                removed,
                failed: 0,
                request_keys,
                days,
                features,
                messages,
            })) => {
                info!(removed, request_keys, days, features, messages, "cleaned up");
            }
            Ok(Some(CleanUpReport { removed, failed, request_keys, days, features, messages })) => {
                warn!(
                    removed,
                    failed, request_keys, days, features, messages, "cleaned up in part"
                );
            }
            Err(failure) => error!(error = %failure, "failed to clean up"),
        }
    }
}
