//! Log output.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Writes log lines to the standard error from now on.
pub(crate) fn init(log: &Log) {
    // The configuration is validated, so the filter parses. The level "error" is only a fallback.
    let filter = EnvFilter::new(&log.filter);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    match log.format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
}
