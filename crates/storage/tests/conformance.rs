//! Conformance suites, run on each adapter.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{postgres, unmigrated};
use diesel_async::SimpleAsyncConnection;
use injeung_domain::{FaultKind, conformance};
use injeung_storage::{
    DatabaseSettings, DiskObjectStore, Limits, PostgresDatabase, SqliteDatabase,
};
use tempfile::TempDir;

/// Creates empty databases in one directory.
struct Databases(TempDir, AtomicU32);

impl Databases {
    fn new() -> Self {
        Self(TempDir::new().unwrap(), AtomicU32::new(0))
    }

    async fn empty(&self) -> Arc<SqliteDatabase> {
        let nth = self.1.fetch_add(1, Ordering::Relaxed);
        let path = self.0.path().join(format!("{nth}.sqlite"));
        let database = SqliteDatabase::open(path, &DatabaseSettings::default()).await.unwrap();
        database.migrate().await.unwrap();
        Arc::new(database)
    }
}

#[tokio::test]
async fn sqlite_keeps_rows() {
    let databases = Databases::new();
    conformance::repository(async || databases.empty().await).await;
}

#[tokio::test]
async fn sqlite_without_tables_is_a_permanent_fault() {
    let directory = TempDir::new().unwrap();
    let database = unmigrated(&directory, &DatabaseSettings::default()).await;
    conformance::broken_database(&database, FaultKind::Permanent).await;
}

#[tokio::test]
async fn postgres_without_tables_is_a_permanent_fault() {
    let database = postgres::open(&postgres::new_database().await).await;
    conformance::broken_database(&database, FaultKind::Permanent).await;
}

#[tokio::test]
async fn locked_tables_of_postgres_are_a_transient_fault() {
    let (_, address) = postgres::database().await;
    let mut settings = DatabaseSettings::default();
    settings.postgres.lock_timeout = Duration::from_millis(20);
    let database = PostgresDatabase::open(&address, &settings).await.unwrap();
    let mut other = postgres::other_program(&address).await;
    let lock =
        "BEGIN; LOCK TABLE challenge_group, participation, auth_standard_img, feed, photo_trace,
        reference_features, object_reservation, participation_day, request_key, lease,
        api_key, attempt, erasure, erasure_participation, webhook_message, webhook_queue,
        learned_view";
    other.batch_execute(lock).await.unwrap();
    conformance::broken_database(&database, FaultKind::Transient).await;
}

#[tokio::test]
async fn postgres_keeps_rows() {
    conformance::repository(async || Arc::new(postgres::database().await.0)).await;
}

#[tokio::test]
async fn the_disk_keeps_objects() {
    let directory = TempDir::new().unwrap();
    let nth = AtomicU32::new(0);
    conformance::object_store(async || {
        let nth = nth.fetch_add(1, Ordering::Relaxed).to_string();
        let base = "http://127.0.0.1:8080/objects/";
        let directory = directory.path().join(nth);
        Arc::new(DiskObjectStore::open(directory, base, Limits::default()).await.unwrap())
    })
    .await;
}
