use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::RunQueryDsl;
use injeung_domain::{
    AttemptOutcome, ErasedRows, Erasure, ErasureId, ErasureSubject, Fault, ParticipationId,
};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::{Connection, messages, traces, views};
use crate::db::instant;
use crate::db::schema::{
    attempt, attempt_review, auth_standard_img, erasure, erasure_participation, feed,
    injeung_participation, participation, participation_day, reference_features,
};
use crate::db::work::End;

#[derive(Queryable, Selectable)]
#[diesel(table_name = erasure)]
struct Row {
    erasure_id: i64,
    requested_at: PrimitiveDateTime,
    completed_at: Option<PrimitiveDateTime>,
    participations: i64,
    standard_imgs: i64,
    feeds: i64,
    attempts: i64,
}

impl Row {
    fn into_erasure(self, participations: Vec<i64>) -> Result<Erasure, Fault> {
        let number = |column: i64| u64::try_from(column).unwrap_or(0);
        let participation = |id: i64| {
            id.try_into().map_err(|error| {
                Fault::permanent(format!("read erasure {}: {error}", self.erasure_id))
            })
        };
        Ok(Erasure {
            id: erasure_id(self.erasure_id)?,
            requested_at: instant::from_column(self.requested_at),
            completed_at: self.completed_at.map(instant::from_column),
            participations: participations
                .into_iter()
                .map(participation)
                .collect::<Result<_, _>>()?,
            erased: ErasedRows {
                participations: number(self.participations),
                references: number(self.standard_imgs),
                feeds: number(self.feeds),
                attempts: number(self.attempts),
            },
        })
    }
}

fn erasure_id(id: i64) -> Result<ErasureId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("read erasure {id}: {error}")))
}

pub(super) async fn add(
    connection: &mut Connection,
    subject: &ErasureSubject,
    now: OffsetDateTime,
) -> QueryResult<Result<ErasureId, Fault>> {
    let id: i64 = diesel::insert_into(erasure::table)
        .values(erasure::requested_at.eq(instant::to_column(now)))
        .returning(erasure::erasure_id)
        .get_result(connection)
        .await?;
    let participations: Vec<i64> = match subject {
        ErasureSubject::Participation(id) => vec![id.get()],
        ErasureSubject::User(user) => {
            injeung_participation::table
                .filter(injeung_participation::user_id.eq(user.as_str()))
                .select(injeung_participation::participation_id)
                .load(connection)
                .await?
        }
    };
    for participation_id in participations {
        diesel::insert_into(erasure_participation::table)
            .values((
                erasure_participation::erasure_id.eq(id),
                erasure_participation::participation_id.eq(participation_id),
            ))
            .execute(connection)
            .await?;
    }
    Ok(erasure_id(id))
}

pub(super) async fn find(
    connection: &mut Connection,
    id: ErasureId,
) -> QueryResult<Result<Option<Erasure>, Fault>> {
    let row: Option<Row> = erasure::table
        .find(id.get())
        .select(Row::as_select())
        .first(connection)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(Ok(None)) };
    let participations = participations_of(connection, row.erasure_id).await?;
    Ok(row.into_erasure(participations).map(Some))
}

pub(super) async fn open(
    connection: &mut Connection,
    limit: u32,
) -> QueryResult<Result<Vec<Erasure>, Fault>> {
    let rows: Vec<Row> = erasure::table
        .filter(erasure::completed_at.is_null())
        .order(erasure::erasure_id)
        .limit(limit.into())
        .select(Row::as_select())
        .load(connection)
        .await?;
    let mut erasures = Vec::with_capacity(rows.len());
    for row in rows {
        let participations = participations_of(connection, row.erasure_id).await?;
        erasures.push(row.into_erasure(participations));
    }
    Ok(erasures.into_iter().collect())
}

async fn participations_of(connection: &mut Connection, id: i64) -> QueryResult<Vec<i64>> {
    erasure_participation::table
        .filter(erasure_participation::erasure_id.eq(id))
        .order(erasure_participation::participation_id)
        .select(erasure_participation::participation_id)
        .load(connection)
        .await
}

/// URLs of the photos of a participation: of its references, its feed, and its kept rejected photos.
pub(super) async fn photos(
    connection: &mut Connection,
    id: ParticipationId,
    limit: u32,
) -> QueryResult<Vec<String>> {
    let limit = i64::from(limit);
    let mut urls: Vec<String> = auth_standard_img::table
        .filter(auth_standard_img::participation_id.eq(id.get()))
        .limit(limit)
        .select(auth_standard_img::standard_img)
        .load(connection)
        .await?;
    let of_feed: Vec<String> = feed::table
        .filter(feed::participation_id.eq(id.get()))
        .limit(limit)
        .select(feed::feed_img)
        .load(connection)
        .await?;
    let kept: Vec<Option<String>> = attempt::table
        .filter(attempt::participation_id.eq(id.get()))
        .filter(attempt::outcome.eq(AttemptOutcome::Rejected.name()))
        .filter(attempt::photo_url.is_not_null())
        .limit(limit)
        .select(attempt::photo_url)
        .load(connection)
        .await?;
    urls.extend(of_feed);
    urls.extend(kept.into_iter().flatten());
    urls.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(urls)
}

