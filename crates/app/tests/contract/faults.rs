//! The object store and the database fail while the service runs, and recover.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::client::Client;
use crate::support::home::{Home, demo_photo};
use crate::support::pictures::{desk, desk_again};
use crate::support::service::Service;
use crate::{classification, img_feature, std_img};

const DATABASE: (u16, u64, &str) = (500, 111, "DB 접근 오류");

/// Bodies that are accepted without faults, in a valid order.
fn good() -> [(&'static str, Value); 3] {
    [
        ("/std_img", std_img(1, &desk())),
        ("/img_feature", img_feature(1, &desk_again())),
        ("/classification", classification(1, &demo_photo("squirrel_cls.jpg"), "squirrel")),
    ]
}

#[track_caller]
fn assert_all_accepted(client: &Client) {
    for (path, body) in good() {
        assert_eq!(client.post(path, &body).outcome(), (200, None), "{path}");
    }
}

#[track_caller]
fn assert_all_fail_in_database(client: &Client) {
    for (path, body) in good() {
        client.post(path, &body).assert(DATABASE.0, DATABASE.1, DATABASE.2);
    }
    assert_eq!(client.get("/healthz").status, 200);
}

/// A service that has accepted one request of each call.
fn working() -> (Home, Service) {
    let home = Home::with_local_classifier().with("DATABASE__TIMEOUT_MS", "300");
    let service = home.serve_open();
    assert_all_accepted(&service.client());
    (home, service)
}

/// Checks that the rows and objects are those of `rounds` accepted rounds.
#[track_caller]
fn assert_rounds(home: &Home, rounds: usize) {
    assert_eq!(home.rows().references().len(), rounds);
    assert_eq!(home.rows().feeds().len(), 2 * rounds);
    assert_eq!(home.objects(), home.rows().object_keys());
}

/// Replaces the objects' directory by a file, so that no object can be read or written.
fn break_objects(home: &Home) -> PathBuf {
    let aside = home.path().join("aside");
    fs::rename(home.objects_directory(), &aside).unwrap();
    fs::write(home.objects_directory(), b"").unwrap();
    aside
}

fn mend_objects(home: &Home, aside: PathBuf) {
    fs::remove_file(home.objects_directory()).unwrap();
    fs::rename(aside, home.objects_directory()).unwrap();
}

/// Checks the response of each call while the object store is broken, and its recovery.
fn assert_object_store_fails(call: usize, errcode: u64, message: &str) {
    let (home, service) = working();
    let aside = break_objects(&home);
    let (path, body) = &good()[call];
    service.client().post(path, body).assert(500, errcode, message);
    assert_eq!(service.client().get("/healthz").status, 200);
    assert_eq!(service.client().readiness().outcome(), (503, Some(110)));
    mend_objects(&home, aside);
    assert_rounds(&home, 1);
    assert_eq!(service.client().readiness().outcome(), (200, None));
    assert_all_accepted(&service.client());
    assert_rounds(&home, 2);
}

#[test]
fn std_img_object_store_failed_is_500_errcode_4() {
    assert_object_store_fails(0, 4, "사진이 업로드 되지 않습니다.");
}

#[test]
fn img_feature_object_store_failed_is_500_errcode_5() {
    assert_object_store_fails(1, 5, "사진이 업로드 되지 않습니다.");
}

#[test]
fn classification_object_store_failed_is_500_errcode_5() {
    assert_object_store_fails(2, 5, "S3 오류");
}

#[test]
fn objects_directory_gone_is_500_errcode_4_until_it_is_back() {
    let (home, service) = working();
    let aside = home.path().join("aside");
    fs::rename(home.objects_directory(), &aside).unwrap();
    let (path, body) = &good()[0];
    service.client().post(path, body).assert(500, 4, "사진이 업로드 되지 않습니다.");
    let _ = fs::remove_dir_all(home.objects_directory());
    fs::rename(aside, home.objects_directory()).unwrap();
    assert_all_accepted(&service.client());
    assert_rounds(&home, 2);
}

#[test]
fn database_without_its_tables_is_500_errcode_111_and_passes() {
    let (home, service) = working();
    home.rows().execute(
        "ALTER TABLE participation RENAME TO a; ALTER TABLE auth_standard_img RENAME TO b",
    );
    assert_all_fail_in_database(&service.client());
    home.rows().execute(
        "ALTER TABLE a RENAME TO participation; ALTER TABLE b RENAME TO auth_standard_img",
    );
    assert_rounds(&home, 1);
    assert_all_accepted(&service.client());
    assert_rounds(&home, 2);
}

#[test]
fn database_that_cannot_take_the_row_is_500_errcode_111_and_keeps_no_object() {
    let (home, service) = working();
    home.rows().execute(
        "ALTER TABLE feed RENAME TO gone_feed;
         CREATE TRIGGER refuse BEFORE INSERT ON auth_standard_img
         BEGIN SELECT RAISE(ABORT, 'no more'); END",
    );
    let before = home.objects();
    assert_all_fail_in_database(&service.client());
    assert_eq!(home.objects(), before);
    assert_eq!(home.rows().reservations(), [""; 0]);
    home.rows().execute("ALTER TABLE gone_feed RENAME TO feed; DROP TRIGGER refuse");
    assert_rounds(&home, 1);
    assert_all_accepted(&service.client());
    assert_rounds(&home, 2);
}

#[test]
fn database_that_is_locked_is_500_errcode_111_and_passes() {
    let (home, service) = working();
    let mut locker = home.rows().writer();
    let lock = locker.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    assert_all_fail_in_database(&service.client());
    lock.rollback().unwrap();
    assert_rounds(&home, 1);
    assert_all_accepted(&service.client());
    assert_rounds(&home, 2);
}

#[test]
fn database_file_that_is_damaged_is_500_errcode_111() {
    let (home, service) = working();
    home.rows().execute("PRAGMA wal_checkpoint(TRUNCATE)");
    let file = home.path().join("injeung.db");
    let length = fs::metadata(&file).unwrap().len();
    // The file is overwritten in place, because the service holds it open.
    let open = fs::OpenOptions::new().write(true).open(&file).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&open, &vec![0x5a; length as usize], 0).unwrap();
    let objects = home.objects();
    assert_all_fail_in_database(&service.client());
    assert_eq!(home.objects(), objects);
}
