//! Finds the earlier photo of which a new one is a copy, and adds the new one if there is none.

use bytes::Bytes;

use crate::ports::{Acceptance, AddFeedError, VisionError};
use crate::retry::retried;
use crate::verification::Accepted;
use crate::{
    EarlierPhoto, EarlierPhotos, ExaminedPhoto, Fault, JpegPhoto, NewFeed, NewTrace, ObjectKey,
    Participation, PerceptualHash, Photo, PhotoLimits, Policy, Ports, Replay, ReplayKind,
    ReplayRule, SearchArea, TracePosition, VerificationError,
};

/// Maximum number of earlier photos whose pixels are compared.
const MAX_COMPARED: usize = 4;

/// Maximum number of look-ups of one photo. A further one is needed only if a similar photo was added in
/// the milliseconds since the last.
const MAX_LOOK_UPS: usize = 20;

/// Rejects a photo with the pixels of an earlier one before it is examined further, if the rule rejects
/// replays. It only saves work: the transaction that adds the row decides.
pub(crate) async fn reject_same_pixels(
    ports: &Ports,
    policy: &Policy,
    participation: &Participation,
    jpeg: &JpegPhoto,
) -> Result<(), VerificationError> {
    if policy.rules.replay != ReplayRule::Reject {
        return Ok(());
    }
    let area = SearchArea::new(participation, policy.rules.replay_scope);
    match same_pixels(ports, &area, jpeg.pixels_sha256()).await {
        Ok(None) => Ok(()),
        Ok(Some(replay)) => Err(VerificationError::Replayed(participation.id, replay)),
        Err(fault) => Err(VerificationError::Database(fault)),
    }
}

/// Examines a photo that passed every other check; `None` if the rule is off, or if the photo is only
/// flagged and could not be examined.
pub(crate) async fn examine(
    ports: &Ports,
    rule: ReplayRule,
    jpeg: &JpegPhoto,
) -> Result<Option<ExaminedPhoto>, VisionError> {
    match rule {
        ReplayRule::Off => Ok(None),
        ReplayRule::Reject => ports.replay_detector.examine(jpeg).await.map(Some),
        ReplayRule::Flag => match ports.replay_detector.examine(jpeg).await {
            Err(VisionError::Fault(fault)) => {
                fault.log(format_args!("examine a photo for replays"));
                Ok(None)
            }
            examined => examined.map(Some),
        },
    }
}

/// The trace of a photo that an operator accepts, who has seen what it is. Without one, later copies of it are not
/// recognised, so a fault is only logged.
pub(crate) async fn trace_without_look_up(
    ports: &Ports,
    policy: &Policy,
    participation: &Participation,
    jpeg: &JpegPhoto,
) -> Option<NewTrace> {
    let area = SearchArea::new(participation, policy.rules.replay_scope);
    match examine(ports, policy.rules.replay, jpeg).await {
        Ok(examined) => {
            examined.map(|photo| NewTrace { area, photo, until: TracePosition::MAX, replay: None })
        }
        Err(error) => {
            Fault::permanent(error).log(format_args!("examine a photo for replays"));
            None
        }
    }
}

/// The look-up of one photo.
pub(crate) struct ReplayCheck<'a> {
    ports: &'a Ports,
    rule: ReplayRule,
    area: SearchArea,
    jpeg: &'a JpegPhoto,
    /// `None` if nothing is looked up.
    examined: Option<ExaminedPhoto>,
}

impl<'a> ReplayCheck<'a> {
    /// Examines the photo.
    pub(crate) async fn of(
        ports: &'a Ports,
        policy: &Policy,
        participation: &Participation,
        jpeg: &'a JpegPhoto,
    ) -> Result<Self, VerificationError> {
        let rule = policy.rules.replay;
        let area = SearchArea::new(participation, policy.rules.replay_scope);
        let examined = examine(ports, rule, jpeg).await?;
        Ok(Self { ports, rule, area, jpeg, examined })
    }

    /// Looks the photo up and returns the trace to add with it; `None` without a look-up.
    ///
    /// # Errors
    /// [`VerificationError::Replayed`] if the rule rejects replays, and faults. A fault of a look-up that can
    /// only flag the photo is logged.
    pub(crate) async fn trace(&self) -> Result<Option<NewTrace>, VerificationError> {
        let Some(examined) = &self.examined else { return Ok(None) };
        match (self.looked_up(examined).await, self.rule) {
            (Ok(NewTrace { replay: Some(replay), .. }), ReplayRule::Reject) => {
                Err(VerificationError::Replayed(self.area.participation_id, replay))
            }
            (
                Err(
                    VerificationError::Vision(fault)
                    | VerificationError::Objects(fault)
                    | VerificationError::Database(fault),
                ),
                ReplayRule::Flag,
            ) => {
                let id = self.area.participation_id;
                fault.log(format_args!("look for replays of participation {id}"));
                Ok(None)
            }
            (looked_up, _) => looked_up.map(Some),
        }
    }

