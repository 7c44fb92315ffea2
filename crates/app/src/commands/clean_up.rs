use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use injeung_domain::{CleanUpReport, ForgottenAttempts, continue_erasures, forget_attempts};
use time::{Duration, OffsetDateTime};

use crate::config::Config;
use crate::wiring;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Minimum age in seconds of what is removed; the configured one by default. Use less than the
    /// maximum duration of a request only when no service is running, because current requests
    /// fail.
    #[arg(long, value_name = "SECONDS")]
    grace_s: Option<u32>,
}

/// Exits with 0, or with 1 when something could not be removed. Ignores the lease of the running
/// services.
pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let database = wiring::database(config).await?;
    let (objects, _) = wiring::objects(config, &format!("http://{}", config.server.bind)).await?;
    let grace = match arguments.grace_s {
        Some(seconds) => Duration::seconds(seconds.into()),
        None => config.clean_up.grace.try_into()?,
    };
    let now = OffsetDateTime::now_utc();
    let cleaned = injeung_domain::clean_up(&*database, &*objects, now, grace).await;
    let CleanUpReport { removed, failed, request_keys, days, features, messages } =
        cleaned.context("clean up")?;
    let forgotten = forget_attempts(&*database, &*objects, now, config.audit.retention()).await;
    let ForgottenAttempts { photos, records } = forgotten.context("forget old attempts")?;
    let erasures = continue_erasures(&*database, &*objects, now, grace).await;
    let erasures = erasures.context("continue erasures")?;
    super::say(&format!(
        "removed={removed} failed={failed} request_keys={request_keys} days={days} \
         features={features} messages={messages} attempts={records} rejected_photos={photos} erasures={erasures}"
    ));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
