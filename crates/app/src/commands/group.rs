use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use injeung_domain::{
    ChallengeGroup, GroupId, MatchMode, Schedule, TimeZone, parse_date, parse_end_time,
    parse_start_time,
};
use time::{Date, Time};

use crate::config::Config;
use crate::wiring;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a challenge group, or replaces the one with the same id.
    Put {
        /// Id of the group (CG), a whole number from 1.
        cg_id: GroupId,
        /// First day, YYYY-MM-DD.
        #[arg(long, value_parser = parse_date, value_name = "YYYY-MM-DD")]
        start_date: Date,
        /// Last day, YYYY-MM-DD.
        #[arg(long, value_parser = parse_date, value_name = "YYYY-MM-DD")]
        end_date: Date,
        /// Start of the daily window, HH:MM or HH:MM:SS.
        #[arg(long, value_parser = parse_start_time, value_name = "HH:MM[:SS]")]
        start_time: Time,
        /// End of the daily window: HH:MM includes that minute, HH:MM:SS that second. An end before
        /// the start is on the next day.
        #[arg(long, value_parser = parse_end_time, value_name = "HH:MM[:SS]")]
        end_time: Time,
        /// Time zone of the dates and times, from the IANA database; the service's by default.
        #[arg(long)]
        time_zone: Option<TimeZone>,
        /// Display name.
        #[arg(long)]
        name: Option<String>,
        /// What a photo and its reference have to share: the place, or the place and the things in it.
        #[arg(long = "match", value_parser = parse_match, value_name = "place|thing", default_value = "place")]
        match_mode: MatchMode,
    },
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Put {
        cg_id,
        start_date,
        end_date,
        start_time,
        end_time,
        time_zone,
        name,
        match_mode,
    } = command;
    let time_zone = time_zone.unwrap_or_else(|| config.server.time_zone.clone());
    let schedule = Schedule::new(start_date, end_date, start_time, end_time, time_zone)
        .with_context(|| format!("schedule challenge group {cg_id}"))?;
    let group = ChallengeGroup { id: cg_id, name, schedule, match_mode };
    let database = wiring::database_at_start(config).await?;
    database.put_group(&group).await.with_context(|| format!("write challenge group {cg_id}"))?;
    super::say(&format!("challenge group {cg_id} is written"));
    Ok(ExitCode::SUCCESS)
}

fn parse_match(text: &str) -> Result<MatchMode, String> {
    text.parse().map_err(|_| "expected place or thing".to_owned())
}
