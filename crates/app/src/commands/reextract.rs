use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use injeung_domain::{Reextraction, Shard, reextract_references};
use tracing::info;

use crate::config::Config;
use crate::wiring;

/// Number of references after which the log states the progress where no terminal shows it.
const LOGGED_EVERY: u64 = 1000;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Part of the references, for several processes at once: INDEX/COUNT, with indices from 0. All by default.
    #[arg(long, value_name = "INDEX/COUNT", default_value = "0/1")]
    shard: Shard,
}

/// Exits with 0, or with 1 when the features of a reference could not be extracted.
pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let database = wiring::database(config).await?;
    let address = format!("http://{}", config.server.bind);
    let (ports, _) = wiring::ports(config, database, &address).await?;
    let missing = ports.extractor.missing();
    anyhow::ensure!(missing.is_empty(), "extract features without {}", missing.join(", "));
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta:>4}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let report = |&Reextraction { total, extracted, failed }: &Reextraction| {
        bar.set_length(total);
        bar.set_position(extracted + failed);
        if bar.is_hidden() && (extracted + failed).is_multiple_of(LOGGED_EVERY) {
            info!(total, extracted, failed, "extracting features");
        }
    };
    let at_once = config.vision.workers;
    let done = reextract_references(&ports, arguments.shard, at_once, report).await;
    let Reextraction { extracted, failed, .. } = done.context("list the references")?;
    bar.finish_and_clear();
    super::say(&format!("extracted={extracted} failed={failed}"));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
