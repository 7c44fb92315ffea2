use std::time::Duration;

use injeung_adapter::Secret;
use injeung_adapter::settings::{defaults, milliseconds, within};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use injeung_adapter::Limits;

/// The database and the limits of its calls: `[database]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DatabaseSettings {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`. A secret, since it may contain
    /// a password.
    #[serde(deserialize_with = "url")]
    pub url: Secret,
    /// Maximum number of calls at once, which is the number of connections of PostgreSQL. SQLite
    /// takes one write at a time; the others wait.
    #[serde(deserialize_with = "within::<_, _, 1, 1000>")]
    pub max_connections: usize,
    /// Maximum time to wait for a connection or, with SQLite, for a writer of another process.
    #[serde(rename = "timeout_ms", deserialize_with = "milliseconds::<_, 1, 60_000>")]
    pub timeout: Duration,
    /// Maximum time to wait for an answer. A connection to PostgreSQL is closed then, which the
    /// server treats as a rollback unless the commit was under way.
    #[serde(rename = "answer_timeout_ms", deserialize_with = "milliseconds::<_, 1, 600_000>")]
    pub answer_timeout: Duration,
    /// Whether the service migrates the tables before it listens.
    pub migrate_at_start: bool,
    /// The timeouts of PostgreSQL.
    pub postgres: PostgresSettings,
}

/// The timeouts of PostgreSQL, in whole milliseconds, at least one: `[database.postgres]` of the
/// configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PostgresSettings {
    /// Maximum time to connect, over all hosts of the address.
    #[serde(rename = "connect_timeout_ms", deserialize_with = "milliseconds::<_, 1, 600_000>")]
    pub connect_timeout: Duration,
    /// Maximum time that the server works on one statement.
    #[serde(rename = "statement_timeout_ms", deserialize_with = "milliseconds::<_, 1, 600_000>")]
    pub statement_timeout: Duration,
    /// Maximum time that a statement waits for a lock.
    #[serde(rename = "lock_timeout_ms", deserialize_with = "milliseconds::<_, 1, 600_000>")]
    pub lock_timeout: Duration,
    /// Maximum time that a transaction idles before the server closes its connection.
    #[serde(
        rename = "idle_in_transaction_timeout_ms",
        deserialize_with = "milliseconds::<_, 1, 600_000>"
    )]
    pub idle_in_transaction_timeout: Duration,
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    let url = Secret::deserialize(deserializer)?;
    match url.expose().split_once("://") {
        Some(("sqlite" | "postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(url),
        Some(_) | None => {
            Err(D::Error::custom("must be \"sqlite://PATH\" or \"postgres://USER@HOST/DATABASE\""))
        }
    }
}

impl DatabaseSettings {
    /// Limits of the calls to the database.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            max_running: self.max_connections,
            turn_timeout: self.timeout,
            answer_timeout: self.answer_timeout,
            ..Limits::default()
        }
    }
}

impl Default for DatabaseSettings {
    /// `[database]` of config/default.toml.
    fn default() -> Self {
        defaults("database")
    }
}
