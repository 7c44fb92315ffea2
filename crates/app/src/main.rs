//! The command line of Injeung, a photo-proof verification service.

mod commands;
mod config;
mod janitor;
mod key_set;
mod telemetry;
mod webhooks;
mod wiring;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[cfg(feature = "eval")]
use crate::commands::{chains, eval};
use crate::commands::{
    clean_up, compare, decoder, group, inspect, key, keyword, migrate, participation, reextract,
    serve, url,
};
use crate::config::Config;

/// Verifies proof photos: the same scene as a reference, or what a keyword names.
#[derive(Debug, Parser)]
#[command(name = "injeung", version)]
struct Arguments {
    /// TOML file with the keys that differ from config/default.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the service until SIGTERM or SIGINT.
    Serve,
    /// Creates or updates the database's tables.
    Migrate,
    /// Removes unfinished photos, expired request keys, old days and superseded features, once.
    CleanUp(clean_up::Arguments),
    /// Extracts the features of references that have none in the current format, after a change of the algorithm. Runs beside
    /// the service; repeated runs continue.
    Reextract(reextract::Arguments),
    /// Manages challenge groups.
    #[command(subcommand)]
    Group(group::Command),
    /// Manages participations.
    #[command(subcommand)]
    Participation(participation::Command),
    /// Examines keywords before a challenge uses them.
    #[command(subcommand)]
    Keyword(keyword::Command),
    /// Manages API keys of servers.
    #[command(subcommand)]
    Key(key::Command),
    /// Reports what the service finds in photos, and whether it accepts them as references.
    Inspect(inspect::Arguments),
    /// Compares a photo with a reference as the service does.
    Compare(compare::Arguments),
    /// Measures on folders of photos how often matching photos are rejected and non-matching ones accepted.
    #[cfg(feature = "eval")]
    Eval(eval::Arguments),
    /// Simulates participants from whose accepted photos the service learns, on folders of photos.
    #[cfg(feature = "eval")]
    Chains(chains::Arguments),
    /// Decodes photos for the service that started it.
    #[command(hide = true)]
    Decoder,
    /// Prints a URL of a stored photo, signed if the store signs URLs.
    Url(url::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            commands::complain(&format!("injeung: failed to {error:#}"));
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Command::Decoder = arguments.command {
        return decoder::run();
    }
    let config = Config::load(arguments.config.as_deref())?;
    let _telemetry = telemetry::init(&config.log, &config.traces)?;
    match arguments.command {
        Command::Decoder => decoder::run(),
        Command::Serve => serve::run(&config).await,
        Command::Migrate => migrate::run(&config).await,
        Command::CleanUp(arguments) => clean_up::run(&config, &arguments).await,
        Command::Reextract(arguments) => reextract::run(&config, &arguments).await,
        Command::Group(command) => group::run(&config, command).await,
        Command::Participation(command) => participation::run(&config, command).await,
        Command::Keyword(command) => keyword::run(&config, command),
        Command::Key(command) => key::run(&config, command).await,
        Command::Inspect(arguments) => inspect::run(&config, &arguments),
        Command::Compare(arguments) => compare::run(&config, &arguments),
        #[cfg(feature = "eval")]
        Command::Eval(arguments) => eval::run(&config, &arguments),
        #[cfg(feature = "eval")]
        Command::Chains(arguments) => chains::run(&config, &arguments),
        Command::Url(arguments) => url::run(&config, &arguments).await,
    }
}
