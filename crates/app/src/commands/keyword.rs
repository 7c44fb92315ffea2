use std::process::ExitCode;

use clap::{Args, Subcommand};
use injeung_adapter::Workers;
use injeung_domain::Keyword;
use injeung_domain::ports::Classifier;
use injeung_storage::Limits;

use super::say;
use crate::config::Config;
use crate::wiring;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reports whether the configured classifier can find keywords in photos.
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Keywords, as a challenge would have them.
    #[arg(required = true, value_name = "KEYWORD")]
    keywords: Vec<String>,
}

/// Exits with 1 if no photo can satisfy one of the keywords, with 0 otherwise.
pub(crate) fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Check(Check { keywords }) = command;
    let classifier = wiring::classifier(config, &Workers::new(Limits::untimed(1, 1)))?;
    let mut all_pass = true;
    for text in keywords {
        let (passes, report) = match text.parse() {
            Ok(keyword) => report(&*classifier, &keyword),
            Err(error) => (false, format!("rejected: {error}")),
        };
        all_pass &= passes;
        say(&format!("{text:?}: {report}"));
    }
    Ok(if all_pass { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a photo can satisfy the keyword, as far as the classifier reports it, and the text for the
/// operator.
fn report(classifier: &dyn Classifier, keyword: &Keyword) -> (bool, String) {
    let is_unknown = |subject: &&String| {
        subject.parse().is_ok_and(|subject| classifier.knows(&subject) == Some(false))
    };
    match classifier.knows(keyword) {
        None => (true, "not checked: the configured classifier does not list its names".to_owned()),
        Some(false) => (
            false,
            "unknown: the configured classifier has no such name, so every photo would be rejected"
                .to_owned(),
        ),
        Some(true) => {
            let unknown: Vec<_> = keyword.subjects().iter().filter(is_unknown).collect();
            let note = if unknown.is_empty() {
                String::new()
            } else {
                format!(", except {unknown:?}, which the configured classifier has no name for")
            };
            (true, format!("known{note}"))
        }
    }
}
