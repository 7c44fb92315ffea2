use bytes::Bytes;
use time::macros::{date, datetime, time};
use time::{Date, Duration, OffsetDateTime};

use crate::ports::{Acceptance, Repository, Reservation, ReservedKey};
use crate::{
    ApiKey, ChallengeGroup, ExaminedPhoto, FeatureFormat, FeedContent, GroupId, JpegPhoto, KeyId,
    MatchMode, NewFeed, NewReference, ObjectKey, ParticipationId, PerceptualHash, PhotoTrace,
    ReferenceFeatures, ReplayScope, Schedule, Scope, SearchArea,
};

pub(super) const NOON: OffsetDateTime = datetime!(2026-11-23 12:00:00.123456 UTC);

/// Digest that all reservations of the suites use for their photos.
pub(super) const DIGEST: [u8; 32] = *b"0123456789\0\xff'ABCDEF a sha256 dig";

pub(super) fn group(id: i64) -> ChallengeGroup {
    let zone = "Asia/Seoul".parse().expect("a zone of the database");
    ChallengeGroup {
        id: GroupId::try_from(id).expect("a positive id"),
        name: Some("미라클 모닝 🌅".to_owned()),
        schedule: Schedule::new(
            date!(2026 - 11 - 01),
            date!(2026 - 11 - 30),
            time!(22:30:00),
            time!(01:15:59),
            zone,
        )
        .expect("a schedule"),
        match_mode: MatchMode::Place,
    }
}

pub(super) fn participation_id(id: i64) -> ParticipationId {
    ParticipationId::try_from(id).expect("a positive id")
}

/// Creates participations 1 to `count`, all in one group.
pub(super) async fn participations(database: &dyn Repository, count: i64) {
    let group = group(1);
    database.put_group(&group).await.expect("a group");
    for id in 1..=count {
        let put = database.put_participation(participation_id(id), group.id, None).await;
        put.expect("a participation");
    }
}

pub(super) fn key(name: &str) -> ObjectKey {
    name.parse().expect("an object key")
}

pub(super) fn url(name: &str) -> String {
    format!("https://photos.example/{name}")
}

pub(super) fn reservation(name: &str) -> Reservation {
    Reservation { key: key(name), image_url: url(name), content_sha256: DIGEST, reserved_at: NOON }
}

pub(super) fn reservation_aged(name: &str, age: Duration) -> Reservation {
    Reservation { reserved_at: NOON - age, ..reservation(name) }
}

/// Returns the listed form of a reservation made `minutes` before noon.
pub(super) fn reserved_key(name: &str, minutes: i64) -> ReservedKey {
    ReservedKey { reserved_at: NOON - Duration::minutes(minutes), key: key(name) }
}

/// Reserves a key and returns its acceptance, without a request key.
pub(super) async fn reserve(database: &dyn Repository, name: &str) -> Acceptance {
    let reserved = database.reserve(&reservation(name)).await.expect("an answer");
    assert!(reserved, "{name} was free");
    Acceptance { key: key(name), claim: None }
}

pub(super) const DAY: Date = date!(2026 - 11 - 23);

pub(super) fn new_feed(id: i64, name: &str) -> NewFeed {
    NewFeed {
        participation_id: participation_id(id),
        created_at: NOON,
        day: DAY,
        only_one_of_its_day: false,
        image_url: url(name),
        content: "오늘도 했다! 👍\n'; DROP TABLE feed; --"
            .parse::<FeedContent>()
            .expect("a content"),
        trace: None,
        message: None,
    }
}

/// The area of a participation whose group has the same id.
pub(super) fn search_area(id: i64, scope: ReplayScope) -> SearchArea {
    let group_id = GroupId::try_from(id).expect("a positive id");
    SearchArea { participation_id: participation_id(id), group_id, scope }
}

/// A photo whose hash has this byte in every other place, and zeros between.
pub(super) fn examined(byte: u8) -> ExaminedPhoto {
    let hash =
        PerceptualHash::new(std::array::from_fn(|place| if place % 2 == 0 { byte } else { 0 }));
    let points = vec![byte, 0, 0xff].into();
    let trace = PhotoTrace { pixels_sha256: [byte; 32], hash: Some(hash), points };
    ExaminedPhoto { trace, variants: vec![hash], query: Bytes::new() }
}

pub(super) fn features(algorithm: &str, bytes: Vec<u8>) -> ReferenceFeatures {
    let format = FeatureFormat { algorithm: algorithm.to_owned(), version: 1 };
    ReferenceFeatures { format, bytes: bytes.into() }
}

pub(super) fn new_reference(id: i64, name: &str) -> NewReference {
    NewReference {
        participation_id: participation_id(id),
        image_url: url(name),
        features: features("sift", (0..=255).cycle().take(70_000).collect()),
        trace: None,
        message: None,
    }
}

/// A complete JPEG with `length` bytes of meaningless entropy-coded data; a store does not decode it.
pub(super) fn jpeg(length: usize, seed: u8) -> JpegPhoto {
    /// Start marker, frame of 8x8 grey pixels, scan header (ISO/IEC 10918-1, annex B).
    const HEAD: &[u8] =
        b"\xff\xd8\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0";
    let noise = (0..length).map(|index| (index as u8).wrapping_mul(31).wrapping_add(seed) & 0x7f);
    let bytes: Vec<u8> = HEAD.iter().copied().chain(noise).chain([0xff, 0xd9]).collect();
    JpegPhoto::from_encoder(Bytes::from(bytes)).expect("a JPEG")
}

/// A valid key, whose id depends on `nth`.
pub(super) fn api_key(nth: u8) -> ApiKey {
    ApiKey {
        id: KeyId::new([nth; KeyId::BYTES]),
        name: "app".parse().expect("a name"),
        digest: DIGEST,
        scopes: vec![Scope::Verify],
        created_at: NOON,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}
