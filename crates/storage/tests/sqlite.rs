//! Tests of the SQLite repository beyond the port's contract.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{
    NOON, database, group, key, new_feed, new_reference, other_program, participation,
    participation_id, reservation, reserve, shared, unmigrated, url, versions,
};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use injeung_domain::ports::Repository;
use injeung_domain::{FaultKind, FeedId};
use injeung_storage::{Database, DatabaseSettings, SqliteDatabase};
use tempfile::TempDir;

/// Opens two handles on one file.
async fn two(directory: &TempDir) -> [Arc<dyn Database>; 2] {
    [Arc::new(database(directory).await), Arc::new(database(directory).await)]
}

/// Returns the first column, named `text`, of another program's query.
fn texts(directory: &TempDir, query: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }

    let rows: Vec<Row> = diesel::sql_query(query).load(&mut other_program(directory)).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

#[tokio::test]
async fn the_tables_of_the_contract_have_its_columns() {
    let directory = TempDir::new().unwrap();
    database(&directory).await;
    for (table, columns) in [
        ("feed", "feed_id feed_type participation_id created_datetime feed_img feed_content"),
        ("auth_standard_img", "auth_standard_img_id participation_id standart_img"),
    ] {
        let query = format!("SELECT name AS text FROM pragma_table_info('{table}') ORDER BY cid");
        assert_eq!(texts(&directory, &query).join(" "), columns);
    }
}

#[tokio::test]
async fn rows_survive_and_can_be_read_by_a_person() {
    let directory = TempDir::new().unwrap();
    {
        let database = database(&directory).await;
        participation(&database).await;
        let acceptance = reserve(&database, "feature_1.jpg").await;
        database.add_feed(new_feed("feature_1.jpg"), &acceptance).await.unwrap();
        reserve(&database, "feature_2.jpg").await;
    }
    let database = database(&directory).await;
    let rows = database.latest_feed(participation_id(), 10).await.unwrap();
    let row = rows.first().unwrap();
    assert_eq!(row.image_url, url("feature_1.jpg"));
    assert_eq!(row.created_at, NOON - Duration::from_nanos(789), "to the microsecond");
    assert_eq!(
        texts(&directory, "SELECT feed_type || ' ' || created_datetime AS text FROM feed"),
        ["auth 2026-11-23 12:00:00.123456"]
    );
    assert_eq!(
        texts(&directory, "SELECT object_key || ' ' || state AS text FROM object_reservation"),
        ["feature_2.jpg open"]
    );
    assert_eq!(
        texts(
            &directory,
            "SELECT start_date || ' ' || end_date || ' ' || start_time || ' ' || end_time AS text
             FROM challenge_group"
        ),
        ["2026-11-01 2026-11-30 22:30:00 01:15:59"]
    );
}

