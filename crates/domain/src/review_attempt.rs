//! Decisions of operators about rejected photos.

use time::OffsetDateTime;

use crate::acceptance::{self, AcceptedPhoto, StoreError};
use crate::ports::{Acceptance, ReviewError};
use crate::replay_check;
use crate::{
    Attempt, AttemptId, AttemptOutcome, Caller, EventKind, Fault, FeedId, JpegPhoto, NewFeed,
    NewMessage, NewReview, ObjectKey, Policy, Ports, RequestContext, ReviewChange, ReviewDecision,
    ReviewReason, ReviewState,
};

/// Command of an operator.
#[derive(Debug, Clone)]
pub struct ReviewAttempt {
    /// The attempt to decide about.
    pub attempt_id: AttemptId,
    /// What to do.
    pub decision: ReviewDecision,
    /// Why; one of [`ReviewDecision::reasons`].
    pub reason: ReviewReason,
    /// Who decides.
    pub operator: String,
}

/// Why a decision was not carried out; nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ReviewAttemptError {
    /// The attempt does not exist.
    #[error("find attempt {0}: there is none")]
    UnknownAttempt(AttemptId),
    /// The reason is none of the decision's.
    #[error("decide for the reason {:?}: it is none of the decision's", .0.name())]
    OtherReason(ReviewReason),
    /// The attempt is in a state without this decision: accepted by the service, already decided, or
    /// not decided.
    #[error("decide about attempt {0} in its state")]
    OtherState(AttemptId),
    /// The photo is not kept any more.
    #[error("find the photo of attempt {0}: it is not kept")]
    NoPhoto(AttemptId),
    /// The decision to undo is not of today.
    #[error("undo the decision about attempt {0}: it is not of today")]
    TooLate(AttemptId),
    /// The participation or its window of that time does not exist any more.
    #[error("find the window of attempt {0}: there is none")]
    NoWindow(AttemptId),
    /// The window accepts one photo and has it.
    #[error("accept the photo of attempt {0}: its window already has one")]
    DayTaken(AttemptId),
    /// The photo could not be read or stored.
    #[error("reach the object store: {0}")]
    Objects(#[source] Fault),
    /// The database failed.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Carries out a decision of an operator and logs it. Returns the feed row that it added or removed.
///
/// An accepted photo gets the row and the object that the service would have added, at the time of its
/// request, by the same acceptance. A decision can be undone on the day on which it was made, in the
/// service's time zone.
///
/// # Errors
/// [`ReviewAttemptError`]; nothing changed then.
pub async fn review_attempt(
    ports: &Ports,
    policy: &Policy,
    command: ReviewAttempt,
) -> Result<Option<FeedId>, ReviewAttemptError> {
    use ReviewAttemptError as Error;

    let ReviewAttempt { attempt_id, decision, reason, operator } = command;
    if !decision.reasons().contains(&reason) {
        return Err(Error::OtherReason(reason));
    }
    let found = ports.repository.find_attempt(attempt_id).await.map_err(Error::Database)?;
    let attempt = found.ok_or(Error::UnknownAttempt(attempt_id))?;
    let review = NewReview {
        attempt_id,
        participation_id: attempt.record.participation_id,
        reviewed_at: ports.clock.now(),
        operator,
        before: attempt.review,
        reason,
        model: attempt.record.model.clone(),
    };
    match (decision, attempt.review) {
        (ReviewDecision::Accept, None) if attempt.is_reviewable() => {
            accept(ports, policy, &attempt, review).await
        }
        (ReviewDecision::Confirm, None) if attempt.is_reviewable() => {
            let messages = closed_appeal(policy, &attempt, &review, AttemptOutcome::Rejected);
            apply(ports, review, ReviewChange::Confirm, messages).await
        }
        (ReviewDecision::Undo, Some(state)) => {
            let change = undoing(ports, policy, &attempt, state, review.reviewed_at).await?;
            let messages = match state {
                ReviewState::Accepted => override_of(policy, &attempt, &review, None),
                ReviewState::Confirmed => Vec::new(),
            };
            apply(ports, review, change, messages).await
        }
        (ReviewDecision::Accept | ReviewDecision::Confirm | ReviewDecision::Undo, _) => {
            Err(Error::OtherState(attempt_id))
        }
    }
}

async fn apply(
    ports: &Ports,
    review: NewReview,
    change: ReviewChange,
    messages: Vec<NewMessage>,
) -> Result<Option<FeedId>, ReviewAttemptError> {
    let id = review.attempt_id;
    let reviewed = ports.repository.review_attempt(review, change, messages).await;
    reviewed.map_err(|error| refused(error, id))
}

/// The message that the verdict about a photo changed: to accepted with the URL of the new row, to rejected without.
fn override_of(
    policy: &Policy,
    attempt: &Attempt,
    review: &NewReview,
    image_url: Option<String>,
) -> Vec<NewMessage> {
    let outcome =
        if image_url.is_some() { AttemptOutcome::Accepted } else { AttemptOutcome::Rejected };
    let message = message(EventKind::PhotoOverridden, attempt, review, outcome);
    policy.reported(NewMessage { image_url, ..message }).into_iter().collect()
}

/// The message that an appeal was closed, which is queued if there is one.
fn closed_appeal(
    policy: &Policy,
    attempt: &Attempt,
    review: &NewReview,
    outcome: AttemptOutcome,
) -> Vec<NewMessage> {
    let message = message(EventKind::AppealClosed, attempt, review, outcome);
    policy.reported(message).into_iter().collect()
}

fn message(
    event: EventKind,
    attempt: &Attempt,
    review: &NewReview,
    outcome: AttemptOutcome,
) -> NewMessage {
    NewMessage {
        event,
        occurred_at: review.reviewed_at,
        participation_id: review.participation_id,
        request_id: attempt.record.request_id.clone(),
        kind: Some(attempt.record.kind),
        outcome: Some(outcome),
        errcode: attempt.record.errcode.filter(|_| outcome == AttemptOutcome::Rejected),
        image_url: None,
    }
}

fn refused(error: ReviewError, id: AttemptId) -> ReviewAttemptError {
    match error {
        ReviewError::OtherState => ReviewAttemptError::OtherState(id),
        ReviewError::DayTaken => ReviewAttemptError::DayTaken(id),
        ReviewError::Fault(fault) => ReviewAttemptError::Database(fault),
    }
}

/// Stores the kept photo under the name that it would have got, and adds its row.
async fn accept(
    ports: &Ports,
    policy: &Policy,
    attempt: &Attempt,
    review: NewReview,
) -> Result<Option<FeedId>, ReviewAttemptError> {
    use ReviewAttemptError as Error;

    let (id, record) = (attempt.id, &attempt.record);
    let participation_id = record.participation_id;
    let found = ports.repository.find_participation(participation_id).await;
    let participation = found.map_err(Error::Database)?.ok_or(Error::NoWindow(id))?;
    let day = participation.group.schedule.open_window(record.created_at);
    let day = day.ok_or(Error::NoWindow(id))?;
    let jpeg = kept_photo(ports, attempt).await?;
    let trace = replay_check::trace_without_look_up(ports, policy, &participation, &jpeg).await;
    let add_row = async |image_url: String, acceptance: &Acceptance| {
        let mut messages = override_of(policy, attempt, &review, Some(image_url.clone()));
        messages.extend(closed_appeal(policy, attempt, &review, AttemptOutcome::Accepted));
        let feed = NewFeed {
            participation_id,
            created_at: record.created_at,
            day,
            only_one_of_its_day: policy.rules.once_per_day,
            image_url,
            content: record.content.clone(),
            trace,
            // An override is another event than an accepted photo.
            message: None,
        };
        let change = ReviewChange::Accept { feed: Box::new(feed), acceptance: acceptance.clone() };
        apply(ports, review, change, messages).await
    };
    let photo = AcceptedPhoto { kind: record.kind.photo_kind(), participation_id, jpeg };
    let request = RequestContext::new(record.created_at, Caller::Anyone);
    acceptance::store(ports, policy, photo, request, add_row).await
}

async fn kept_photo(ports: &Ports, attempt: &Attempt) -> Result<JpegPhoto, ReviewAttemptError> {
    use ReviewAttemptError as Error;

    let none = || Error::NoPhoto(attempt.id);
    let key = attempt.record.photo_url.as_deref().map(ObjectKey::from_url);
    let key = key.and_then(Result::ok).ok_or_else(none)?;
    let bytes = ports.objects.get(&key).await.map_err(Error::Objects)?.ok_or_else(none)?;
    JpegPhoto::from_encoder(bytes).map_err(|error| {
        Error::Objects(Fault::permanent(format!("read kept photo {key}: {error}")))
    })
}

/// The change that undoes the decision in force, if it was made on the day of `now`.
async fn undoing(
    ports: &Ports,
    policy: &Policy,
    attempt: &Attempt,
    state: ReviewState,
    now: OffsetDateTime,
) -> Result<ReviewChange, ReviewAttemptError> {
    use ReviewAttemptError as Error;

    let id = attempt.id;
    let log = ports.repository.reviews(Some(id), 1).await.map_err(Error::Database)?;
    let last = log.into_iter().next().ok_or(Error::OtherState(id))?;
    let day = |at| policy.time_zone.local(at).date();
    if day(last.review.reviewed_at) != day(now) {
        return Err(Error::TooLate(id));
    }
    match (state, last.feed_id, attempt.record.photo_sha256) {
        (ReviewState::Confirmed, ..) => Ok(ReviewChange::Reopen),
        (ReviewState::Accepted, Some(feed_id), Some(content_sha256)) => {
            Ok(ReviewChange::Withdraw { feed_id, content_sha256 })
        }
        (ReviewState::Accepted, ..) => Err(Error::OtherState(id)),
    }
}

impl From<StoreError> for ReviewAttemptError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Objects(fault) => Self::Objects(fault),
            StoreError::Database(fault) => Self::Database(fault),
        }
    }
}
