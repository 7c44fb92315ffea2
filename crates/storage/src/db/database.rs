use std::sync::Arc;

use async_trait::async_trait;
use injeung_domain::Fault;
use injeung_domain::ports::Repository;

use super::{DatabaseSettings, PostgresDatabase, SqliteDatabase};

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

/// Opens the database that the URL of the settings names, on the present tokio runtime: `sqlite://PATH`, where
/// the path is relative to the working directory or absolute, or `postgres://...` (also
/// `postgresql://...`) as [`PostgresDatabase::open`] takes it.
///
/// # Errors
/// When the address is of neither kind, or the database cannot be opened. The address may hold a
/// password and is not in the error's text.
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
            "the address of a database begins with sqlite:// and a path, or with postgres://",
        )),
    }
}
