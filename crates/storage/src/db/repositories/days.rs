use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::{FeedId, ParticipationId};
use time::Date;

use super::{Connection, count};
use crate::db::schema::participation_day;

pub(super) async fn has_feed(
    connection: &mut Connection,
    participation_id: ParticipationId,
    day: Date,
) -> QueryResult<bool> {
    let marked = participation_day::table
        .find((participation_id.get(), day))
        .filter(participation_day::feed_id.is_not_null());
    diesel::select(exists(marked)).get_result(connection).await
}

pub(super) async fn count_attempt(
    connection: &mut Connection,
    participation_id: ParticipationId,
    day: Date,
) -> QueryResult<u32> {
    let attempts: i64 = diesel::insert_into(participation_day::table)
        .values((
            participation_day::participation_id.eq(participation_id.get()),
            participation_day::day.eq(day),
            participation_day::attempts.eq(1),
        ))
        .on_conflict((participation_day::participation_id, participation_day::day))
        .do_update()
        .set(participation_day::attempts.eq(participation_day::attempts + 1))
        .returning(participation_day::attempts)
        .get_result(connection)
        .await?;
    Ok(u32::try_from(attempts).unwrap_or(u32::MAX))
}

pub(super) async fn release_attempt(
    connection: &mut Connection,
    participation_id: ParticipationId,
    day: Date,
) -> QueryResult<()> {
    let counted = participation_day::table
        .find((participation_id.get(), day))
        .filter(participation_day::attempts.gt(0));
    diesel::update(counted)
        .set(participation_day::attempts.eq(participation_day::attempts - 1))
        .execute(connection)
        .await
        .map(drop)
}

pub(super) async fn forget(
    connection: &mut Connection,
    before: Date,
    limit: u32,
) -> QueryResult<u32> {
    let oldest: Option<Date> = participation_day::table
        .filter(participation_day::day.lt(before))
        .order(participation_day::day)
        .select(participation_day::day)
        .first(connection)
        .await
        .optional()?;
    let Some(day) = oldest else { return Ok(0) };
    let of_day = participation_day::table.filter(participation_day::day.eq(day));
    let ids: Vec<i64> = of_day
        .order(participation_day::participation_id)
        .limit(limit.into())
        .select(participation_day::participation_id)
        .load(connection)
        .await?;
    let some = of_day.filter(participation_day::participation_id.eq_any(ids));
    diesel::delete(some).execute(connection).await.map(count)
}

/// Marks a day as one with a photo; returns whether this photo is its first. Of two concurrent
/// transactions the second waits for the first.
pub(super) async fn mark(
    connection: &mut Connection,
    participation_id: ParticipationId,
    day: Date,
    feed_id: i64,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(participation_day::table)
        .values((
            participation_day::participation_id.eq(participation_id.get()),
            participation_day::day.eq(day),
            participation_day::feed_id.eq(feed_id),
            participation_day::attempts.eq(0),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    if inserted == 1 {
        return Ok(true);
    }
    // The row exists because attempts were counted or the day has a photo.
    let without_photo = participation_day::table
        .find((participation_id.get(), day))
        .filter(participation_day::feed_id.is_null());
    let marked = diesel::update(without_photo)
        .set(participation_day::feed_id.eq(feed_id))
        .execute(connection)
        .await?;
    Ok(marked == 1)
}

/// Takes back the mark of a feed row, if it marked its day.
pub(super) async fn unmark(
    connection: &mut Connection,
    participation_id: ParticipationId,
    feed_id: FeedId,
) -> QueryResult<()> {
    let marked = participation_day::table
        .filter(participation_day::participation_id.eq(participation_id.get()))
        .filter(participation_day::feed_id.eq(feed_id.get()));
    diesel::update(marked)
        .set(participation_day::feed_id.eq(None::<i64>))
        .execute(connection)
        .await
        .map(drop)
}