#[tokio::test]
async fn instants_sort_as_text_whatever_their_fraction() {
    let directory = TempDir::new().unwrap();
    let database = database(&directory).await;
    let second = NOON.replace_nanosecond(0).unwrap();
    let fractions = [0_u64, 1, 10, 99_999, 100_000, 120_000, 500_000, 999_999];
    for (nth, micros) in fractions.into_iter().enumerate().rev() {
        let mut reservation = reservation(&format!("{nth}.jpg"));
        reservation.reserved_at = second + Duration::from_micros(micros);
        assert!(database.reserve(&reservation).await.unwrap());
    }
    for (nth, micros) in fractions.into_iter().enumerate() {
        let instant = second + Duration::from_micros(micros);
        let before = database.reserved_before(instant, None, 100).await.unwrap();
        let before: Vec<_> = before.into_iter().map(|reserved| reserved.key).collect();
        let expected: Vec<_> = (0..nth).map(|nth| key(&format!("{nth}.jpg"))).collect();
        assert_eq!(before, expected, "before {micros} microseconds");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_of_two_databases_on_one_file_all_succeed() {
    let directory = TempDir::new().unwrap();
    shared::concurrent_writers_all_succeed(two(&directory).await).await;
    assert_eq!(texts(&directory, "SELECT object_key AS text FROM object_reservation").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_either_accepted_or_abandoned() {
    let directory = TempDir::new().unwrap();
    shared::a_photo_is_either_accepted_or_abandoned(two(&directory).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_both_row_and_cleared_reservation_or_neither() {
    let directory = TempDir::new().unwrap();
    shared::a_caller_that_goes_away_does_no_harm(&database(&directory).await).await;
}

#[tokio::test]
async fn a_caller_that_goes_away_on_a_single_thread_does_no_harm() {
    let directory = TempDir::new().unwrap();
    shared::a_caller_that_goes_away_does_no_harm(&database(&directory).await).await;
}

#[tokio::test]
async fn an_unknown_participation_gets_no_row_and_keeps_the_reservation() {
    let directory = TempDir::new().unwrap();
    shared::an_unknown_participation_gets_no_row(&database(&directory).await).await;
}

#[tokio::test]
async fn two_rows_never_share_a_photo() {
    let directory = TempDir::new().unwrap();
    shared::two_rows_never_share_a_photo(&database(&directory).await).await;
}

#[tokio::test]
async fn a_reference_of_another_program_has_no_features() {
    let directory = TempDir::new().unwrap();
    let database = database(&directory).await;
    participation(&database).await;
    other_program(&directory)
        .batch_execute(
            "INSERT INTO auth_standard_img (participation_id, standart_img) VALUES (1, 'u')",
        )
        .unwrap();
    let reference = database.newest_reference(participation_id()).await.unwrap().unwrap();
    let features = new_reference("").features;
    let find = async || database.find_features(reference.id, &features.format).await.unwrap();
    assert_eq!(find().await, None);
    database.put_features(reference.id, &features, NOON).await.unwrap();
    assert_eq!(find().await, Some(features.clone()));
}

#[tokio::test]
async fn the_database_rejects_invalid_rows() {
    let directory = TempDir::new().unwrap();
    let database = database(&directory).await;
    participation(&database).await;
    let mut other = other_program(&directory);
    other.batch_execute("PRAGMA foreign_keys = ON").unwrap();
    let feed = "INSERT INTO feed (participation_id, created_datetime, feed_img, feed_content)";
    other.batch_execute(&format!("{feed} VALUES (1, '2026-11-23 12:00:00', 'u', '')")).unwrap();
    let group = "INSERT INTO challenge_group VALUES";
    for nonsense in [
        &format!("{feed} VALUES (2, '2026-11-23 12:00:00', 'v', '')"),
        &format!("{feed} VALUES (1, '2026-11-31 12:00:00', 'v', '')"),
        &format!("{feed} VALUES (1, '2026-11-23 24:00:00', 'v', '')"),
        &format!("{feed} VALUES (1, 'yesterday', 'v', '')"),
        &format!("{feed} VALUES (1, '2026-11-23 12:00:00', 'u', '')"),
        "UPDATE feed SET feed_type = 'advert'",
        "UPDATE feed SET feed_id = 0",
        "INSERT INTO participation VALUES (0, 1, NULL)",
        "INSERT INTO participation VALUES (2, 2, NULL)",
        "DELETE FROM participation",
        &format!("{group} (2, NULL, '2026-02-30', '2026-03-01', '07:00:00', '08:00:00', 'UTC')"),
        &format!("{group} (2, NULL, '2026-03-01', '2026-02-01', '07:00:00', '08:00:00', 'UTC')"),
        &format!("{group} (2, NULL, '2026-03-01', '2026-03-01', '07:00', '08:00:00', 'UTC')"),
        &format!("{group} (2, NULL, '2026-03-01', '2026-03-01', '07:00:00', '24:00:00', 'UTC')"),
        "INSERT INTO object_reservation VALUES
             ('a', 'u', zeroblob(32), 'lost', '2026-11-23 12:00:00')",
        "INSERT INTO object_reservation VALUES
             ('a', 'u', zeroblob(31), 'open', '2026-11-23 12:00:00')",
    ] {
        assert!(other.batch_execute(nonsense).is_err(), "{nonsense}");
    }
}

#[tokio::test]
async fn a_row_that_the_domain_rejects_is_a_fault_that_names_it() {
    let directory = TempDir::new().unwrap();
    let database = database(&directory).await;
    participation(&database).await;
    let mut other = other_program(&directory);
    other.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
    for (nonsense, told) in [
        ("time_zone = 'Asia/Pyeongchang'", "read challenge group 1: \"Asia/Pyeongchang\""),
        ("start_date = '2027-01-01'", "read challenge group 1: the last day"),
    ] {
        other.batch_execute(&format!("UPDATE challenge_group SET {nonsense}")).unwrap();
        let fault = database.find_participation(participation_id()).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permanent);
        assert!(fault.to_string().starts_with(told), "{fault}");
        database.put_group(&group()).await.unwrap();
    }
    other.batch_execute("UPDATE participation SET user_id = ' '").unwrap();
    let fault = database.find_participation(participation_id()).await.unwrap_err();
    assert!(fault.to_string().starts_with("read participation 1: "), "{fault}");
}

#[tokio::test]
async fn participations_are_read_from_the_view_alone() {
    let directory = TempDir::new().unwrap();
    let database = database(&directory).await;
    participation(&database).await;
    other_program(&directory)
        .batch_execute(
            "DROP VIEW injeung_participation;
             CREATE VIEW injeung_participation AS
             SELECT 1 AS participation_id, 'u' AS user_id, 9 AS challenge_group_id, 'g' AS name,
                 '2026-11-01' AS start_date, '2026-11-30' AS end_date,
                 '06:00:00' AS start_time, '08:30:59' AS end_time, 'Asia/Seoul' AS time_zone",
        )
        .unwrap();
    let found = database.find_participation(participation_id()).await.unwrap().unwrap();
    assert_eq!(found.group.id.get(), 9);
    assert_eq!(found.user_id.unwrap().as_str(), "u");
}

#[tokio::test]
async fn a_lock_of_another_process_is_a_transient_fault() {
    let directory = TempDir::new().unwrap();
    database(&directory).await;
    let settings =
        DatabaseSettings { timeout: Duration::from_millis(20), ..DatabaseSettings::default() };
    let database = unmigrated(&directory, &settings).await;
    participation(&database).await;
    let mut other = other_program(&directory);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    for fault in [
        database.reserve(&reservation("a.jpg")).await.unwrap_err(),
        database.release(&key("a.jpg")).await.unwrap_err(),
    ] {
        assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
    }
    assert!(
        database.find_participation(participation_id()).await.unwrap().is_some(),
        "reading goes on"
    );
    other.batch_execute("COMMIT").unwrap();
    reserve(&database, "a.jpg").await;
}

#[tokio::test]
async fn missing_tables_and_foreign_files_are_permanent_faults() {
    let directory = TempDir::new().unwrap();
    let database = unmigrated(&directory, &DatabaseSettings::default()).await;
    let fault = database.check().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
    database.migrate().await.unwrap();
    database.check().await.unwrap();

    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "no database at all, but long enough to be taken for one\n".repeat(99))
        .unwrap();
    let opened = SqliteDatabase::open(&path, &DatabaseSettings::default()).await;
    let fault = opened.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_may_open_and_migrate_one_file_at_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("var/test.sqlite");
    let migrating: Vec<_> = (0..10)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move {
                let database = SqliteDatabase::open(&path, &DatabaseSettings::default()).await;
                database.unwrap().migrate().await.unwrap()
            })
        })
        .collect();
    let mut ran = Vec::new();
    for migrated in migrating {
        ran.extend(migrated.await.unwrap());
    }
    assert_eq!(ran, versions("sqlite"), "each migration runs once");
}

#[tokio::test]
async fn ids_are_never_given_twice() {
    let directory = TempDir::new().unwrap();
    let database = database(&directory).await;
    participation(&database).await;
    let mut last: Option<FeedId> = None;
    for name in ["a.jpg", "b.jpg"] {
        let acceptance = reserve(&database, name).await;
        let id = database.add_feed(new_feed(name), &acceptance).await.unwrap();
        assert!(last < Some(id));
        last = Some(id);
        other_program(&directory).batch_execute("DELETE FROM feed").unwrap();
    }
}

#[tokio::test]
async fn a_database_of_version_1_keeps_its_features() {
    let directory = TempDir::new().unwrap();
    let mut other = other_program(&directory);
    let up = include_str!("../../../migrations/sqlite/0001_initial/up.sql");
    other.batch_execute(up).unwrap();
    other
        .batch_execute(
            "CREATE TABLE __diesel_schema_migrations (
                 version VARCHAR(50) PRIMARY KEY NOT NULL,
                 run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
             );
             INSERT INTO __diesel_schema_migrations (version) VALUES ('0001')",
        )
        .unwrap();
    let groups = "INSERT INTO challenge_group VALUES
                  (1, NULL, '2026-11-01', '2026-11-30', '07:00:00', '08:00:00', 'UTC')";
    other.batch_execute(groups).unwrap();
    other
        .batch_execute(
            "INSERT INTO participation VALUES (1, 1, NULL);
             INSERT INTO auth_standard_img VALUES (7, 1, 'u');
             INSERT INTO reference_features VALUES (7, 'sift', 4294967295, x'0001ff')",
        )
        .unwrap();
    let database = unmigrated(&directory, &DatabaseSettings::default()).await;
    assert_eq!(database.migrate().await.unwrap(), versions("sqlite")[1..]);
    let reference = database.newest_reference(participation_id()).await.unwrap().unwrap();
    let features = new_reference("").features;
    let found = database.find_features(reference.id, &features.format).await.unwrap();
    assert_eq!(found, Some(features));
}

/// An unreadable row of another program must not prevent the clean-up of the rows after it.
#[tokio::test]
async fn a_reservation_that_cannot_be_read_hides_no_other() {
    let directory = TempDir::new().unwrap();
    let database = database(&directory).await;
    other_program(&directory)
        .batch_execute(
            "INSERT INTO object_reservation VALUES
                 ('not a key', 'u', zeroblob(32), 'open', '2026-11-22 12:00:00')",
        )
        .unwrap();
    reserve(&database, "a.jpg").await;
    let reserved = database.reserved_before(NOON + Duration::from_secs(1), None, 10).await.unwrap();
    assert_eq!(
        reserved.into_iter().map(|reserved| reserved.key).collect::<Vec<_>>(),
        [key("a.jpg")]
    );
}
