//! The repository on PostgreSQL.

mod connection;
mod fault;
mod migrations;
#[path = "../repositories/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "the repositories are loaded once a database")]
mod repositories;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use injeung_adapter::{Limits, Workers};
use injeung_domain::Fault;
use tokio::time::timeout;

use self::connection::Connector;
use super::work::{End, Undo, Work};
use super::{Database, DatabaseSettings};

/// The repository on a PostgreSQL database, which any number of processes may share.
///
/// Cheap to clone; clones share their connections. The next call that needs a connection replaces a
/// broken one.
#[derive(Clone)]
pub struct PostgresDatabase {
    connector: Arc<Connector>,
    answer_timeout: Duration,
    pool: Pool<Connection>,
    workers: Workers,
}

impl PostgresDatabase {
    /// Opens the database at a URL of the form
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?KEY=VALUE&...` on the current tokio runtime,
    /// and connects to it. Run [`migrate`](Self::migrate) to create its tables.
    ///
    /// The keys are those of [`tokio_postgres::Config`]. With `sslmode=require` the connection is
    /// encrypted and, unlike with libpq, the server's certificate is verified. The machine must
    /// trust it for that host; `SSL_CERT_FILE` names other authorities. Without `sslmode=require`
    /// nothing is encrypted.
    ///
    /// # Errors
    /// When the URL is invalid, no server responds, or the server refuses the connection. No error
    /// contains the URL, since it may hold a password.
    pub async fn open(url: &str, settings: &DatabaseSettings) -> Result<Self, Fault> {
        let connector = Arc::new(Connector::new(url, &settings.postgres)?);
        let limits = settings.limits();
        let database = Self {
            pool: pool(&connector, limits)?,
            connector,
            answer_timeout: limits.answer_timeout,
            // One connection is reserved for readiness checks.
            workers: Workers::new(Limits {
                max_running: limits.max_running.saturating_sub(1),
                ..limits
            }),
        };
        database.read(|_connection| Box::pin(async { Ok(()) })).await?;
        Ok(database)
    }

    /// Runs all pending migrations and returns their versions.
    ///
    /// Several processes may migrate at once.
    ///
    /// # Errors
    /// When the database failed; the tables are unchanged then.
    pub async fn migrate(&self) -> Result<Vec<String>, Fault> {
        // A migration may take long, so it has a connection of its own without a time limit.
        let connection = self.connector.connect().await.map_err(fault::of_connection)?;
        let migrated = tokio::task::spawn_blocking(move || migrations::run_pending(connection));
        migrated.await.map_err(Fault::permanent)?.map_err(fault::of_migration)
    }

    /// Runs a statement that only reads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        let on_connection = on_connection(self.pool.clone(), self.answer_timeout, work);
        self.workers.run(on_connection).await?
    }

    /// Runs a readiness check on the connection reserved for it.
    async fn probe<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        let on_connection = on_connection(self.pool.clone(), self.answer_timeout, work);
        self.workers.check(on_connection).await?
    }

    /// Runs a single statement that writes.
    async fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.read(work).await
    }

    /// Runs statements in one transaction. Each statement sees what was committed before it began
    /// (READ COMMITTED).
    async fn transaction<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, End<T>> + Send + 'static,
    ) -> Result<T, Fault> {
        self.write(|connection| {
            Box::pin(async move {
                let ended = connection
                    .transaction(async move |connection| work(connection).await?.into_result())
                    .await;
                Undo::answer(ended)
            })
        })
        .await
    }
}

#[async_trait]
impl Database for PostgresDatabase {
    async fn migrate(&self) -> Result<Vec<String>, Fault> {
        self.migrate().await
    }

    fn workers(&self) -> Vec<(&'static str, Workers)> {
        vec![("database", self.workers.clone())]
    }
}

type Connection = AsyncPgConnection;

type Backend = diesel::pg::Pg;

/// The type for which `repositories` implements the port.
type Repositories = PostgresDatabase;

fn pool(connector: &Arc<Connector>, limits: Limits) -> Result<Pool<Connection>, Fault> {
    let mut config = ManagerConfig::default();
    // Fast recycling detects a closed connection or an open transaction without a query.
    config.recycling_method = RecyclingMethod::Fast;
    let connector = Arc::clone(connector);
    config.custom_setup = Box::new(move |_url| {
        let connector = Arc::clone(&connector);
        Box::pin(async move { connector.connect().await })
    });
    // The manager's own URL stays empty; it would only be another copy of the password.
    Pool::builder(AsyncDieselConnectionManager::new_with_config("", config))
        .max_size(limits.max_running.max(2))
        .build()
        .map_err(Fault::permanent)
}

async fn on_connection<T>(
    pool: Pool<Connection>,
    answer_timeout: Duration,
    work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T>,
) -> Result<T, Fault> {
    // The pool has a connection for each running call and one for a readiness check. So this waits
    // only for the connection to open.
    let mut connection = pool.get().await.map_err(fault::of_pool)?;
    let fault = match timeout(answer_timeout, work(&mut connection)).await {
        // The server is read-only because another one has become the primary. A new connection
        // finds that one.
        Ok(Err(error @ QueryError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))) => {
            fault::of_query(error)
        }
        Ok(done) => return done.map_err(fault::of_query),
        // The state of this connection is unknown. Closing it makes the server roll back.
        Err(_elapsed) => {
            Fault::transient(format!("get a response from the server within {answer_timeout:?}"))
        }
    };
    drop(Object::take(connection));
    Err(fault)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
mod tests {
    use diesel::sql_types::Text;
    use diesel_async::RunQueryDsl;

    use super::*;

    #[tokio::test]
    async fn an_address_cannot_lift_the_limits() {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            text: String,
        }

        let server = std::env::var("INJEUNG_TEST_POSTGRES_URL")
            .expect("run this by scripts/postgres.sh, which starts a server");
        let options = "-c%20statement_timeout=0%20-c%20work_mem=1MB";
        let mut settings = DatabaseSettings::default();
        settings.postgres.statement_timeout = Duration::from_millis(1234);
        settings.postgres.lock_timeout = Duration::ZERO;
        let address = format!("{server}?application_name=somebody&options={options}");
        let database = PostgresDatabase::open(&address, &settings).await.unwrap();
        for (setting, expected) in [
            ("statement_timeout", "1234ms"),
            ("lock_timeout", "1ms"),
            ("idle_in_transaction_session_timeout", "10s"),
            ("default_transaction_isolation", "read committed"),
            ("work_mem", "1MB"),
            ("application_name", "somebody"),
            ("TimeZone", "UTC"),
        ] {
            let row: Row = database
                .read(move |connection| {
                    Box::pin(async move {
                        diesel::sql_query(format!("SELECT current_setting('{setting}') AS text"))
                            .get_result(connection)
                            .await
                    })
                })
                .await
                .unwrap();
            assert_eq!(row.text, expected, "{setting}");
        }
    }
}
