use std::process::ExitCode;

pub(crate) use injeung_eval::Options as Arguments;
use injeung_eval::evaluate;

use super::{complain, say};
use crate::config::Config;
use crate::wiring;

/// Exits with 0 whatever the results are.
pub(crate) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let cascade = wiring::cascade(config)?;
    let (limits, workers) = (config.photos.into(), config.vision.workers);
    let warn = |line: &str| complain(&format!("injeung: {line}"));
    say(&evaluate(&cascade, limits, workers, arguments, warn)?.text());
    Ok(ExitCode::SUCCESS)
}
