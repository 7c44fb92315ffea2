use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use injeung_domain::{ApiKey, KeyId, KeyName, KeyText, Scope};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use crate::config::Config;
use crate::wiring;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a key and prints it, once. Only its digest is stored.
    Add {
        /// Name of the server that gets the key; two keys of one server have one name.
        #[arg(long)]
        name: KeyName,
        /// What the key permits: verify, admin, console or metrics. Can be repeated.
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// Days until the key expires; without it the key is valid until it is revoked.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        valid_days: Option<u32>,
    },
    /// Lists all keys, oldest first, without their secrets.
    List,
    /// Revokes a key at once and for ever.
    Revoke {
        /// Id of the key: the digits between `injeung_` and the next `_`.
        id: KeyId,
    },
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let database = wiring::database_at_start(config).await?;
    let now = OffsetDateTime::now_utc();
    match command {
        Command::Add { name, mut scopes, valid_days } => {
            scopes.sort();
            scopes.dedup();
            let text = KeyText::new(KeyId::new(random()?), random()?);
            let key = ApiKey {
                id: text.id().clone(),
                name,
                digest: text.digest(),
                scopes,
                created_at: now,
                expires_at: valid_days.map(|days| now + Duration::days(days.into())),
                revoked_at: None,
                last_used_at: None,
            };
            if !database.add_api_key(&key).await.context("write the API key")? {
                bail!("write the API key: its id is taken; try again");
            }
            super::say(&text.expose());
        }
        Command::List => {
            super::say("id\tname\tscopes\tcreated\texpires\trevoked\tlast used");
            for key in database.api_keys().await.context("read the API keys")? {
                super::say(&line(&key));
            }
        }
        Command::Revoke { id } => {
            let revoked = database.revoke_api_key(&id, now).await;
            if !revoked.with_context(|| format!("revoke API key {id}"))? {
                bail!("revoke API key {id}: there is none");
            }
            super::say(&format!("API key {id} is revoked"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("read random bytes")?;
    Ok(bytes)
}

const INSTANT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// The columns of `injeung key list`, separated by tabs.
fn line(key: &ApiKey) -> String {
    let instant = |at: Option<OffsetDateTime>| {
        at.and_then(|at| at.format(INSTANT).ok()).unwrap_or_else(|| "-".to_owned())
    };
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
    let [created, expires, revoked, used] =
        [Some(key.created_at), key.expires_at, key.revoked_at, key.last_used_at].map(instant);
    let (id, name, scopes) = (&key.id, &key.name, scopes.join(","));
    format!("{id}\t{name}\t{scopes}\t{created}\t{expires}\t{revoked}\t{used}")
}