    /// Adds the row of the photo with its trace. Photos that were added since the look-up are examined first. If
    /// there are always new ones, a photo that can only be flagged is added without a trace.
    pub(crate) async fn add(
        &self,
        mut feed: NewFeed,
        acceptance: &Acceptance,
    ) -> Result<Accepted, VerificationError> {
        use VerificationError as Error;

        for look_up in 1.. {
            let replay = feed.trace.as_ref().and_then(|trace| trace.replay.clone());
            match self.ports.repository.add_feed(feed.clone(), acceptance).await {
                Ok(feed_id) => return Ok(Accepted { feed_id, replay }),
                Err(AddFeedError::DayTaken) => return Err(Error::DayTaken(feed.participation_id)),
                Err(AddFeedError::Fault(fault)) => return Err(Error::Database(fault)),
                Err(AddFeedError::NewerPhotos) if look_up < MAX_LOOK_UPS => {
                    feed.trace = self.trace().await?;
                }
                Err(AddFeedError::NewerPhotos)
                    if feed.trace.is_some() && self.rule == ReplayRule::Flag =>
                {
                    feed.trace = None;
                }
                Err(AddFeedError::NewerPhotos) => break,
            }
        }
        Err(Error::Database(Fault::transient("look a photo up before others are added")))
    }

    async fn looked_up(&self, examined: &ExaminedPhoto) -> Result<NewTrace, VerificationError> {
        use VerificationError as Error;

        let Self { ports, area, .. } = self;
        let find = || ports.repository.earlier_photos(area, examined);
        let earlier = retried(&*ports.clock, find).await.map_err(Error::Database)?;
        let mut trace =
            NewTrace { area: *area, photo: examined.clone(), until: earlier.until, replay: None };
        // Looked up after `until` was read, so that the transaction finds what this does not.
        let same = same_pixels(ports, area, &examined.trace.pixels_sha256).await;
        trace.replay = same.map_err(Error::Database)?;
        if trace.replay.is_none() {
            let chosen = to_compare(ports, examined, earlier).await.map_err(Error::Vision)?;
            for EarlierPhoto { image_url, .. } in chosen {
                if self.is_copy(&image_url).await? {
                    let kind = ReplayKind::NearCopy;
                    trace.replay = Some(Replay { kind, earlier: image_url });
                    break;
                }
            }
        }
        Ok(trace)
    }

    /// Compares the pixels with a stored photo's. One that is gone or cannot be read is no original.
    async fn is_copy(&self, image_url: &str) -> Result<bool, VerificationError> {
        let Self { ports, jpeg, .. } = self;
        let Ok(key) = ObjectKey::from_url(image_url) else { return Ok(false) };
        let get = || ports.objects.get(&key);
        let object = retried(&*ports.clock, get).await.map_err(VerificationError::Objects)?;
        match object.map(|object| Photo::parse(object, &PhotoLimits::NONE)) {
            Some(Ok(stored)) => {
                let is_copy = ports.replay_detector.is_copy(jpeg.photo(), &stored).await;
                is_copy.map_err(VerificationError::Vision)
            }
            None | Some(Err(_)) => {
                tracing::warn!(%key, "a photo to compare with is missing or unreadable");
                Ok(false)
            }
        }
    }
}

async fn same_pixels(
    ports: &Ports,
    area: &SearchArea,
    pixels_sha256: &[u8; 32],
) -> Result<Option<Replay>, Fault> {
    let find = || ports.repository.find_same_pixels(area, pixels_sha256);
    let found = retried(&*ports.clock, find).await?;
    Ok(found.map(|earlier| Replay { kind: ReplayKind::SamePixels, earlier }))
}

/// The photos whose pixels are compared: some of the participation's own with similar points, then those with
/// near hashes, the nearest first.
async fn to_compare(
    ports: &Ports,
    examined: &ExaminedPhoto,
    earlier: EarlierPhotos,
) -> Result<Vec<EarlierPhoto>, Fault> {
    let EarlierPhotos { own, near, .. } = earlier;
    let points: Vec<Bytes> = own.iter().map(|photo| photo.trace.points.clone()).collect();
    let similar = match points.as_slice() {
        [] => Vec::new(),
        points => ports.replay_detector.similar(examined, points).await?,
    };
    let by_points = similar.into_iter().filter_map(|place| own.get(place));
    let distance = |photo: &EarlierPhoto| {
        photo.trace.hash.as_ref().map_or(u32::MAX, |hash| examined.distance(hash))
    };
    let mut by_hash: Vec<_> = own.iter().chain(&near).collect();
    by_hash.retain(|photo| distance(photo) <= PerceptualHash::MAX_DISTANCE);
    by_hash.sort_by_key(|photo| distance(photo));
    let mut chosen: Vec<EarlierPhoto> = Vec::new();
    for photo in by_points.take(MAX_COMPARED / 2).chain(by_hash) {
        if chosen.len() < MAX_COMPARED && chosen.iter().all(|one| one.position != photo.position) {
            chosen.push(photo.clone());
        }
    }
    Ok(chosen)
}
