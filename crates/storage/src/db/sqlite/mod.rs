//! The repository on an embedded SQLite database.

mod connection;
mod fault;
mod migrations;
#[path = "../repositories/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "the repositories are loaded once a database")]
mod repositories;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::{ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use injeung_adapter::{Limits, Workers};
use injeung_domain::Fault;

use super::work::{End, Undo, Work};
use super::{Database, DatabaseSettings};
use crate::directory;
use crate::io_fault::io_fault;

/// The repository on one SQLite file, which several processes of a machine may share.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct SqliteDatabase {
    path: Arc<str>,
    /// Maximum time that a write waits for a writer of another process.
    busy_timeout: Duration,
    pool: Pool<Connection>,
    readers: Workers,
    writer: Workers,
}

impl SqliteDatabase {
    /// Opens a database file on the current tokio runtime, and creates the file and its directory
    /// if they are missing. Run [`migrate`](Self::migrate) to create its tables.
    ///
    /// # Errors
    /// When the file cannot be opened as a database.
    pub async fn open(path: impl AsRef<Path>, settings: &DatabaseSettings) -> Result<Self, Fault> {
        let path = std::path::absolute(path).map_err(io_fault("find", "the database"))?;
        // SQLite interprets a name that begins with `file:` as a URL, and `:memory:` as no file. An
        // absolute path avoids both.
        let path: Arc<str> = path
            .to_str()
            .ok_or_else(|| Fault::permanent("use the path of the database: it is not Unicode"))?
            .into();
        let (limits, busy_timeout) = (settings.limits(), settings.timeout);
        let database = Self {
            pool: pool(&path, limits, busy_timeout)?,
            path,
            busy_timeout,
            readers: Workers::new(limits),
            writer: Workers::new(Limits { max_running: 1, ..limits }),
        };
        let path = Arc::clone(&database.path);
        database
            .writer
            .run_blocking(move || Path::new(&*path).parent().map_or(Ok(()), directory::create))
            .await?
            .map_err(io_fault("create", "the directory of the database"))?;
        database.write(|_connection| Box::pin(async { Ok(()) })).await?;
        Ok(database)
    }

    /// Runs all pending migrations and returns their versions.
    ///
    /// Several processes may migrate at once.
    ///
    /// # Errors
    /// When the database failed; the tables are unchanged then.
    pub async fn migrate(&self) -> Result<Vec<String>, Fault> {
        let (path, busy_timeout) = (Arc::clone(&self.path), self.busy_timeout);
        // A migration may take long, so it has a connection of its own without a time limit.
        let migrated = tokio::task::spawn_blocking(move || {
            let mut connection =
                connection::establish(&path, busy_timeout).map_err(fault::of_connection)?;
            migrations::run_pending(&mut connection).map_err(fault::of_migration)
        });
        migrated.await.map_err(Fault::permanent)?
    }

    /// Runs a statement that only reads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.readers.run(on_connection(self.pool.clone(), work)).await?
    }

    /// Runs a readiness check on the connection reserved for it.
    async fn probe<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.readers.check(on_connection(self.pool.clone(), work)).await?
    }

    /// Runs a single statement that writes.
    async fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.writer.run(on_connection(self.pool.clone(), work)).await?
    }

    /// Runs statements in one transaction, which acquires the write lock first. A transaction that
    /// began with a read could not wait for the lock later; it would fail.
    async fn transaction<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, End<T>> + Send + 'static,
    ) -> Result<T, Fault> {
        self.write(|connection| {
            Box::pin(async move {
                let ended = connection
                    .immediate_transaction(async move |connection| {
                        work(connection).await?.into_result()
                    })
                    .await;
                Undo::answer(ended)
            })
        })
        .await
    }
}

#[async_trait]
impl Database for SqliteDatabase {
    async fn migrate(&self) -> Result<Vec<String>, Fault> {
        self.migrate().await
    }

    fn workers(&self) -> Vec<(&'static str, Workers)> {
        vec![("database", self.readers.clone()), ("database_writes", self.writer.clone())]
    }
}

