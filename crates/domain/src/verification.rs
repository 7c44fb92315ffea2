//! Shared flow of the verifications: look up, admit, verify, store, add the row.

use time::Duration;

use crate::acceptance::{self, AcceptedPhoto, StoreError};
use crate::admission::{self, release_attempt};
use crate::ports::{Acceptance, VisionError};
use crate::replay_check::{self, ReplayCheck};
use crate::retry::retried;
use crate::{
    AttemptKind, AttemptOutcome, ChallengeGroup, EventKind, Fault, FeedContent, FeedId, NewFeed,
    NewMessage, ParticipationId, Photo, PhotoError, PhotoFlag, Policy, Ports, Replay,
    RequestContext, Stage,
};

/// Reasons for not accepting a photo that all verifications share.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The photo is unusable.
    #[error("read the photo: {0}")]
    Photo(#[source] PhotoError),
    /// The participation does not exist.
    #[error("find participation {0}: there is none")]
    UnknownParticipation(ParticipationId),
    /// The participation belongs to another participant.
    #[error("act for participation {0}: it belongs to another user")]
    NotOwner(ParticipationId),
    /// The request arrived outside the challenge's dates or its daily window.
    #[error("accept a photo of participation {0} outside its window")]
    OutsideWindow(ParticipationId),
    /// The window accepts one photo of the participation and already has it.
    #[error("accept a photo of participation {0}: its window already has one")]
    DayTaken(ParticipationId),
    /// The window accepts no more attempts.
    #[error(
        "verify a photo of participation {participation_id}: its window has the maximum number of attempts"
    )]
    TooManyAttempts {
        /// The participation that used up its attempts.
        participation_id: ParticipationId,
        /// Time until the window ends.
        retry_after: Duration,
    },
    /// The photo was sent before.
    #[error("accept a photo of participation {0}: it is a copy of {earlier}", earlier = .1.earlier)]
    Replayed(ParticipationId, Replay),
    /// The photo could not be examined or encoded.
    #[error("examine the photo: {0}")]
    Vision(#[source] Fault),
    /// The photo could not be stored, or the reference photo could not be read.
    #[error("reach the object store: {0}")]
    Objects(#[source] Fault),
    /// The database failed; nothing was accepted.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Properties of a use case's error that the shared flow needs.
pub(crate) trait UseCaseError: From<VerificationError> {
    /// Whether the cause is a failure and not the photo or the request.
    fn is_fault(&self) -> bool;
}

/// A photo with the other fields of its request.
pub(crate) struct Submission {
    pub(crate) kind: AttemptKind,
    pub(crate) participation_id: ParticipationId,
    pub(crate) photo: Photo,
    pub(crate) content: FeedContent,
}

/// A photo whose row was added.
pub(crate) struct Accepted {
    pub(crate) feed_id: FeedId,
    /// The earlier photo that was sent again, if the rule accepts replays.
    pub(crate) replay: Option<Replay>,
}

/// Accepts a photo if it arrived in time, `verify` accepts it, and it was not sent before. Returns its row
/// and the result of `verify`.
///
/// The look-up of the same pixels is cheap and comes first. A near copy is looked for last, so that only
/// photos that would be accepted cost its time.
///
/// `look_up` reads what the photo is verified against, before the window is checked. `verify` gets
/// the JPEG that will be stored, so a PNG or WebP is decoded once.
///
/// # Errors
/// In the order of the steps. A fault releases the counted attempt.
pub(crate) async fn accept<S, P, E: UseCaseError>(
    ports: &Ports,
    policy: &Policy,
    submission: Submission,
    request: RequestContext,
    look_up: impl AsyncFnOnce() -> Result<S, E>,
    verify: impl AsyncFnOnce(S, &ChallengeGroup, &Photo) -> Result<P, E>,
) -> Result<(Accepted, P), E> {
    use VerificationError as Error;

    let Submission { kind, participation_id, photo, content } = submission;
    let collector = request.collector.clone();
    let mut stages = collector.stages(&*ports.clock);
    stages.begin(Stage::Admit);
    let find = || ports.repository.find_participation(participation_id);
    let participation = retried(&*ports.clock, find).await.map_err(Error::Database)?;
    let participation = participation.ok_or(Error::UnknownParticipation(participation_id))?;
    if !request.caller.may_act_for(&participation) {
        return Err(Error::NotOwner(participation_id).into());
    }
    let subject = look_up().await?;
    let created_at = request.received_at;
    let day = admission::admit(ports, policy, &participation, created_at).await?;
    let zone = participation.group.schedule.time_zone();
    let flags = PhotoFlag::of_capture(photo.capture(), created_at, zone);
    collector.found(|evidence| evidence.flags = flags);

    let accepted = async {
        stages.begin(Stage::Encode);
        let jpeg = ports.jpeg_encoder.encode(&photo).await.map_err(Error::from)?;
        collector.found(|evidence| evidence.photo = Some(jpeg.clone()));
        stages.begin(Stage::Examine);
        replay_check::reject_same_pixels(ports, policy, &participation, &jpeg).await?;
        let proof = verify(subject, &participation.group, jpeg.photo()).await?;
        let check = ReplayCheck::of(ports, policy, &participation, &jpeg).await?;
        let trace = check.trace().await?;
        stages.begin(Stage::Store);
        let only_one_of_its_day = policy.rules.once_per_day;
        let add_row = async |image_url: String, acceptance: &Acceptance| {
            collector.found(|evidence| evidence.image_url = Some(image_url.clone()));
            let message = policy.reported(NewMessage {
                event: EventKind::PhotoAccepted,
                occurred_at: created_at,
                participation_id,
                request_id: collector.request_id().to_owned(),
                kind: Some(kind),
                outcome: Some(AttemptOutcome::Accepted),
                errcode: None,
                image_url: Some(image_url.clone()),
            });
            let feed = NewFeed {
                participation_id,
                created_at,
                day,
                only_one_of_its_day,
                image_url,
                content,
                trace,
                message,
            };
            check.add(feed, acceptance).await
        };
        let photo = AcceptedPhoto { kind: kind.photo_kind(), participation_id, jpeg: jpeg.clone() };
        let accepted = acceptance::store(ports, policy, photo, request, add_row).await?;
        Ok((accepted, proof))
    };
    let accepted: Result<_, E> = accepted.await;
    if accepted.as_ref().is_err_and(UseCaseError::is_fault) {
        release_attempt(ports, policy, participation_id, day).await;
    }
    accepted
}

impl UseCaseError for VerificationError {
    fn is_fault(&self) -> bool {
        match self {
            Self::Vision(_) | Self::Objects(_) | Self::Database(_) => true,
            Self::Photo(_)
            | Self::UnknownParticipation(_)
            | Self::NotOwner(_)
            | Self::OutsideWindow(_)
            | Self::DayTaken(_)
            | Self::TooManyAttempts { .. }
            | Self::Replayed(..) => false,
        }
    }
}

impl From<VisionError> for VerificationError {
    fn from(error: VisionError) -> Self {
        match error {
            VisionError::Photo(error) => Self::Photo(error),
            VisionError::Fault(fault) => Self::Vision(fault),
        }
    }
}

impl From<StoreError> for VerificationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Objects(fault) => Self::Objects(fault),
            StoreError::Database(fault) => Self::Database(fault),
        }
    }
}
