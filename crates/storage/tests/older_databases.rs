//! Databases that earlier versions wrote keep their content. Files in `data` are never changed; a version that is
//! published adds its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{postgres, unmigrated, versions};
use diesel::connection::SimpleConnection;
use injeung_domain::ports::{Claiming, Repository};
use injeung_domain::{FeatureFormat, Fingerprint, ParticipationId, UserId};
use injeung_storage::DatabaseSettings;
use tempfile::TempDir;
use time::macros::datetime;

#[tokio::test]
async fn an_older_sqlite_database_is_migrated() {
    let directory = TempDir::new().unwrap();
    let older = include_str!("data/three_migrations.sqlite.sql");
    common::other_program(&directory).batch_execute(older).unwrap();
    let database = unmigrated(&directory, &DatabaseSettings::default()).await;
    assert_eq!(database.migrate().await.unwrap(), versions("sqlite")[3..]);
    assert_content(&database).await;
    // The same file again, as a service that restarts.
    assert_content(&common::database(&directory).await).await;
}

#[tokio::test]
async fn an_older_postgres_database_is_migrated() {
    let url = postgres::new_database().await;
    postgres::execute(&url, include_str!("data/three_migrations.postgres.sql")).await;
    let database = postgres::open(&url).await;
    assert_eq!(database.migrate().await.unwrap(), versions("postgres")[3..]);
    assert_content(&database).await;
}

async fn assert_content(database: &dyn Repository) {
    database.check().await.unwrap();
    let id = |id: i64| ParticipationId::try_from(id).unwrap();
    let participation = database.find_participation(id(1)).await.unwrap().unwrap();
    assert_eq!(participation.user_id.as_ref().map(UserId::as_str), Some("minji"));
    assert_eq!(participation.group.name.as_deref(), Some("미라클 모닝"));
    assert_eq!(database.find_participation(id(2)).await.unwrap().unwrap().user_id, None);

    let reference = database.newest_reference(id(1)).await.unwrap().unwrap();
    assert!(reference.image_url.starts_with("https://photos.example/std_1_"));
    let format = FeatureFormat { algorithm: "points".to_owned(), version: 5 };
    let features = database.find_features(reference.id, &format).await.unwrap().unwrap();
    assert_eq!(features.bytes.len(), 64);
    let rows = database.latest_feed(id(1), 10).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.content.as_str(), "오늘도 했다");
    assert!(row.image_url.starts_with("https://photos.example/feature_1_"));

    let keys = database.api_keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    let now = datetime!(2026-11-28 23:30 UTC);
    let (key, fingerprint) = ("1".parse().unwrap(), Fingerprint::of(&[b"another request"]));
    let until = now + time::Duration::HOUR;
    let claiming = database.claim_key(&key, &fingerprint, now, until).await;
    assert_eq!(claiming.unwrap(), Claiming::OtherRequest, "the key is answered");
}