/// A pooled connection.
///
/// Dropping one of its futures halfway may leave a transaction open. The workers prevent that,
/// because work runs to its end without its caller. If it happened, the pool would close the
/// connection, which rolls back.
type Connection = SyncConnectionWrapper<SqliteConnection>;

type Backend = diesel::sqlite::Sqlite;

/// The type for which `repositories` implements the port.
type Repositories = SqliteDatabase;

fn pool(path: &str, limits: Limits, busy_timeout: Duration) -> Result<Pool<Connection>, Fault> {
    let mut config = ManagerConfig::default();
    // A file connection cannot be lost, so it is not tested; open transactions are detected.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |path| Box::pin(connect(path.to_owned(), busy_timeout)));
    let manager = AsyncDieselConnectionManager::new_with_config(path, config);
    Pool::builder(manager)
        .max_size(limits.max_running.max(1).saturating_add(2))
        .build()
        .map_err(Fault::permanent)
}

async fn on_connection<T>(
    pool: Pool<Connection>,
    work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T>,
) -> Result<T, Fault> {
    // The pool has a connection for each reader, for the writer and for a readiness check, so this
    // does not wait.
    let mut connection = pool.get().await.map_err(fault::of_pool)?;
    work(&mut connection).await.map_err(fault::of_query)
}

async fn connect(path: String, busy_timeout: Duration) -> ConnectionResult<Connection> {
    let connected =
        tokio::task::spawn_blocking(move || connection::establish(&path, busy_timeout)).await;
    match connected {
        Ok(connection) => connection.map(SyncConnectionWrapper::new),
        Err(died) => Err(ConnectionError::BadConnection(died.to_string())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use diesel::QueryResult;
    use diesel::result::Error as QueryError;
    use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
    use tempfile::TempDir;
    use tokio::sync::Notify;

    use super::*;

    /// Tests the second line of defence; `SqliteDatabase` prevents this case.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_pool_never_hands_out_a_connection_with_an_open_transaction() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("test.sqlite");
        let settings = DatabaseSettings {
            max_connections: 1,
            timeout: Duration::from_millis(50),
            ..DatabaseSettings::default()
        };
        let database = SqliteDatabase::open(&path, &settings).await.unwrap();
        database
            .write(|connection| {
                Box::pin(async { connection.batch_execute("CREATE TABLE t (n INTEGER)").await })
            })
            .await
            .unwrap();

        static INSERTED: Notify = Notify::const_new();
        fn insert_and_wait_for_ever(connection: &mut Connection) -> Work<'_, ()> {
            Box::pin(async {
                connection.batch_execute("INSERT INTO t VALUES (1)").await?;
                INSERTED.notify_one();
                std::future::pending().await
            })
        }
        for _ in 0..5 {
            let mut connection = database.pool.get().await.unwrap();
            tokio::select! {
                ended = connection.immediate_transaction(insert_and_wait_for_ever) => ended.unwrap(),
                () = INSERTED.notified() => {}
            }
        }

        let rows = database
            .transaction(|connection| {
                Box::pin(async {
                    let rows = diesel::sql_query("DELETE FROM t").execute(connection).await?;
                    Ok(End::Commit(rows))
                })
            })
            .await
            .unwrap();
        assert_eq!(rows, 0, "an open transaction was rolled back and not committed");
    }

    #[tokio::test]
    async fn a_transaction_ends_as_its_work_says() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("test.sqlite");
        let database = SqliteDatabase::open(&path, &DatabaseSettings::default()).await.unwrap();
        let create = |ending: fn(i32) -> QueryResult<End<i32>>| {
            database.transaction(move |connection| {
                Box::pin(async move {
                    connection.batch_execute("CREATE TABLE t (n INTEGER)").await?;
                    ending(7)
                })
            })
        };
        assert!(create(|_| Err(QueryError::NotFound)).await.is_err());
        assert_eq!(create(|answer| Ok(End::Rollback(answer))).await.unwrap(), 7);
        assert_eq!(create(|answer| Ok(End::Commit(answer))).await.unwrap(), 7);
        let fault = create(|answer| Ok(End::Commit(answer))).await.unwrap_err();
        assert!(fault.to_string().contains("already exists"), "{fault}");
    }
}
