use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::ports::ReviewError;
use injeung_domain::{
    AttemptId, Fault, FeedId, NewReview, NewTrace, ObjectKey, ReviewChange, ReviewEntry,
    ReviewState,
};
use time::PrimitiveDateTime;

use super::attempts::{attempt_id, review_state};
use super::{Connection, days, feeds, reservations, traces, views};
use crate::db::instant;
use crate::db::schema::{attempt, attempt_review, feed};
use crate::db::work::End;

/// Name of the state without a decision.
const OPEN: &str = "rejected";

#[derive(Queryable, Selectable)]
#[diesel(table_name = attempt_review)]
struct Row {
    attempt_review_id: i64,
    attempt_id: i64,
    participation_id: i64,
    reviewed_at: PrimitiveDateTime,
    operator: String,
    decision: String,
    state_before: String,
    state_after: String,
    reason: String,
    model: String,
    feed_id: Option<i64>,
}

impl TryFrom<Row> for ReviewEntry {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let id = row.attempt_review_id;
        let invalid = |part: &str| Fault::permanent(format!("read review {id}: its {part}"));
        Ok(Self {
            id: id.try_into().map_err(|_| invalid("id"))?,
            review: NewReview {
                attempt_id: attempt_id(row.attempt_id)?,
                participation_id: row
                    .participation_id
                    .try_into()
                    .map_err(|_| invalid("participation"))?,
                reviewed_at: instant::from_column(row.reviewed_at),
                operator: row.operator,
                before: state(&row.state_before)?,
                reason: row.reason.parse().map_err(|_| invalid("reason"))?,
                model: row.model,
            },
            decision: row.decision.parse().map_err(|_| invalid("decision"))?,
            after: state(&row.state_after)?,
            feed_id: row.feed_id.map(feeds::feed_id).transpose()?,
        })
    }
}

fn state(name: &str) -> Result<Option<ReviewState>, Fault> {
    if name == OPEN { Ok(None) } else { review_state(name).map(Some) }
}

fn name(state: Option<ReviewState>) -> &'static str {
    state.map_or(OPEN, ReviewState::name)
}

/// Marks the attempt, adds the entry of the log and makes the change, without its acceptance.
pub(super) async fn add(
    connection: &mut Connection,
    review: &NewReview,
    change: ReviewChange,
) -> QueryResult<End<Result<Option<FeedId>, ReviewError>>> {
    if !mark(connection, review, change.after()).await? {
        return Ok(End::Rollback(Err(ReviewError::OtherState)));
    }
    let (decision, after) = (change.decision(), change.after());
    let feed_id = match change {
        ReviewChange::Confirm | ReviewChange::Reopen => None,
        ReviewChange::Accept { feed: new, .. } => {
            let (participation_id, day) = (new.participation_id, new.day);
            let only_one_of_its_day = new.only_one_of_its_day;
            if let Some(NewTrace { area, photo, replay, .. }) = &new.trace {
                traces::lock(connection, area).await?;
                let replay = replay.as_ref();
                traces::add(connection, area, &new.image_url, &photo.trace, replay).await?;
            }
            let id = feeds::add(connection, *new).await?;
            let is_first = days::mark(connection, participation_id, day, id).await?;
            if only_one_of_its_day && !is_first {
                return Ok(End::Rollback(Err(ReviewError::DayTaken)));
            }
            Some(id)
        }
        ReviewChange::Withdraw { feed_id, content_sha256 } => {
            // Another operator can have undone that acceptance and accepted the photo again.
            if newest_feed(connection, review.attempt_id).await? != Some(feed_id.get()) {
                return Ok(End::Rollback(Err(ReviewError::OtherState)));
            }
            if let Err(fault) = withdraw(connection, review, feed_id, content_sha256).await? {
                return Ok(End::Rollback(Err(fault.into())));
            }
            Some(feed_id.get())
        }
    };
    diesel::insert_into(attempt_review::table)
        .values((
            attempt_review::attempt_id.eq(review.attempt_id.get()),
            attempt_review::participation_id.eq(review.participation_id.get()),
            attempt_review::reviewed_at.eq(instant::to_column(review.reviewed_at)),
            attempt_review::operator.eq(&review.operator),
            attempt_review::decision.eq(decision.name()),
            attempt_review::state_before.eq(name(review.before)),
            attempt_review::state_after.eq(name(after)),
            attempt_review::reason.eq(review.reason.name()),
            attempt_review::model.eq(&review.model),
            attempt_review::feed_id.eq(feed_id),
        ))
        .execute(connection)
        .await?;
    match feed_id.map(feeds::feed_id).transpose() {
        Ok(feed_id) => Ok(End::Commit(Ok(feed_id))),
        Err(fault) => Ok(End::Rollback(Err(fault.into()))),
    }
}

