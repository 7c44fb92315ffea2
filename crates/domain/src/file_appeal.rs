//! Appeals of participants against rejections.

use time::OffsetDateTime;

use crate::{
    Appeal, Attempt, AttemptId, AttemptQuery, Caller, Fault, FeedContent, Participation,
    ParticipationId, Ports,
};

/// Request of a participant for a review of a rejected photo.
#[derive(Debug, Clone)]
pub struct FileAppeal {
    /// The participation that sent the photo.
    pub participation_id: ParticipationId,
    /// Id of the request that was rejected.
    pub request_id: String,
    /// What the participant writes to the operator; may be empty.
    pub text: FeedContent,
}

/// Why there is no appeal.
#[derive(Debug, thiserror::Error)]
pub enum AppealError {
    /// The participation does not exist.
    #[error("find participation {0}: there is none")]
    UnknownParticipation(ParticipationId),
    /// The participation belongs to another participant.
    #[error("act for participation {0}: it belongs to another user")]
    NotOwner(ParticipationId),
    /// The participation has no attempt of the request, or that has no appeal yet.
    #[error("find the appeal of a request of participation {0}: there is none")]
    Unknown(ParticipationId),
    /// An operator cannot decide about the attempt: it was not rejected, its photo is not kept, or it is decided.
    #[error("appeal against attempt {0}: no operator can decide about it")]
    NotReviewable(AttemptId),
    /// The day of the attempt is over.
    #[error("appeal against attempt {0}: its day is over")]
    TooLate(AttemptId),
    /// The database failed.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Files an appeal against a rejection, on its day: until midnight in the group's time zone, or until the end of the
/// attempt's window. Returns the attempt; the first appeal stays, however often it is filed.
///
/// # Errors
/// In the order of [`AppealError`]'s variants.
pub async fn file_appeal(
    ports: &Ports,
    command: FileAppeal,
    caller: &Caller,
    now: OffsetDateTime,
) -> Result<Attempt, AppealError> {
    use AppealError as Error;

    let FileAppeal { participation_id, request_id, text } = command;
    let participation = owned(ports, participation_id, caller).await?;
    let attempt = attempt_of(ports, participation_id, request_id).await?;
    if attempt.appeal.is_some() {
        return Ok(attempt);
    }
    if !attempt.is_reviewable() || attempt.review.is_some() {
        return Err(Error::NotReviewable(attempt.id));
    }
    if !is_same_day(&participation, attempt.record.created_at, now) {
        return Err(Error::TooLate(attempt.id));
    }
    let appeal = Appeal { filed_at: now, text };
    let filed = ports.repository.file_appeal(attempt.id, &appeal).await.map_err(Error::Database)?;
    let found = ports.repository.find_attempt(attempt.id).await.map_err(Error::Database)?;
    let attempt = found.ok_or(Error::Unknown(participation_id))?;
    // A concurrent request can have filed it.
    if filed || attempt.appeal.is_some() {
        Ok(attempt)
    } else {
        Err(Error::NotReviewable(attempt.id))
    }
}

/// Returns the attempt of a request with an appeal.
///
/// # Errors
/// In the order of [`AppealError`]'s variants.
pub async fn find_appeal(
    ports: &Ports,
    participation_id: ParticipationId,
    request_id: String,
    caller: &Caller,
) -> Result<Attempt, AppealError> {
    owned(ports, participation_id, caller).await?;
    let attempt = attempt_of(ports, participation_id, request_id).await?;
    if attempt.appeal.is_some() { Ok(attempt) } else { Err(AppealError::Unknown(participation_id)) }
}

async fn owned(
    ports: &Ports,
    id: ParticipationId,
    caller: &Caller,
) -> Result<Participation, AppealError> {
    let found = ports.repository.find_participation(id).await.map_err(AppealError::Database)?;
    let participation = found.ok_or(AppealError::UnknownParticipation(id))?;
    if caller.may_act_for(&participation) {
        Ok(participation)
    } else {
        Err(AppealError::NotOwner(id))
    }
}

/// The newest attempt of a request. A client can send several requests under one id of its own.
async fn attempt_of(
    ports: &Ports,
    participation_id: ParticipationId,
    request_id: String,
) -> Result<Attempt, AppealError> {
    let query = AttemptQuery {
        participation_id: Some(participation_id),
        request_id: Some(request_id),
        limit: 1,
        ..AttemptQuery::default()
    };
    let found = ports.repository.attempts(&query).await.map_err(AppealError::Database)?;
    found.into_iter().next().ok_or(AppealError::Unknown(participation_id))
}

fn is_same_day(participation: &Participation, then: OffsetDateTime, now: OffsetDateTime) -> bool {
    let schedule = &participation.group.schedule;
    let day = |at| schedule.time_zone().local(at).date();
    let window = |at| schedule.open_window(at);
    day(then) == day(now) || window(now).is_some_and(|open| Some(open) == window(then))
}
