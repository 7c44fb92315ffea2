use std::process::ExitCode;

pub(crate) use injeung_eval::ChainOptions as Arguments;
use injeung_eval::chains;

use super::say;
use crate::config::Config;
use crate::wiring;

/// Exits with 0 whatever the results are.
pub(crate) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let cascade = wiring::cascade(config)?;
    let (limits, workers) = (config.photos.into(), config.vision.workers);
    say(&chains(&cascade, limits, workers, arguments)?.text());
    Ok(ExitCode::SUCCESS)
}
