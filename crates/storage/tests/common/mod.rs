//! Fixtures that the tests share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "not every test file uses everything, and a test may panic"
)]

pub(crate) mod buckets;
pub(crate) mod postgres;
pub(crate) mod s3;
pub(crate) mod shared;

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use diesel::{Connection, SqliteConnection};
use injeung_domain::ports::{Acceptance, Repository, Reservation};
use injeung_domain::{
    ChallengeGroup, FeatureFormat, GroupId, JpegPhoto, MatchMode, NewFeed, NewReference, ObjectKey,
    ParticipationId, ReferenceFeatures, Schedule,
};
use injeung_storage::{DatabaseSettings, SqliteDatabase};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::{date, datetime, time};

pub(crate) const NOON: OffsetDateTime = datetime!(2026-11-23 21:00:00.123456789 +09:00);

/// Folders of the migrations of `sqlite` or `postgres`, in the order in which they run.
pub(crate) fn migrations(database: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
    let mut folders: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The versions of these migrations.
pub(crate) fn versions(database: &str) -> Vec<String> {
    let version = |folder: &PathBuf| {
        let name = folder.file_name().unwrap().to_str().unwrap();
        name.split('_').next().unwrap().to_owned()
    };
    migrations(database).iter().map(version).collect()
}

/// Opens the database file `test.sqlite` of a directory, with tables.
pub(crate) async fn database(directory: &TempDir) -> SqliteDatabase {
    let database = unmigrated(directory, &DatabaseSettings::default()).await;
    database.migrate().await.unwrap();
    database
}

/// Opens the same file without running migrations.
pub(crate) async fn unmigrated(directory: &TempDir, settings: &DatabaseSettings) -> SqliteDatabase {
    SqliteDatabase::open(directory.path().join("test.sqlite"), settings).await.unwrap()
}

/// Connects to the same file as another program.
pub(crate) fn other_program(directory: &TempDir) -> SqliteConnection {
    SqliteConnection::establish(directory.path().join("test.sqlite").to_str().unwrap()).unwrap()
}

/// Creates participation 1 in group 1.
pub(crate) async fn participation(database: &dyn Repository) {
    let group = group();
    database.put_group(&group).await.unwrap();
    database.put_participation(participation_id(), group.id, None).await.unwrap();
}

pub(crate) fn participation_id() -> ParticipationId {
    ParticipationId::try_from(1).unwrap()
}

pub(crate) fn group() -> ChallengeGroup {
    let (first, last) = (date!(2026 - 11 - 01), date!(2026 - 11 - 30));
    let zone = "Asia/Seoul".parse().unwrap();
    let schedule = Schedule::new(first, last, time!(22:30), time!(01:15:59), zone).unwrap();
    ChallengeGroup {
        id: GroupId::try_from(1).unwrap(),
        name: None,
        schedule,
        match_mode: MatchMode::Place,
    }
}

pub(crate) fn key(name: &str) -> ObjectKey {
    name.parse().unwrap()
}

pub(crate) fn reservation(name: &str) -> Reservation {
    Reservation { key: key(name), image_url: url(name), content_sha256: [7; 32], reserved_at: NOON }
}

/// Reserves a key and returns its acceptance.
pub(crate) async fn reserve(database: &dyn Repository, name: &str) -> Acceptance {
    assert!(database.reserve(&reservation(name)).await.unwrap());
    Acceptance { key: key(name), claim: None }
}

pub(crate) fn url(name: &str) -> String {
    format!("http://127.0.0.1:8080/objects/{name}")
}

pub(crate) fn new_feed(name: &str) -> NewFeed {
    NewFeed {
        participation_id: participation_id(),
        created_at: NOON,
        day: date!(2026 - 11 - 23),
        only_one_of_its_day: false,
        image_url: url(name),
        content: "오늘도 했다!".parse().unwrap(),
        trace: None,
        message: None,
    }
}

pub(crate) fn new_reference(name: &str) -> NewReference {
    let format = FeatureFormat { algorithm: "sift".to_owned(), version: u32::MAX };
    NewReference {
        participation_id: participation_id(),
        image_url: url(name),
        features: ReferenceFeatures { format, bytes: Bytes::from_static(b"\0\x01\xff") },
        trace: None,
        message: None,
    }
}

pub(crate) fn jpeg(length: usize) -> JpegPhoto {
    // Start marker, frame of 8x8 grey pixels, scan header.
    let mut bytes =
        b"\xff\xd8\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0"
            .to_vec();
    bytes.extend((0..length).map(|nth| u8::try_from(nth % 251).unwrap()));
    bytes.extend(b"\xff\xd9");
    JpegPhoto::from_encoder(bytes.into()).unwrap()
}
