use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use injeung_domain::ports::FeatureExtractor;
use injeung_domain::{Reextraction, ReextractionPorts, Shard, reextract_references};
use tracing::info;

use crate::config::Config;
use crate::wiring::{self, SystemClock};

/// Number of references after which the log states the progress where no terminal shows it.
const LOGGED_EVERY: u64 = 1000;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Part of the references, for several processes at once: INDEX/COUNT, with indices from 0. All by default.
    #[arg(long, value_name = "INDEX/COUNT", default_value = "0/1")]
    shard: Shard,
}

/// Exits with 0, also if photos are missing or unreadable, or with 1 when a further run can extract more.
pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let repository = wiring::database(config).await?;
    let address = format!("http://{}", config.server.bind);
    let (objects, _) = wiring::objects(config, &address).await?;
    let extractor = wiring::extractor(config, wiring::vision_workers(config))?;
    let missing = extractor.missing();
    anyhow::ensure!(missing.is_empty(), "extract features without {}", missing.join(", "));
    let ports = ReextractionPorts {
        clock: &SystemClock,
        repository: &*repository,
        objects: &*objects,
        extractor: &extractor,
    };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta:>4}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let report = |done: &Reextraction| {
        bar.set_length(done.total);
        bar.set_position(done.tried());
        let Reextraction { total, extracted, unreadable, failed } = *done;
        if bar.is_hidden() && done.tried().is_multiple_of(LOGGED_EVERY) {
            info!(total, extracted, unreadable, failed, "extracting features");
        }
    };
    let at_once = config.vision.workers;
    let done = reextract_references(ports, arguments.shard, at_once, report).await;
    bar.finish_and_clear();
    let Reextraction { extracted, unreadable, failed, .. } =
        done.context("extract the features of references")?;
    super::say(&format!("extracted={extracted} unreadable={unreadable} failed={failed}"));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
