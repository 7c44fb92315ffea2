use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use injeung_domain::{CleanUpReport, Ports, clean_up};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use crate::config::{CleanUp, Config};
use crate::wiring;

pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let stop = injeung_http::termination().context("listen for signals")?;
    let database = if config.database.migrate_at_start {
        wiring::migrated_database(config).await?
    } else {
        wiring::database(config).await?
    };
    let bind = config.server.bind;
    let listener = TcpListener::bind(bind).with_context(|| format!("listen on {bind}"))?;
    let address = format!("http://{}", listener.local_addr().context("listen")?);
    let ports = wiring::ports(config, database, &address).await?;
    let cleaning = tokio::spawn(clean_up_regularly(ports.clone(), config.clean_up.clone()));
    super::say(&format!("listening on {address}"));
    let served = injeung_http::serve(listener, ports, wiring::http(config), stop).await;
    cleaning.abort();
    served.context("serve")?;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Removes what died on its way into the store, first of all what did so before the last start.
async fn clean_up_regularly(ports: Ports, times: CleanUp) {
    let grace = time::Duration::seconds(times.grace_s.into());
    let mut ticks = interval(Duration::from_secs(times.interval_s));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match clean_up(&ports, grace).await {
            Ok(CleanUpReport { removed: 0, failed: 0 }) => {}
            Ok(CleanUpReport { removed, failed: 0 }) => info!(removed, "cleaned up"),
            Ok(CleanUpReport { removed, failed }) => warn!(removed, failed, "cleaned up in part"),
            Err(failure) => error!(error = %failure, "failed to clean up"),
        }
    }
}
