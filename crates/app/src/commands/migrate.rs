use std::process::ExitCode;

use anyhow::Context;

use crate::config::Config;
use crate::wiring;

pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let database = wiring::database(config).await?;
    database.migrate().await.context("bring the tables up to date")?;
    super::say("the tables are up to date");
    Ok(ExitCode::SUCCESS)
}
