//! A service in memory with participation 1, whose challenge is open at [`NOON`].

use std::sync::Arc;

use futures_util::FutureExt;
use injeung_domain::memory::{
    FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, SameEnding,
    SamePicture, policy,
};
use injeung_domain::ports::{Clock, MockRepository, Ports, Repository};
use injeung_domain::{
    Caller, ChallengeGroup, CleanUpReport, Concept, FeedContent, GroupId, MatchMode,
    ParticipationId, Photo, Policy, RegisterReference, RegisterReferenceError, RegisteredReference,
    RequestContext, Schedule, VerifiedFeature, VerifiedKeyword, VerifyFeature, VerifyFeatureError,
    VerifyKeyword, VerifyKeywordError, clean_up, register_reference, verify_feature,
    verify_keyword,
};
use time::macros::{date, datetime, time};
use time::{Duration, OffsetDateTime};

pub(crate) const NOON: OffsetDateTime = datetime!(2026-11-23 12:00:00 +9);

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) database: Arc<MemoryDatabase>,
    pub(crate) objects: Arc<MemoryObjectStore>,
    pub(crate) ports: Ports,
    pub(crate) policy: Policy,
    /// Sender of the requests.
    pub(crate) caller: Caller,
}

pub(crate) fn world() -> World {
    let clock = Arc::new(ManualClock::new(NOON));
    let database = Arc::<MemoryDatabase>::default();
    let objects = Arc::<MemoryObjectStore>::default();
    let seen = ["dog", "강아지"].map(|name| Concept { name: name.to_owned(), value: 0.9 });
    let ports = Ports {
        clock: clock.clone(),
        extractor: Arc::new(SamePicture),
        classifier: Arc::new(FixedConcepts(seen.into())),
        jpeg_encoder: Arc::new(JpegOnly),
        replay_detector: Arc::new(SameEnding),
        objects: objects.clone(),
        repository: database.clone(),
    };
    let policy = policy("Asia/Seoul".parse().unwrap());
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
        match_mode: MatchMode::Place,
    };
    done(database.put_group(&group)).unwrap();
    done(database.put_participation(id(1), group.id, None)).unwrap();
    World { clock, database, objects, ports, policy, caller: Caller::Anyone }
}

impl World {
    /// The context of a request that arrives now.
    pub(crate) fn context(&self) -> RequestContext {
        RequestContext::new(self.clock.now(), self.caller.clone())
    }

    pub(crate) async fn register_reference(
        &self,
        command: RegisterReference,
    ) -> Result<RegisteredReference, RegisterReferenceError> {
        register_reference(&self.ports, &self.policy, command, self.context()).await
    }

    pub(crate) async fn verify_feature(
        &self,
        command: VerifyFeature,
    ) -> Result<VerifiedFeature, VerifyFeatureError> {
        verify_feature(&self.ports, &self.policy, command, self.context()).await
    }

    pub(crate) async fn verify_keyword(
        &self,
        command: VerifyKeyword,
    ) -> Result<VerifiedKeyword, VerifyKeywordError> {
        verify_keyword(&self.ports, &self.policy, command, self.context()).await
    }

    /// Runs the clean-up with a grace period of one minute.
    pub(crate) fn clean_up(&self) -> CleanUpReport {
        let Ports { repository, objects, .. } = &self.ports;
        done(clean_up(&**repository, &**objects, self.clock.now(), Duration::MINUTE)).unwrap()
    }

    /// Replaces the repository by a mock. Calls without an expectation from `expect` reach the
    /// database.
    pub(crate) fn mock_repository(&mut self, expect: impl FnOnce(&mut MockRepository)) {
        let mut mock = MockRepository::new();
        expect(&mut mock);
        let db = || self.database.clone();
        let to = db();
        mock.expect_find_participation().returning(move |id| done(to.find_participation(id)));
        let to = db();
        mock.expect_newest_reference().returning(move |id| done(to.newest_reference(id)));
        let to = db();
        mock.expect_find_features().returning(move |id, format| done(to.find_features(id, format)));
        let to = db();
        mock.expect_put_features()
            .returning(move |id, features, now| done(to.put_features(id, features, now)));
        let to = db();
        mock.expect_add_reference().returning(move |new, with| done(to.add_reference(new, with)));
        let to = db();
        mock.expect_views().returning(move |id, format| done(to.views(id, format)));
        let to = db();
        mock.expect_add_view().returning(move |view, now| done(to.add_view(view, now)));
        let to = db();
        mock.expect_touch_view().returning(move |id, now| done(to.touch_view(id, now)));
        let to = db();
        mock.expect_add_feed().returning(move |new, with| done(to.add_feed(new, with)));
        let to = db();
        mock.expect_find_same_pixels()
            .returning(move |area, pixels| done(to.find_same_pixels(area, pixels)));
        let to = db();
        mock.expect_earlier_photos()
            .returning(move |area, photo| done(to.earlier_photos(area, photo)));
        let to = db();
        mock.expect_reserve().returning(move |reservation| done(to.reserve(reservation)));
        let to = db();
        mock.expect_abandon().returning(move |key| done(to.abandon(key)));
        let to = db();
        mock.expect_release().returning(move |key| done(to.release(key)));
        let to = db();
        mock.expect_has_feed().returning(move |id, day| done(to.has_feed(id, day)));
        let to = db();
        mock.expect_count_attempt().returning(move |id, day| done(to.count_attempt(id, day)));
        let to = db();
        mock.expect_release_attempt().returning(move |id, day| done(to.release_attempt(id, day)));
        let to = db();
        mock.expect_claim_key()
            .returning(move |key, of, now, until| done(to.claim_key(key, of, now, until)));
        let to = db();
        mock.expect_answer_key().returning(move |claim| done(to.answer_key(claim)));
        let to = db();
        mock.expect_release_key().returning(move |id| done(to.release_key(id)));
        self.ports.repository = Arc::new(mock);
    }

    /// Keys that are reserved and have no row.
    pub(crate) fn reserved(&self) -> Vec<String> {
        let later = NOON + Duration::DAY;
        let reserved = done(self.database.reserved_before(later, None, 10_000)).unwrap();
        reserved.iter().map(|reserved| reserved.key.to_string()).collect()
    }

    /// Keys of the stored objects.
    pub(crate) fn stored(&self) -> Vec<String> {
        self.objects.keys().iter().map(ToString::to_string).collect()
    }

    /// URLs of the accepted photos, newest first.
    pub(crate) fn feed(&self) -> Vec<String> {
        let rows = done(self.database.latest_feed(id(1), 100)).unwrap();
        rows.into_iter().map(|row| row.image_url).collect()
    }
}

/// Output of a future that never waits, such as those of the adapters in memory.
pub(crate) fn done<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

pub(crate) fn id(id: i64) -> ParticipationId {
    ParticipationId::try_from(id).unwrap()
}

pub(crate) fn register(photo: Photo) -> RegisterReference {
    RegisterReference { participation_id: id(1), photo: Ok(photo) }
}

pub(crate) fn feature(photo: Photo) -> VerifyFeature {
    VerifyFeature { participation_id: id(1), photo, content: content() }
}

pub(crate) fn keyword(photo: Photo, keyword: &str) -> VerifyKeyword {
    let keyword = keyword.parse().unwrap();
    VerifyKeyword { participation_id: id(1), photo, content: content(), keyword }
}

fn content() -> FeedContent {
    "오늘도 했다".parse().unwrap()
}
