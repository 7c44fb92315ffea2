use std::sync::Arc;

use async_trait::async_trait;
use injeung_domain::Fault;
use injeung_domain::ports::Repository;

use super::{PostgresDatabase, PostgresSettings, SqliteDatabase, SqliteSettings};

/// A database of either kind: the repository on it, and its migrations.
#[async_trait]
pub trait Database: Repository {
    /// Brings the tables up to date and answers with the versions of the migrations that ran.
    ///
    /// Several processes may do this at once.
    ///
    /// # Errors
    /// When the database failed; the tables are as they were then.
    async fn migrate(&self) -> Result<Vec<String>, Fault>;
}

/// How whichever database an address names is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DatabaseSettings {
    /// Where it is one of SQLite.
    pub sqlite: SqliteSettings,
    /// Where it is one of Postgres.
    pub postgres: PostgresSettings,
}

/// Opens the database that an address names, on the present tokio runtime: `sqlite://PATH`, where
/// the path is relative to the working directory or absolute, or `postgres://...` (also
/// `postgresql://...`) as [`PostgresDatabase::open`] takes it.
///
/// # Errors
/// When the address is of neither kind, or the database cannot be opened. The address may hold a
/// password and is not in the error's text.
pub async fn open_database(
    url: &str,
    settings: DatabaseSettings,
) -> Result<Arc<dyn Database>, Fault> {
    match url.split_once("://") {
        Some(("sqlite", path)) if !path.is_empty() => {
            Ok(Arc::new(SqliteDatabase::open(path, settings.sqlite).await?))
        }
        Some(("postgres" | "postgresql", _)) => {
            Ok(Arc::new(PostgresDatabase::open(url, settings.postgres).await?))
        }
        Some(_) | None => Err(Fault::permanent(
            "the address of a database begins with sqlite:// and a path, or with postgres://",
        )),
    }
}
