//! A new database for each test, on the server that `scripts/postgres.sh` starts.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use injeung_storage::{DatabaseSettings, PostgresDatabase};
use uuid::Uuid;

/// Creates an empty database and returns its URL.
pub(crate) async fn new_database() -> String {
    let server = std::env::var("INJEUNG_TEST_POSTGRES_URL")
        .expect("run this by scripts/postgres.sh, which starts a server");
    let name = format!("test_{}", Uuid::new_v4().simple());
    execute(&server, &format!("CREATE DATABASE {name}")).await;
    let (address, _database) = server.rsplit_once('/').unwrap();
    format!("{address}/{name}")
}

/// Opens a new database with tables.
pub(crate) async fn database() -> (PostgresDatabase, String) {
    let url = new_database().await;
    let database = open(&url).await;
    database.migrate().await.unwrap();
    (database, url)
}

pub(crate) async fn open(url: &str) -> PostgresDatabase {
    PostgresDatabase::open(url, &DatabaseSettings::default()).await.unwrap()
}

/// Connects to the same database as another program.
pub(crate) async fn other_program(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap()
}

/// Runs statements as another program.
pub(crate) async fn execute(url: &str, statements: &str) {
    other_program(url).await.batch_execute(statements).await.unwrap();
}

/// Returns the first column, named `text`, of another program's query.
pub(crate) async fn texts(url: &str, query: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }

    let mut connection = other_program(url).await;
    let rows: Vec<Row> = diesel::sql_query(query).load(&mut connection).await.unwrap();
    rows.into_iter().map(|row| row.text).collect()
}
