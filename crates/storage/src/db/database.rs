use std::sync::Arc;

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::Fault;
use injeung_domain::ports::Repository;

use super::{DatabaseSettings, PostgresDatabase, SqliteDatabase};

/// A SQLite or PostgreSQL database: the repository and its migrations.
#[async_trait]
pub trait Database: Repository {
    /// Runs all pending migrations and returns their versions.
    ///
    /// Several processes may migrate at once.
    ///
    /// # Errors
    /// When the database failed; the tables are unchanged then.
    async fn migrate(&self) -> Result<Vec<String>, Fault>;

    /// The workers that run its calls, each with a name for metrics.
    fn workers(&self) -> Vec<(&'static str, Workers)>;
}

/// Opens the database at the URL of the settings, on the current tokio runtime.
///
/// The URL is `sqlite://PATH`, where the path is absolute or relative to the working directory, or `postgres://...`
/// (also `postgresql://...`) as for [`PostgresDatabase::open`].
///
/// # Errors
/// When the URL has another scheme, or the database cannot be opened. The error does not contain the URL, since it
/// may hold a password.
pub async fn open_database(settings: &DatabaseSettings) -> Result<Arc<dyn Database>, Fault> {
    let url = settings.url.expose();
    match url.split_once("://") {
        Some(("sqlite", path)) if !path.is_empty() => {
            Ok(Arc::new(SqliteDatabase::open(path, settings).await?))
        }
        Some(("postgres" | "postgresql", _)) => {
            Ok(Arc::new(PostgresDatabase::open(url, settings).await?))
        }
        Some(_) | None => Err(Fault::permanent(
            "parse the database's URL: it must begin with sqlite:// and a path, or with postgres://",
        )),
    }
}
