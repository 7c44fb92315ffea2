//! Construction and parsing of object keys.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;

use injeung_domain::{ObjectKey, ParticipationId, PhotoKind};
use proptest::prelude::*;
use time::macros::datetime;
use time::{Date, Duration, PrimitiveDateTime};

fn key(kind: PhotoKind, id: i64, taken: PrimitiveDateTime, nth: u32) -> ObjectKey {
    let id = ParticipationId::try_from(id).unwrap();
    ObjectKey::new(kind, id, taken, NonZeroU32::new(nth).unwrap())
}

#[test]
fn keys_are_those_of_the_contract() {
    let taken = datetime!(2026-01-02 03:04:05.999);
    let named = |kind, nth| key(kind, 12, taken, nth).to_string();
    assert_eq!(named(PhotoKind::Standard, 1), "std_12_20260102030405.jpg");
    assert_eq!(named(PhotoKind::Feature, 2), "feature_12_20260102030405_2.jpg");
    assert_eq!(named(PhotoKind::Classification, 30), "classification_12_20260102030405_30.jpg");
}

#[test]
fn a_url_ends_in_its_key() {
    let base = "https://homybk.s3.ap-northeast-2.amazonaws.com/";
    let url = format!("{base}std_12_20260102030405.jpg?X-Amz-Expires=60#top");
    assert_eq!(ObjectKey::from_url(&url).unwrap().as_str(), "std_12_20260102030405.jpg");
    assert!(ObjectKey::from_url(base).is_err());
    assert!(ObjectKey::from_url("").is_err());
}

#[test]
fn a_key_is_no_path() {
    for wrong in ["", ".", "..", ".hidden", "a/b.jpg", "a\\b.jpg", "a b.jpg", "사진.jpg", "a\0.jpg"]
    {
        assert!(wrong.parse::<ObjectKey>().is_err(), "{wrong:?}");
    }
    assert!("x".repeat(ObjectKey::MAX_LEN + 1).parse::<ObjectKey>().is_err());
}

fn any_key() -> impl Strategy<Value = (u8, i64, i64, u32)> {
    (0..3_u8, 1..=i64::MAX, 0..253_402_300_799_i64, 1..=u32::MAX)
}

fn made_of((kind, id, second, nth): (u8, i64, i64, u32)) -> ObjectKey {
    let kinds = [PhotoKind::Standard, PhotoKind::Feature, PhotoKind::Classification];
    let epoch = Date::from_ordinal_date(1970, 1).unwrap().midnight();
    let kind = kinds.into_iter().nth(kind.into()).unwrap();
    key(kind, id, epoch + Duration::seconds(second), nth)
}

proptest! {
    #[test]
    fn every_key_can_be_read_back(parts in any_key()) {
        let key = made_of(parts);
        prop_assert_eq!(&key.as_str().parse::<ObjectKey>().unwrap(), &key);
        prop_assert_eq!(&ObjectKey::from_url(&format!("http://host:1/objects/{key}")).unwrap(), &key);
    }

    #[test]
    fn different_photos_have_different_keys(one in any_key(), other in any_key()) {
        prop_assert_eq!(made_of(one) == made_of(other), one == other);
    }
}

#[test]
fn the_name_of_a_stored_photo_contains_its_participation() {
    let id = |key: &str| key.parse::<ObjectKey>().unwrap().participation_id();
    let twelve = Some("12".parse().unwrap());
    assert_eq!(id("std_12_20261123063000.jpg"), twelve);
    assert_eq!(id("feature_12_20261123063000_2.jpg"), twelve);
    assert_eq!(id("classification_12_20261123063000.jpg"), twelve);
    for other in ["photo_12_20261123063000.jpg", "std_12", "std_x_1.jpg", "std_012_1.jpg", "12.jpg"]
    {
        assert_eq!(id(other), None, "{other}");
    }
}
