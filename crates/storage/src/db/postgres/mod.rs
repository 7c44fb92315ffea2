//! A database of PostgreSQL.

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

/// The repositories on a Postgres database, which any number of processes may share.
///
/// Cheap to clone; the clones share their connections. A connection that broke is replaced by the
/// next call that needs one.
#[derive(Clone)]
pub struct PostgresDatabase {
    connector: Arc<Connector>,
    answer_timeout: Duration,
    pool: Pool<Connection>,
    workers: Workers,
}

impl PostgresDatabase {
    /// Opens the database at an address of the form
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?KEY=VALUE&...` on the present tokio runtime,
    /// and connects to it. It has no tables before [`migrate`](Self::migrate).
    ///
    /// The keys are those of [`tokio_postgres::Config`]. With `sslmode=require` the connection is
    /// encrypted and, unlike with libpq, the server's certificate has to be one that the machine
    /// trusts for that host (`SSL_CERT_FILE` names other authorities); without it nothing is
    /// encrypted.
    ///
    /// # Errors
    /// When the address is none, or nobody answers there who lets us in. Its text, which holds a
    /// password, appears in no error.
    pub async fn open(url: &str, settings: &DatabaseSettings) -> Result<Self, Fault> {
        let connector = Arc::new(Connector::new(url, &settings.postgres)?);
        let limits = settings.limits();
        let database = Self {
            pool: pool(&connector, limits)?,
            connector,
            answer_timeout: limits.answer_timeout,
            // One connection is left to readiness checks.
            workers: Workers::new(Limits {
                max_running: limits.max_running.saturating_sub(1),
                ..limits
            }),
        };
        database.read(|_connection| Box::pin(async { Ok(()) })).await?;
        Ok(database)
    }

    /// Brings the tables up to date and answers with the versions of the migrations that ran.
    ///
    /// Several processes may do this at once.
    ///
    /// # Errors
    /// When the database failed; the tables are as they were then.
    pub async fn migrate(&self) -> Result<Vec<String>, Fault> {
        // This takes as long as it takes, so it has a connection of its own and no time limit.
        let connection = self.connector.connect().await.map_err(fault::of_connection)?;
        let migrated = tokio::task::spawn_blocking(move || migrations::run_pending(connection));
        migrated.await.map_err(Fault::permanent)?.map_err(fault::of_migration)
    }

    /// Has a statement done that reads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        let on_connection = on_connection(self.pool.clone(), self.answer_timeout, work);
        self.workers.run(on_connection).await?
    }

    /// Has a readiness check done, on the connection that is there for it.
    async fn probe<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        let on_connection = on_connection(self.pool.clone(), self.answer_timeout, work);
        self.workers.check(on_connection).await?
    }

    /// Has a single statement done that writes.
    async fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.read(work).await
    }

    /// Has several statements done in one transaction, each of which sees what was committed before
    /// it began (READ COMMITTED).
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
}

/// A connection of the pool.
type Connection = AsyncPgConnection;

/// What the repositories are implemented for.
type Repositories = PostgresDatabase;

fn pool(connector: &Arc<Connector>, limits: Limits) -> Result<Pool<Connection>, Fault> {
    let mut config = ManagerConfig::default();
    // Whether a connection was closed, or has a transaction open, is known without asking.
    config.recycling_method = RecyclingMethod::Fast;
    let connector = Arc::clone(connector);
    config.custom_setup = Box::new(move |_url| {
        let connector = Arc::clone(&connector);
        Box::pin(async move { connector.connect().await })
    });
    // The manager's own address stays empty: it would only be another copy of the password.
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
    // There is a connection for each that works and for a readiness check, so this does not wait for
    // one, only until it is open.
    let mut connection = pool.get().await.map_err(fault::of_pool)?;
    let fault = match timeout(answer_timeout, work(&mut connection)).await {
        // The server takes no writes any more: another one has become the primary, which the next
        // connection finds.
        Ok(Err(error @ QueryError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))) => {
            fault::of_query(error)
        }
        Ok(done) => return done.map_err(fault::of_query),
        // Nobody knows what this connection is at; closing it has the server end it.
        Err(_elapsed) => {
            Fault::transient(format!("the server did not answer within {answer_timeout:?}"))
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
