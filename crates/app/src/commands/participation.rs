use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use injeung_domain::{GroupId, ParticipationId, UserId};

use crate::config::Config;
use crate::wiring;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a participation, or replaces the one with the same id.
    Put {
        /// Id of the participation, a whole number from 1.
        id: ParticipationId,
        /// Challenge group of the participation.
        #[arg(long, value_name = "CG_ID")]
        group: GroupId,
        /// Id of the participant in the client app.
        #[arg(long, value_name = "USER_ID")]
        user: Option<UserId>,
    },
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Put { id, group, user } = command;
    let database = wiring::database_at_start(config).await?;
    let put = database.put_participation(id, group, user).await;
    put.with_context(|| format!("write participation {id}"))?;
    super::say(&format!("participation {id} is written"));
    Ok(ExitCode::SUCCESS)
}
