//! Tests of the PostgreSQL repository beyond the port's contract.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::postgres::{database, execute, new_database, open, other_program, texts};
use common::{
    NOON, group, key, migrations, new_feed, new_reference, participation, participation_id,
    reservation, reserve, shared, url, versions,
};
use diesel_async::SimpleAsyncConnection;
use injeung_domain::FaultKind;
use injeung_domain::ports::Repository;
use injeung_storage::{Database, DatabaseSettings, PostgresDatabase};

/// The script that reverts a migration.
fn down(migration: &Path) -> String {
    fs::read_to_string(migration.join("down.sql")).unwrap()
}

/// Opens two handles on one database.
async fn two() -> ([Arc<dyn Database>; 2], String) {
    let (first, url) = database().await;
    ([Arc::new(first), Arc::new(open(&url).await)], url)
}

#[tokio::test]
async fn rows_survive_and_can_be_read_by_a_person() {
    let (first, address) = database().await;
    participation(&first).await;
    let acceptance = reserve(&first, "feature_1.jpg").await;
    first.add_feed(new_feed("feature_1.jpg"), &acceptance).await.unwrap();
    reserve(&first, "feature_2.jpg").await;
    drop(first);

    let database = open(&address).await;
    let rows = database.latest_feed(participation_id(), 10).await.unwrap();
    let row = rows.first().unwrap();
    assert_eq!(row.image_url, url("feature_1.jpg"));
    assert_eq!(row.created_at, NOON - Duration::from_nanos(789), "to the microsecond");
    for (query, told) in [
        (
            "SELECT feed_type || ' ' || created_datetime AS text FROM feed",
            "auth 2026-11-23 12:00:00.123456",
        ),
        ("SELECT object_key || ' ' || state AS text FROM object_reservation", "feature_2.jpg open"),
        (
            "SELECT concat_ws(' ', start_date, end_date, start_time, end_time) AS text FROM challenge_group",
            "2026-11-01 2026-11-30 22:30:00 01:15:59",
        ),
    ] {
        assert_eq!(texts(&address, query).await, [told]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_of_two_processes_all_succeed() {
    let (handles, address) = two().await;
    shared::concurrent_writers_all_succeed(handles).await;
    assert!(texts(&address, "SELECT object_key AS text FROM object_reservation").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_either_accepted_or_abandoned() {
    shared::a_photo_is_either_accepted_or_abandoned(two().await.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_both_row_and_cleared_reservation_or_neither() {
    let (database, address) = database().await;
    shared::a_caller_that_goes_away_does_no_harm(&database).await;
    let open = "SELECT pid::text AS text FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert!(texts(&address, open).await.is_empty(), "no transaction stays open");
}

#[tokio::test]
async fn a_caller_that_goes_away_on_a_single_thread_does_no_harm() {
    shared::a_caller_that_goes_away_does_no_harm(&database().await.0).await;
}

#[tokio::test]
async fn an_unknown_participation_gets_no_row_and_keeps_the_reservation() {
    shared::an_unknown_participation_gets_no_row(&database().await.0).await;
}

#[tokio::test]
async fn two_rows_never_share_a_photo() {
    shared::two_rows_never_share_a_photo(&database().await.0).await;
}

/// A reservation that checked for rows before its insert would miss both the row and the
/// reservation.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_not_reserved_while_its_row_is_being_committed() {
    let ([database, other], address) = two().await;
    participation(&*database).await;
    reserve(&*database, "feature_1.jpg").await;
    let mut adding = other_program(&address).await;
    let photo = url("feature_1.jpg");
    adding
        .batch_execute(&format!(
            "BEGIN;
             INSERT INTO feed (participation_id, created_datetime, feed_img, feed_content)
                 VALUES (1, now(), '{photo}', '');
             DELETE FROM object_reservation WHERE object_key = 'feature_1.jpg'"
        ))
        .await
        .unwrap();
    let claim = tokio::spawn(async move { other.reserve(&reservation("feature_1.jpg")).await });
    let waits = "SELECT pid::text AS text FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while texts(&address, waits).await.is_empty() {
        assert!(!claim.is_finished(), "the claim waits for the row");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    adding.batch_execute("COMMIT").await.unwrap();
    assert!(!claim.await.unwrap().unwrap(), "the row has its key");
    assert!(
        database.abandon(&key("feature_1.jpg")).await.unwrap().is_none(),
        "and no reservation is left"
    );
}

#[tokio::test]
async fn the_database_rejects_invalid_rows() {
    let (database, address) = database().await;
    participation(&database).await;
    let mut other = other_program(&address).await;
    let feed = "INSERT INTO feed (participation_id, created_datetime, feed_img, feed_content)";
    let row = format!("{feed} VALUES (1, '2026-11-23 12:00:00', 'u', '')");
    other.batch_execute(&row).await.unwrap();
    let group = "INSERT INTO challenge_group VALUES";
    for nonsense in [
        &format!("{feed} VALUES (2, '2026-11-23 12:00:00', 'v', '')"),
        &row,
        "UPDATE feed SET feed_type = 'advert'",
        "UPDATE feed SET feed_id = 0",
        "INSERT INTO participation VALUES (0, 1, NULL)",
        "INSERT INTO participation VALUES (2, 2, NULL)",
        "INSERT INTO participation VALUES (2, 1, '')",
        "DELETE FROM participation",
        &format!("{group} (2, NULL, '2026-03-01', '2026-02-01', '07:00', '08:00', 'UTC')"),
        &format!("{group} (2, NULL, '2026-03-01', '2026-03-01', '07:00', '24:00', 'UTC')"),
        &format!("{group} (2, NULL, '2026-03-01', '2026-03-01', '07:00', '08:00', '')"),
        "INSERT INTO object_reservation VALUES
             ('a', 'u', decode(repeat('00', 32), 'hex'), 'lost', '2026-11-23 12:00:00')",
        "INSERT INTO object_reservation VALUES
             ('a', 'u', decode(repeat('00', 31), 'hex'), 'open', '2026-11-23 12:00:00')",
    ] {
        assert!(other.batch_execute(nonsense).await.is_err(), "{nonsense}");
    }
}

#[tokio::test]
async fn a_row_that_the_domain_rejects_is_a_fault_that_names_it() {
    let (database, address) = database().await;
    participation(&database).await;
    let constraint =
        "ALTER TABLE challenge_group DROP CONSTRAINT challenge_group_ends_after_it_starts";
    execute(&address, constraint).await;
    for (nonsense, told) in [
        ("time_zone = 'Asia/Pyeongchang'", "read challenge group 1: \"Asia/Pyeongchang\""),
        ("start_date = '2027-01-01'", "read challenge group 1: the last day"),
    ] {
        execute(&address, &format!("UPDATE challenge_group SET {nonsense}")).await;
        let fault = database.find_participation(participation_id()).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permanent);
        assert!(fault.to_string().starts_with(told), "{fault}");
        database.put_group(&group()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_may_migrate_at_once() {
    let address = new_database().await;
    let migrating: Vec<_> = (0..10)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { open(&address).await.migrate().await.unwrap() })
        })
        .collect();
    let mut ran = Vec::new();
    for migrated in migrating {
        ran.extend(migrated.await.unwrap());
    }
    assert_eq!(ran, versions("postgres"), "each migration runs once");
}

#[tokio::test]
async fn up_down_up() {
    let (database, address) = database().await;
    let relations = "SELECT relname::text AS text FROM pg_class
                     WHERE relnamespace = 'public'::regnamespace
                     AND relname NOT LIKE '__diesel%' ORDER BY relname";
    let first = texts(&address, relations).await;
    assert!(first.len() > 12, "{first:?}");
    for migration in migrations("postgres").iter().rev() {
        execute(&address, &down(migration)).await;
    }
    execute(&address, "DELETE FROM __diesel_schema_migrations").await;
    assert_eq!(texts(&address, relations).await, [""; 0]);
    assert_eq!(database.migrate().await.unwrap(), versions("postgres"));
    assert_eq!(texts(&address, relations).await, first);
    assert_eq!(database.migrate().await.unwrap(), [""; 0], "nothing is left to do");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    let address = new_database().await;
    execute(&address, "CREATE TABLE feed (n INTEGER)").await;
    let database = open(&address).await;
    let fault = database.migrate().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
    let tables = "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(texts(&address, tables).await, ["feed"]);
}

/// Ten replicas that start at once may wait for the migration lock longer than `lock_timeout`.
#[tokio::test]
async fn migrating_waits_for_another_that_migrates() {
    let address = new_database().await;
    let mut other = other_program(&address).await;
    other.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(29676275802402407)").await.unwrap();
    let short = Duration::from_millis(1);
    let mut settings = DatabaseSettings::default();
    settings.postgres.lock_timeout = short;
    settings.postgres.statement_timeout = Duration::from_secs(60);
    let database = PostgresDatabase::open(&address, &settings).await.unwrap();
    let migrating = tokio::spawn(async move { database.migrate().await });
    let waits = "SELECT pid::text AS text FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event = 'advisory'";
    while texts(&address, waits).await.is_empty() {
        assert!(!migrating.is_finished(), "it waits");
    }
    tokio::time::sleep(short * 20).await;
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(migrating.await.unwrap().unwrap(), versions("postgres"));
}

#[tokio::test]
async fn a_reference_of_another_program_has_no_features() {
    let (database, address) = database().await;
    participation(&database).await;
    let insert = "INSERT INTO auth_standard_img (participation_id, standart_img) VALUES (1, 'u')";
    execute(&address, insert).await;
    let reference = database.newest_reference(participation_id()).await.unwrap().unwrap();
    let features = new_reference("").features;
    let find = async || database.find_features(reference.id, &features.format).await.unwrap();
    assert_eq!(find().await, None);
    database.put_features(reference.id, &features, NOON).await.unwrap();
    assert_eq!(find().await, Some(features.clone()));
}

#[tokio::test]
async fn the_features_of_a_reference_survive_version_2_and_the_way_back() {
    let (database, address) = database().await;
    participation(&database).await;
    let acceptance = reserve(&database, "std_1.jpg").await;
    let reference = new_reference("std_1.jpg");
    let id = database.add_reference(reference.clone(), &acceptance).await.unwrap();
    let mut newer = reference.features.clone();
    newer.format.algorithm = "orb".to_owned();
    database.put_features(id, &newer, NOON).await.unwrap();
    execute(&address, &down(&migrations("postgres")[1])).await;
    execute(&address, "DELETE FROM __diesel_schema_migrations WHERE version = '0002'").await;
    let left = "SELECT algorithm AS text FROM reference_features";
    assert_eq!(texts(&address, left).await, ["sift"], "one format is left");
    assert_eq!(database.migrate().await.unwrap(), ["0002"]);
    let found = database.find_features(id, &reference.features.format).await.unwrap();
    assert_eq!(found, Some(reference.features));
}
