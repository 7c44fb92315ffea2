//! The adapters keep the promises of their ports.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::postgres;
use injeung_domain::conformance;
use injeung_storage::{DiskObjectStore, Limits, PostgresDatabase, SqliteDatabase, SqliteSettings};
use tempfile::TempDir;

/// Fresh databases in one directory.
struct Databases(TempDir, AtomicU32);

impl Databases {
    fn new() -> Self {
        Self(TempDir::new().unwrap(), AtomicU32::new(0))
    }

    async fn empty(&self) -> Arc<SqliteDatabase> {
        let nth = self.1.fetch_add(1, Ordering::Relaxed);
        let path = self.0.path().join(format!("{nth}.sqlite"));
        let database = SqliteDatabase::open(path, SqliteSettings::default()).await.unwrap();
        database.migrate().await.unwrap();
        Arc::new(database)
    }
}

#[tokio::test]
async fn sqlite_knows_participations() {
    let databases = Databases::new();
    conformance::participation_repository(async || databases.empty().await).await;
}

#[tokio::test]
async fn sqlite_keeps_references() {
    let databases = Databases::new();
    conformance::reference_repository(async || databases.empty().await).await;
}

#[tokio::test]
async fn sqlite_keeps_feeds() {
    let databases = Databases::new();
    conformance::feed_repository(async || databases.empty().await).await;
}

#[tokio::test]
async fn sqlite_keeps_reservations() {
    let databases = Databases::new();
    conformance::reservation_repository(async || databases.empty().await).await;
}

#[tokio::test]
async fn sqlite_knows_days() {
    let databases = Databases::new();
    conformance::day_repository(async || databases.empty().await).await;
}

#[tokio::test]
async fn sqlite_keeps_request_keys() {
    let databases = Databases::new();
    conformance::request_key_repository(async || databases.empty().await).await;
}

#[tokio::test]
async fn sqlite_keeps_leases() {
    let databases = Databases::new();
    conformance::lease_repository(async || databases.empty().await).await;
}

async fn empty_postgres() -> Arc<PostgresDatabase> {
    Arc::new(postgres::database().await.0)
}

#[tokio::test]
async fn postgres_knows_participations() {
    conformance::participation_repository(empty_postgres).await;
}

#[tokio::test]
async fn postgres_keeps_references() {
    conformance::reference_repository(empty_postgres).await;
}

#[tokio::test]
async fn postgres_keeps_feeds() {
    conformance::feed_repository(empty_postgres).await;
}

#[tokio::test]
async fn postgres_keeps_reservations() {
    conformance::reservation_repository(empty_postgres).await;
}

#[tokio::test]
async fn postgres_knows_days() {
    conformance::day_repository(empty_postgres).await;
}

#[tokio::test]
async fn postgres_keeps_request_keys() {
    conformance::request_key_repository(empty_postgres).await;
}

#[tokio::test]
async fn postgres_keeps_leases() {
    conformance::lease_repository(empty_postgres).await;
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
