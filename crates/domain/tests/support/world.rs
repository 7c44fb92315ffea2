//! A service in memory with participation 1, whose challenge is open at [`NOON`].

use std::sync::Arc;

use futures_util::FutureExt;
use injeung_domain::memory::{
    FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, SamePicture,
};
use injeung_domain::ports::{ParticipationRepository, Ports};
use injeung_domain::{
    ChallengeGroup, Concept, FeedContent, GroupId, ParticipationId, Photo, RegisterReference,
    Rules, Schedule, VerifyFeature, VerifyKeyword,
};
use time::macros::{date, datetime, time};
use time::{Duration, OffsetDateTime};

pub(crate) const NOON: OffsetDateTime = datetime!(2026-11-23 12:00:00 +9);

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) database: Arc<MemoryDatabase>,
    pub(crate) objects: Arc<MemoryObjectStore>,
    pub(crate) ports: Ports,
}

pub(crate) fn world() -> World {
    let clock = Arc::new(ManualClock::new(NOON));
    let database = Arc::<MemoryDatabase>::default();
    let objects = Arc::<MemoryObjectStore>::default();
    let seen = ["dog", "강아지"].map(|name| Concept { name: name.to_owned(), value: 0.9 });
    let ports = Ports {
        clock: clock.clone(),
        time_zone: "Asia/Seoul".parse().unwrap(),
        rules: Rules::default(),
        extractor: Arc::new(SamePicture),
        classifier: Arc::new(FixedConcepts(seen.into())),
        jpeg_encoder: Arc::new(JpegOnly),
        objects: objects.clone(),
        participations: database.clone(),
        references: database.clone(),
        feeds: database.clone(),
        reservations: database.clone(),
        days: database.clone(),
        request_keys: database.clone(),
        leases: database.clone(),
    };
    let group = ChallengeGroup {
        id: GroupId::try_from(1).unwrap(),
        name: None,
        schedule: Schedule::new(
            date!(2026 - 11 - 01),
            date!(2026 - 11 - 30),
            time!(11:00),
            time!(13:00),
            "Asia/Seoul".parse().unwrap(),
        )
        .unwrap(),
    };
    done(database.put_group(&group)).unwrap();
    done(database.put_participation(id(1), group.id, None)).unwrap();
    World { clock, database, objects, ports }
}

impl World {
    /// The keys that are reserved and whose row has not come.
    pub(crate) fn reserved(&self) -> Vec<String> {
        let later = NOON + Duration::DAY;
        let keys = done(self.ports.reservations.reserved_before(later, 100)).unwrap();
        keys.iter().map(ToString::to_string).collect()
    }

    /// The keys of the stored objects.
    pub(crate) fn stored(&self) -> Vec<String> {
        self.objects.keys().iter().map(ToString::to_string).collect()
    }

    /// The URLs of the accepted photos, newest first.
    pub(crate) fn feed(&self) -> Vec<String> {
        let rows = done(self.ports.feeds.latest(id(1), 100)).unwrap();
        rows.into_iter().map(|row| row.image_url).collect()
    }
}

/// The answer of a future that waits for nothing, as those of the adapters in memory.
pub(crate) fn done<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

pub(crate) fn id(id: i64) -> ParticipationId {
    ParticipationId::try_from(id).unwrap()
}

pub(crate) fn register(photo: Photo) -> RegisterReference {
    RegisterReference { participation_id: id(1), photo: Ok(photo), claim: None }
}

pub(crate) fn feature(photo: Photo) -> VerifyFeature {
    VerifyFeature { participation_id: id(1), photo, content: content(), claim: None }
}

pub(crate) fn keyword(photo: Photo, keyword: &str) -> VerifyKeyword {
    let keyword = keyword.parse().unwrap();
    VerifyKeyword { participation_id: id(1), photo, content: content(), keyword, claim: None }
}

fn content() -> FeedContent {
    "오늘도 했다".parse().unwrap()
}