/// Deletes the rows of a participation with these photos.
pub(super) async fn erase_photos(
    connection: &mut Connection,
    id: ErasureId,
    of: ParticipationId,
    urls: &[String],
) -> QueryResult<()> {
    let references: Vec<i64> = auth_standard_img::table
        .filter(auth_standard_img::participation_id.eq(of.get()))
        .filter(auth_standard_img::standard_img.eq_any(urls))
        .select(auth_standard_img::auth_standard_img_id)
        .load(connection)
        .await?;
    let features = reference_features::table
        .filter(reference_features::auth_standard_img_id.eq_any(&references));
    diesel::delete(features).execute(connection).await?;
    let references = auth_standard_img::table
        .filter(auth_standard_img::auth_standard_img_id.eq_any(&references));
    let references = diesel::delete(references).execute(connection).await?;

    let feeds: Vec<i64> = diesel::delete(feed::table)
        .filter(feed::participation_id.eq(of.get()))
        .filter(feed::feed_img.eq_any(urls))
        .returning(feed::feed_id)
        .get_results(connection)
        .await?;
    views::remove_of_feeds(connection, &feeds).await?;
    let days = participation_day::table
        .filter(participation_day::participation_id.eq(of.get()))
        .filter(participation_day::feed_id.eq_any(&feeds));
    diesel::update(days)
        .set(participation_day::feed_id.eq(None::<i64>))
        .execute(connection)
        .await?;

    let attempts = attempt::table
        .filter(attempt::participation_id.eq(of.get()))
        .filter(attempt::photo_url.eq_any(urls));
    let attempts = diesel::delete(attempts).execute(connection).await?;
    for url in urls {
        traces::remove(connection, of, url).await?;
        traces::forget_original(connection, url).await?;
    }
    count_erased(connection, id, [0, references, feeds.len(), attempts]).await
}

/// Deletes a participation and all rows about it that have no photo. Rolls back if it has photos.
pub(super) async fn erase_participation(
    connection: &mut Connection,
    id: ErasureId,
    of: ParticipationId,
) -> QueryResult<End<bool>> {
    let attempts = attempt::table.filter(attempt::participation_id.eq(of.get()));
    let attempts = diesel::delete(attempts).execute(connection).await?;
    let reviews = attempt_review::table.filter(attempt_review::participation_id.eq(of.get()));
    diesel::delete(reviews).execute(connection).await?;
    let days = participation_day::table.filter(participation_day::participation_id.eq(of.get()));
    diesel::delete(days).execute(connection).await?;
    traces::remove_all(connection, of).await?;
    messages::remove_all(connection, of).await?;
    let own = participation::table.find(of.get());
    // A concurrent transaction that adds a photo ends first.
    let participations = match diesel::delete(own).execute(connection).await {
        Err(QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {
            return Ok(End::Rollback(false));
        }
        deleted => deleted?,
    };
    // Tables of another program can lack the constraint.
    if !photos(connection, of, 1).await?.is_empty() {
        return Ok(End::Rollback(false));
    }
    count_erased(connection, id, [participations, 0, 0, attempts]).await?;
    Ok(End::Commit(true))
}

/// Adds numbers of participations, references, feed rows and attempts to an erasure.
async fn count_erased(
    connection: &mut Connection,
    id: ErasureId,
    erased: [usize; 4],
) -> QueryResult<()> {
    let [participations, references, feeds, attempts] =
        erased.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX));
    diesel::update(erasure::table.find(id.get()))
        .set((
            erasure::participations.eq(erasure::participations + participations),
            erasure::standard_imgs.eq(erasure::standard_imgs + references),
            erasure::feeds.eq(erasure::feeds + feeds),
            erasure::attempts.eq(erasure::attempts + attempts),
        ))
        .execute(connection)
        .await
        .map(drop)
}

pub(super) async fn complete(
    connection: &mut Connection,
    id: ErasureId,
    now: OffsetDateTime,
) -> QueryResult<()> {
    let participations =
        erasure_participation::table.filter(erasure_participation::erasure_id.eq(id.get()));
    diesel::delete(participations).execute(connection).await?;
    let open = erasure::table.find(id.get()).filter(erasure::completed_at.is_null());
    diesel::update(open)
        .set(erasure::completed_at.eq(instant::to_column(now)))
        .execute(connection)
        .await
        .map(drop)
}
