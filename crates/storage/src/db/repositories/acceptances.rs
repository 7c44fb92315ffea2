//! The transactions that add the row of a stored photo. The last step of each commits the photo's acceptance.

use diesel::QueryResult;
use injeung_domain::ports::{Acceptance, AddFeedError, ReviewError};
use injeung_domain::{
    AttemptId, EventKind, Fault, FeedId, NewAttempt, NewFeed, NewMessage, NewReference, NewReview,
    NewTrace, ReferenceId, ReviewChange,
};

use super::{
    Connection, attempts, days, feeds, messages, references, request_keys, reservations, reviews,
    traces,
};
use crate::db::work::End;

/// A reference with its features and its trace.
pub(super) async fn reference(
    connection: &mut Connection,
    reference: NewReference,
    acceptance: &Acceptance,
) -> QueryResult<End<Result<ReferenceId, Fault>>> {
    if let Some((area, trace)) = &reference.trace {
        traces::lock(connection, area).await?;
        traces::add(connection, area, &reference.image_url, trace, None).await?;
    }
    let message = reference.message.clone();
    let id = references::add(connection, reference).await?;
    messages::add(connection, message).await?;
    Ok(match settle(connection, acceptance).await? {
        Ok(()) => End::Commit(id),
        Err(fault) => End::Rollback(Err(fault)),
    })
}

/// A row of the feed with its trace.
pub(super) async fn feed(
    connection: &mut Connection,
    feed: NewFeed,
    acceptance: &Acceptance,
) -> QueryResult<End<Result<FeedId, AddFeedError>>> {
    let (participation_id, day) = (feed.participation_id, feed.day);
    let only_one_of_its_day = feed.only_one_of_its_day;
    let (image_url, trace, message) =
        (feed.image_url.clone(), feed.trace.clone(), feed.message.clone());
    if let Some(trace) = &trace {
        traces::lock(connection, &trace.area).await?;
    }
    let id = feeds::add(connection, feed).await?;
    let is_first = days::mark(connection, participation_id, day, id).await?;
    if only_one_of_its_day && !is_first {
        return Ok(End::Rollback(Err(AddFeedError::DayTaken)));
    }
    if let Some(trace) = &trace {
        if traces::has_newer(connection, trace).await? {
            return Ok(End::Rollback(Err(AddFeedError::NewerPhotos)));
        }
        let NewTrace { area, photo, replay, .. } = trace;
        traces::add(connection, area, &image_url, &photo.trace, replay.as_ref()).await?;
    }
    messages::add(connection, message).await?;
    Ok(match settle(connection, acceptance).await? {
        Ok(()) => End::Commit(feeds::feed_id(id).map_err(AddFeedError::from)),
        Err(fault) => End::Rollback(Err(fault.into())),
    })
}

/// A record, with its rejected photo if that is kept.
pub(super) async fn attempt(
    connection: &mut Connection,
    attempt: NewAttempt,
    message: Option<NewMessage>,
    acceptance: Option<&Acceptance>,
) -> QueryResult<End<Result<AttemptId, Fault>>> {
    let id = attempts::add(connection, attempt).await?;
    messages::add(connection, message).await?;
    let Some(acceptance) = acceptance else { return Ok(End::Commit(id)) };
    Ok(match settle(connection, acceptance).await? {
        Ok(()) => End::Commit(id),
        Err(fault) => End::Rollback(Err(fault)),
    })
}

/// A decision of an operator, with the row that it adds or removes.
pub(super) async fn review(
    connection: &mut Connection,
    review: &NewReview,
    change: ReviewChange,
    mut messages: Vec<NewMessage>,
) -> QueryResult<End<Result<Option<FeedId>, ReviewError>>> {
    let acceptance = match &change {
        ReviewChange::Accept { acceptance, .. } => Some(acceptance.clone()),
        ReviewChange::Confirm | ReviewChange::Reopen | ReviewChange::Withdraw { .. } => None,
    };
    let end = reviews::add(connection, review, change).await?;
    if let End::Rollback(_) = end {
        return Ok(end);
    }
    // The attempt is locked by its change, so no appeal can be filed any more.
    if !attempts::has_appeal(connection, review.attempt_id).await? {
        messages.retain(|message| message.event != EventKind::AppealClosed);
    }
    messages::add(connection, messages).await?;
    let Some(acceptance) = &acceptance else { return Ok(end) };
    Ok(match settle(connection, acceptance).await? {
        Ok(()) => end,
        Err(fault) => End::Rollback(Err(fault.into())),
    })
}

/// Commits an acceptance as the last step of the transaction that adds its row.
///
/// # Errors
/// The inner error means that the acceptance is no longer valid; the transaction must be rolled
/// back.
async fn settle(
    connection: &mut Connection,
    acceptance: &Acceptance,
) -> QueryResult<Result<(), Fault>> {
    let Acceptance { key, claim } = acceptance;
    if let Some(claim) = claim
        && !request_keys::answer(connection, claim).await?
    {
        return Ok(Err(Fault::transient("answer the request key: another request claimed it")));
    }
    if !reservations::clear(connection, key).await? {
        return Ok(Err(Fault::permanent(format!(
            "add the row of object {key}: its reservation is gone"
        ))));
    }
    Ok(Ok(()))
}