/// Feed row of the newest decision about an attempt.
async fn newest_feed(connection: &mut Connection, id: AttemptId) -> QueryResult<Option<i64>> {
    let newest: Option<Option<i64>> = attempt_review::table
        .filter(attempt_review::attempt_id.eq(id.get()))
        .order(attempt_review::attempt_review_id.desc())
        .select(attempt_review::feed_id)
        .first(connection)
        .await
        .optional()?;
    Ok(newest.flatten())
}

/// Changes the decision in force, if it is still the expected one. Of two concurrent transactions the
/// second waits for the first.
async fn mark(
    connection: &mut Connection,
    review: &NewReview,
    after: Option<ReviewState>,
) -> QueryResult<bool> {
    let state = attempt::review.eq(after.map(ReviewState::name));
    let found = attempt::table.find(review.attempt_id.get());
    let marked = match review.before {
        Some(before) => {
            let expected = found.filter(attempt::review.eq(before.name()));
            diesel::update(expected).set(state).execute(connection).await?
        }
        None => {
            let expected = found.filter(attempt::review.is_null());
            diesel::update(expected).set(state).execute(connection).await?
        }
    };
    Ok(marked == 1)
}

/// Removes a feed row with its trace and its views, releases its day, and abandons its object. A row that another program
/// removed is no error.
async fn withdraw(
    connection: &mut Connection,
    review: &NewReview,
    feed_id: FeedId,
    content_sha256: [u8; 32],
) -> QueryResult<Result<(), Fault>> {
    let url: Option<String> = diesel::delete(feed::table.find(feed_id.get()))
        .returning(feed::feed_img)
        .get_result(connection)
        .await
        .optional()?;
    days::unmark(connection, review.participation_id, feed_id).await?;
    let Some(url) = url else { return Ok(Ok(())) };
    traces::remove(connection, review.participation_id, &url).await?;
    views::remove_of_feeds(connection, &[feed_id.get()]).await?;
    let key = match ObjectKey::from_url(&url) {
        Ok(key) => key,
        Err(error) => {
            return Ok(Err(Fault::permanent(format!(
                "name the object of feed {feed_id}: {error}"
            ))));
        }
    };
    let at = review.reviewed_at;
    reservations::add_abandoned(connection, key, url, content_sha256, at).await.map(Ok)
}

/// Entries of one attempt, or of all, newest first.
pub(super) async fn list(
    connection: &mut Connection,
    attempt_id: Option<AttemptId>,
    limit: u32,
) -> QueryResult<Result<Vec<ReviewEntry>, Fault>> {
    let newest = attempt_review::table
        .select(Row::as_select())
        .order(attempt_review::attempt_review_id.desc())
        .limit(limit.into());
    let rows: Vec<Row> = match attempt_id {
        Some(id) => newest.filter(attempt_review::attempt_id.eq(id.get())).load(connection).await?,
        None => newest.load(connection).await?,
    };
    Ok(rows.into_iter().map(ReviewEntry::try_from).collect())
}
