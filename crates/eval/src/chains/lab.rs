//! A service in memory with one participation, whose adapters are those of the domain, and the cascade.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use injeung_domain::memory::{
    FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, SameEnding, policy,
};
use injeung_domain::ports::{FeatureExtractor, Ports, Repository, VisionError};
use injeung_domain::{
    Caller, ChallengeGroup, Examination, FeatureFormat, GroupId, LearnedView, MatchMode,
    ParticipationId, Photo, Policy, ReferenceFeatures, ReferenceQuality, RegisterReference,
    RegisterReferenceError, RequestContext, Schedule, TimeZone, VerifyFeature, VerifyFeatureError,
    ViewSearch, learn_view, register_reference, verify_feature,
};
use injeung_vision::Cascade;
use rustix::time::{ClockId, clock_gettime};
use time::macros::{date, datetime, time};

use crate::error::EvalError;

/// A participation that learns views.
pub(crate) struct Lab {
    clock: Arc<ManualClock>,
    database: Arc<MemoryDatabase>,
    cascade: Arc<TimedCascade>,
    ports: Ports,
    policy: Policy,
    id: ParticipationId,
}

/// What happened to a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The reference recognised it.
    ByReference,
    /// A view recognised it.
    ByView,
    Rejected,
}

/// Processor time of the thread that ran the cascade.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    /// For comparisons with the reference.
    pub(crate) reference: Duration,
    /// For comparisons with views, before the response.
    pub(crate) views: Duration,
    /// For learning, after the response.
    pub(crate) learning: Duration,
}

impl Lab {
    /// A lab with a reference; `None` if that is rejected.
    ///
    /// # Errors
    /// A fault of the cascade.
    pub(crate) fn new(cascade: &Cascade, reference: Photo) -> Result<Option<Self>, EvalError> {
        let cascade = Arc::new(TimedCascade { cascade: cascade.clone(), spent: Mutex::default() });
        let clock = Arc::new(ManualClock::new(datetime!(2026-01-01 12:00 UTC)));
        let database = Arc::<MemoryDatabase>::default();
        let ports = Ports {
            clock: clock.clone(),
            extractor: cascade.clone(),
            classifier: Arc::<FixedConcepts>::default(),
            jpeg_encoder: Arc::new(JpegOnly),
            replay_detector: Arc::new(SameEnding),
            objects: Arc::<MemoryObjectStore>::default(),
            repository: database.clone(),
        };
        let group_id = GroupId::try_from(1).map_err(EvalError::chain)?;
        let id = ParticipationId::try_from(1).map_err(EvalError::chain)?;
        let zone: TimeZone = "UTC".parse().map_err(EvalError::chain)?;
        let mut policy = policy(zone.clone());
        policy.rules.learn_views = true;
        let (first, last) = (date!(2026 - 01 - 01), date!(2036 - 01 - 01));
        let schedule = Schedule::new(first, last, time!(00:00), time!(23:59:59), zone);
        let schedule = schedule.map_err(EvalError::chain)?;
        let group =
            ChallengeGroup { id: group_id, name: None, schedule, match_mode: MatchMode::Place };
        let lab = Self { clock, database, cascade, ports, policy, id };
        let command = RegisterReference { participation_id: id, photo: Ok(reference) };
        let registered = async {
            lab.database.put_group(&group).await.map_err(EvalError::chain)?;
            let put = lab.database.put_participation(id, group_id, None).await;
            put.map_err(EvalError::chain)?;
            match register_reference(&lab.ports, &lab.policy, command, lab.context()).await {
                Ok(_) => Ok(true),
                Err(RegisterReferenceError::Unverifiable(_)) => Ok(false),
                Err(error) => Err(EvalError::chain(error)),
            }
        };
        let is_registered = done(registered)??;
        *lab.cascade.spent.lock().unwrap_or_else(PoisonError::into_inner) = Spent::default();
        Ok(is_registered.then_some(lab))
    }

