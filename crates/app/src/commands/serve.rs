use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use injeung_domain::Ports;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::info;

use crate::config::Config;
use crate::janitor::clean_up_regularly;
use crate::webhooks::{WebhookSender, deliver_regularly};
use crate::wiring;

/// Maximum time that a stop waits for deliveries of webhooks.
const DELIVERY_GRACE: Duration = Duration::from_secs(5);

pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    config.check_photo_urls()?;
    config.check_exposure()?;
    let stop = injeung_http::termination().context("listen for signals")?;
    super::decoder::isolate(config)?;
    let mut http = wiring::http(config)?;
    let database = wiring::database_at_start(config).await?;
    let bind = config.server.bind;
    let listener = TcpListener::bind(bind).with_context(|| format!("listen on {bind}"))?;
    let address = config.server.url(listener.local_addr().context("listen")?);
    let (ports, pools) = wiring::ports(config, database, &address).await?;
    http.pools = pools;
    let policy = wiring::policy(config);
    let retention = config.audit.retention();
    let background = http.background.clone();
    let cleaning = clean_up_regularly(ports.clone(), config.clean_up, retention, background);
    let cleaning = tokio::spawn(cleaning);
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
    let (settings, metrics) = (config.webhooks.clone(), http.background.clone());
    let deliveries = deliver_regularly(ports.clone(), Arc::new(sender), settings, metrics, stopped);
    Ok(Some((stop, tokio::spawn(deliveries))))
}

/// Waits for the deliveries that are on their way. One that takes longer may be repeated after the next start.
async fn finish(mut delivering: JoinHandle<()>) {
    if timeout(DELIVERY_GRACE, &mut delivering).await.is_err() {
        delivering.abort();
    }
}
