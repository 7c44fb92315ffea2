//! The transactions that add the row of a stored photo. The last step of each commits the photo's acceptance.

use diesel::QueryResult;
use injeung_domain::ports::{Acceptance, AddFeedError, ReviewError};
use injeung_domain::{
    AttemptId, Fault, FeedId, NewAttempt, NewFeed, NewReference, NewReview, NewTrace, ReferenceId,
    ReviewChange,
};

use super::{
    Connection, attempts, days, feeds, references, request_keys, reservations, reviews, traces,
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
    let id = references::add(connection, reference).await?;
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
    let (image_url, trace) = (feed.image_url.clone(), feed.trace.clone());
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
    Ok(match settle(connection, acceptance).await? {
        Ok(()) => End::Commit(feeds::feed_id(id).map_err(AddFeedError::from)),
        Err(fault) => End::Rollback(Err(fault.into())),
    })
}

/// A record whose rejected photo is kept.
pub(super) async fn attempt(
    connection: &mut Connection,
    attempt: NewAttempt,
    acceptance: &Acceptance,
) -> QueryResult<End<Result<AttemptId, Fault>>> {
    let id = attempts::add(connection, attempt).await?;
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
) -> QueryResult<End<Result<Option<FeedId>, ReviewError>>> {
    let acceptance = match &change {
        ReviewChange::Accept { acceptance, .. } => Some(acceptance.clone()),
        ReviewChange::Confirm | ReviewChange::Reopen | ReviewChange::Withdraw { .. } => None,
    };
    let end = reviews::add(connection, review, change).await?;
    let (End::Commit(_), Some(acceptance)) = (&end, &acceptance) else { return Ok(end) };
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
