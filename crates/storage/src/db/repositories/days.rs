use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::ports::DayRepository;
use injeung_domain::{Fault, ParticipationId};
use time::Date;

use super::{Connection, Repositories};
use crate::db::schema::participation_day;
use crate::db::work::End;

#[async_trait]
impl DayRepository for Repositories {
    async fn has_feed(&self, participation_id: ParticipationId, day: Date) -> Result<bool, Fault> {
        self.read(move |connection| {
            Box::pin(async move {
                let marked = participation_day::table
                    .find((participation_id.get(), day))
                    .filter(participation_day::feed_id.is_not_null());
                diesel::select(exists(marked)).get_result(connection).await
            })
        })
        .await
    }

    async fn count_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<u32, Fault> {
        let attempts: i64 = self
            .write(move |connection| {
                Box::pin(async move {
                    diesel::insert_into(participation_day::table)
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
                        .await
                })
            })
            .await?;
        Ok(u32::try_from(attempts).unwrap_or(u32::MAX))
    }

    async fn give_back_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<(), Fault> {
        self.write(move |connection| {
            Box::pin(async move {
                let counted = participation_day::table
                    .find((participation_id.get(), day))
                    .filter(participation_day::attempts.gt(0));
                diesel::update(counted)
                    .set(participation_day::attempts.eq(participation_day::attempts - 1))
                    .execute(connection)
                    .await
            })
        })
        .await?;
        Ok(())
    }

    async fn forget(&self, before: Date, limit: u32) -> Result<u32, Fault> {
        let forgotten = self
            .transaction(move |connection| {
                Box::pin(async move {
                    let oldest: Option<Date> = participation_day::table
                        .filter(participation_day::day.lt(before))
                        .order(participation_day::day)
                        .select(participation_day::day)
                        .first(connection)
                        .await
                        .optional()?;
                    let Some(day) = oldest else { return Ok(End::Commit(0)) };
                    let of_day = participation_day::table.filter(participation_day::day.eq(day));
                    let ids: Vec<i64> = of_day
                        .order(participation_day::participation_id)
                        .limit(limit.into())
                        .select(participation_day::participation_id)
                        .load(connection)
                        .await?;
                    let some = of_day.filter(participation_day::participation_id.eq_any(ids));
                    diesel::delete(some).execute(connection).await.map(End::Commit)
                })
            })
            .await?;
        Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }
}

/// Marks a day as one that has a photo; tells whether this photo is its first. Of two transactions
/// at once the second waits for the first.
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
    // Attempts were counted, or there is a photo.
    let without_photo = participation_day::table
        .find((participation_id.get(), day))
        .filter(participation_day::feed_id.is_null());
    let marked = diesel::update(without_photo)
        .set(participation_day::feed_id.eq(feed_id))
        .execute(connection)
        .await?;
    Ok(marked == 1)
}