    /// Sends a photo, and learns from it if it is accepted.
    ///
    /// # Errors
    /// A fault of the cascade.
    pub(crate) fn send(&self, photo: Photo) -> Result<Outcome, EvalError> {
        self.clock.set(self.now() + time::Duration::HOUR);
        let content = "".parse().map_err(EvalError::chain)?;
        let command = VerifyFeature { participation_id: self.id, photo, content };
        let sent = async {
            match verify_feature(&self.ports, &self.policy, command, self.context()).await {
                Ok(verified) => {
                    let Some(lesson) = verified.lesson else { return Ok(Outcome::ByReference) };
                    let by_view = lesson.seen.view.is_some();
                    let before = self.spent();
                    learn_view(&self.ports, lesson).await.map_err(EvalError::chain)?;
                    self.cascade.was_learning(before);
                    Ok(if by_view { Outcome::ByView } else { Outcome::ByReference })
                }
                Err(VerifyFeatureError::DifferentScene(_)) => Ok(Outcome::Rejected),
                Err(error) => Err(EvalError::chain(error)),
            }
        };
        done(sent)?
    }

    /// The learned views.
    ///
    /// # Errors
    /// None in practice: the database is in memory.
    pub(crate) fn views(&self) -> Result<Vec<LearnedView>, EvalError> {
        let views = async {
            let Some(reference) = self.database.newest_reference(self.id).await? else {
                return Ok(Vec::new());
            };
            self.database.views(reference.id, &self.cascade.format()).await
        };
        done(views)?.map_err(EvalError::chain)
    }

    pub(crate) fn spent(&self) -> Spent {
        *self.cascade.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> time::OffsetDateTime {
        self.ports.clock.now()
    }

    fn context(&self) -> RequestContext {
        RequestContext::new(self.now(), Caller::Anyone)
    }
}

/// Result of a future of adapters that never wait.
fn done<T>(future: impl Future<Output = T>) -> Result<T, EvalError> {
    future.now_or_never().ok_or_else(|| EvalError::chain("an adapter in memory waits"))
}

/// The cascade on the calling thread.
struct TimedCascade {
    cascade: Cascade,
    spent: Mutex<Spent>,
}

impl TimedCascade {
    fn timed<T>(&self, of: fn(&mut Spent) -> &mut Duration, work: impl FnOnce() -> T) -> T {
        let began = thread_time();
        let result = work();
        let took = thread_time() - began;
        *of(&mut self.spent.lock().unwrap_or_else(PoisonError::into_inner)) += took;
        result
    }

    /// Counts what was spent on views and extraction since `before` as learning.
    fn was_learning(&self, before: Spent) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let learning = spent.views - before.views;
        spent.learning += learning;
        spent.views = before.views;
    }
}

#[async_trait]
impl FeatureExtractor for TimedCascade {
    fn format(&self) -> FeatureFormat {
        self.cascade.settings().format()
    }

    fn missing(&self) -> Vec<&'static str> {
        self.cascade.missing().iter().map(|tier| tier.name()).collect()
    }

    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        self.timed(|spent| &mut spent.learning, || self.cascade.extract(photo))
    }

    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
        mode: MatchMode,
    ) -> Result<Examination, VisionError> {
        let compare = || {
            let reference = self.cascade.read(reference)?;
            self.cascade.timed(&reference, &self.cascade.query(photo)?, mode)
        };
        let (detail, _) = self.timed(|spent| &mut spent.reference, compare)?;
        Ok(detail.comparison.into())
    }

    async fn compare_views(
        &self,
        views: &[ReferenceFeatures],
        photo: &Photo,
        mode: MatchMode,
        search: ViewSearch,
    ) -> Result<Vec<(usize, Examination)>, VisionError> {
        let compare =
            || self.cascade.compare_views(views, &self.cascade.query(photo)?, mode, search);
        let found = self.timed(|spent| &mut spent.views, compare)?;
        Ok(found.into_iter().map(|one| (one.place, one.detail.comparison.into())).collect())
    }
}

/// Processor time of this thread so far.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
