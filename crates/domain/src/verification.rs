//! The flow of every verification: look up, admit, verify, store, add the row.

use time::Duration;

use crate::acceptance::{self, AcceptedPhoto, StoreError};
use crate::admission::{self, release_attempt};
use crate::ports::{Acceptance, AddFeedError, VisionError};
use crate::retry::retried;
use crate::{
    Fault, FeedContent, FeedId, NewFeed, ParticipationId, Photo, PhotoError, PhotoKind, Policy,
    Ports, RequestContext,
};

/// Why a photo was not accepted, for the reasons that all verifications share.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The photo cannot be used.
    #[error("read the photo: {0}")]
    Photo(#[source] PhotoError),
    /// There is no such participation.
    #[error("find participation {0}: there is none")]
    UnknownParticipation(ParticipationId),
    /// The request came outside the challenge's dates or its daily window.
    #[error("accept a photo of participation {0} outside its window")]
    OutsideWindow(ParticipationId),
    /// The window takes one photo of a participation and already has it.
    #[error("accept another photo of participation {0} in its window")]
    DayTaken(ParticipationId),
    /// The window takes no more attempts.
    #[error("verify another photo of participation {participation_id} in its window")]
    TooManyAttempts {
        /// The participation whose attempts are used up.
        participation_id: ParticipationId,
        /// Time until the window ends.
        retry_after: Duration,
    },
    /// The photo could not be examined or encoded.
    #[error("examine the photo: {0}")]
    Vision(#[source] Fault),
    /// The photo could not be stored, or the reference photo not be read.
    #[error("reach the object store: {0}")]
    Objects(#[source] Fault),
    /// The database failed; nothing was accepted.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// What a use case's own error has to tell the shared flow.
pub(crate) trait UseCaseError: From<VerificationError> {
    /// Whether something failed for which the participant is not responsible.
    fn is_fault(&self) -> bool;
}

/// A photo with what was sent along.
pub(crate) struct Submission {
    pub(crate) kind: PhotoKind,
    pub(crate) participation_id: ParticipationId,
    pub(crate) photo: Photo,
    pub(crate) content: FeedContent,
}

/// Accepts a photo in time that `verify` accepts, and returns its row with what `verify` returned.
///
/// `look_up` gets what the photo is verified against, before the window is checked. `verify` is the
/// only step that examines the photo.
///
/// # Errors
/// In the order of the steps. A fault releases the attempt that was counted.
pub(crate) async fn accept<S, P, E: UseCaseError>(
    ports: &Ports,
    policy: &Policy,
    submission: Submission,
    request: RequestContext,
    look_up: impl AsyncFnOnce() -> Result<S, E>,
    verify: impl AsyncFnOnce(S, &Photo) -> Result<P, E>,
) -> Result<(FeedId, P), E> {
    use VerificationError as Error;

    let Submission { kind, participation_id, photo, content } = submission;
    let find = || ports.repository.find_participation(participation_id);
    let participation = retried(&*ports.clock, find).await.map_err(Error::Database)?;
    let participation = participation.ok_or(Error::UnknownParticipation(participation_id))?;
    let subject = look_up().await?;
    let created_at = request.received_at;
    let day = admission::admit(ports, policy, &participation, created_at).await?;

    let accepted = async {
        let proof = verify(subject, &photo).await?;
        let jpeg = ports.jpeg_encoder.encode(&photo).await.map_err(Error::from)?;
        let only_one_of_its_day = policy.rules.once_per_day;
        let add_row = async |image_url, acceptance: &Acceptance| {
            let feed = NewFeed {
                participation_id,
                created_at,
                day,
                only_one_of_its_day,
                image_url,
                content,
            };
            ports.repository.add_feed(feed, acceptance).await.map_err(|error| match error {
                AddFeedError::DayTaken => Error::DayTaken(participation_id),
                AddFeedError::Fault(fault) => Error::Database(fault),
            })
        };
        let photo = AcceptedPhoto { kind, participation_id, jpeg };
        let feed_id = acceptance::store(ports, policy, photo, request, add_row).await?;
        Ok((feed_id, proof))
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
            | Self::OutsideWindow(_)
            | Self::DayTaken(_)
            | Self::TooManyAttempts { .. } => false,
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
