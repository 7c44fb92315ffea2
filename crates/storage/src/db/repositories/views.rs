use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::RunQueryDsl;
use injeung_domain::{
    Fault, FeatureFormat, LearnedView, NewView, ParticipationId, ReferenceFeatures, ReferenceId,
    ViewId, Voucher,
};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::Connection;
use crate::db::instant;
use crate::db::schema::{auth_standard_img, feed, learned_view};
use crate::db::work::End;

pub(super) async fn of_reference(
    connection: &mut Connection,
    id: ReferenceId,
    format: FeatureFormat,
) -> QueryResult<Result<Vec<LearnedView>, Fault>> {
    let rows: Vec<(i64, String, Vec<u8>)> = learned_view::table
        .inner_join(feed::table.on(feed::feed_id.eq(learned_view::feed_id)))
        .filter(learned_view::auth_standard_img_id.eq(id.get()))
        .filter(learned_view::algorithm.eq(&format.algorithm))
        .filter(learned_view::version.eq(i64::from(format.version)))
        .order(learned_view::learned_view_id)
        .select((learned_view::learned_view_id, feed::feed_img, learned_view::features))
        .load(connection)
        .await?;
    let view = |(id, image_url, bytes): (i64, String, Vec<u8>)| {
        let features = ReferenceFeatures { format: format.clone(), bytes: bytes.into() };
        Ok(LearnedView { id: view_id(id)?, image_url, features })
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Adds a view, if everything that it depends on exists and stays until the end of the transaction.
pub(super) async fn add(
    connection: &mut Connection,
    view: NewView,
    now: OffsetDateTime,
) -> QueryResult<End<bool>> {
    if !lock(connection, &view).await? {
        return Ok(End::Rollback(false));
    }
    let NewView { reference_id, feed_id, voucher, features } = view;
    let format = &features.format;
    let oldest_use = now.saturating_sub(LearnedView::UNUSED_FORMAT);
    let of_other_formats = learned_view::table
        .filter(learned_view::auth_standard_img_id.eq(reference_id.get()))
        .filter(
            learned_view::algorithm
                .ne(&format.algorithm)
                .or(learned_view::version.ne(i64::from(format.version))),
        )
        .filter(learned_view::used_at.lt(instant::to_column(oldest_use)));
    diesel::delete(of_other_formats).execute(connection).await?;
    let vouchers = match voucher {
        Voucher::Reference => [None, None],
        Voucher::Views(ids) => ids.map(|id| Some(id.get())),
    };
    let inserted: Result<Option<i64>, QueryError> = diesel::insert_into(learned_view::table)
        .values((
            learned_view::auth_standard_img_id.eq(reference_id.get()),
            learned_view::feed_id.eq(feed_id.get()),
            learned_view::first_voucher.eq(vouchers[0]),
            learned_view::second_voucher.eq(vouchers[1]),
            learned_view::algorithm.eq(&format.algorithm),
            learned_view::version.eq(i64::from(format.version)),
            learned_view::features.eq(features.bytes.as_ref()),
            learned_view::used_at.eq(instant::to_column(now)),
        ))
        .on_conflict((learned_view::feed_id, learned_view::algorithm, learned_view::version))
        .do_nothing()
        .returning(learned_view::learned_view_id)
        .get_result(connection)
        .await
        .optional();
    let inserted = match inserted {
        // A voucher is gone.
        Err(QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {
            return Ok(End::Rollback(false));
        }
        inserted => inserted?,
    };
    let Some(id) = inserted else { return Ok(End::Rollback(false)) };
    match surplus(connection, reference_id, format, id).await? {
        None => Ok(End::Commit(true)),
        Some(surplus) if surplus == id => Ok(End::Rollback(false)),
        Some(surplus) => {
            diesel::delete(learned_view::table.find(surplus)).execute(connection).await?;
            Ok(End::Commit(true))
        }
    }
}

/// Locks the reference, so that its views are added one after another, and the feed row, so that a concurrent removal
/// ends before or finds the view. Returns whether both exist and the reference is the newest.
async fn lock(connection: &mut Connection, view: &NewView) -> QueryResult<bool> {
    let owner: Option<i64> = diesel::update(auth_standard_img::table.find(view.reference_id.get()))
        .set(auth_standard_img::standard_img.eq(auth_standard_img::standard_img))
        .returning(auth_standard_img::participation_id)
        .get_result(connection)
        .await
        .optional()?;
    let Some(owner) = owner else { return Ok(false) };
    let row = feed::table
        .filter(feed::feed_id.eq(view.feed_id.get()))
        .filter(feed::participation_id.eq(owner));
    let rows =
        diesel::update(row).set(feed::feed_type.eq(feed::feed_type)).execute(connection).await?;
    let newest: Option<i64> = auth_standard_img::table
        .filter(auth_standard_img::participation_id.eq(owner))
        .order(auth_standard_img::auth_standard_img_id.desc())
        .select(auth_standard_img::auth_standard_img_id)
        .first(connection)
        .await
        .optional()?;
    Ok(rows == 1 && newest == Some(view.reference_id.get()))
}

/// The view to delete if there are too many: the one not used for longest of those that vouch for no other. It is the
/// added one only if all others vouch for others.
async fn surplus(
    connection: &mut Connection,
    reference_id: ReferenceId,
    format: &FeatureFormat,
    added: i64,
) -> QueryResult<Option<i64>> {
    let mut rows: Vec<(i64, Option<i64>, Option<i64>, PrimitiveDateTime)> = learned_view::table
        .filter(learned_view::auth_standard_img_id.eq(reference_id.get()))
        .filter(learned_view::algorithm.eq(&format.algorithm))
        .filter(learned_view::version.eq(i64::from(format.version)))
        .select((
            learned_view::learned_view_id,
            learned_view::first_voucher,
            learned_view::second_voucher,
            learned_view::used_at,
        ))
        .load(connection)
        .await?;
    if rows.len() <= LearnedView::MAX {
        return Ok(None);
    }
    let vouchers: Vec<i64> =
        rows.iter().flat_map(|(_, first, second, _)| [*first, *second]).flatten().collect();
    rows.retain(|(id, ..)| !vouchers.contains(id));
    let surplus = rows.into_iter().min_by_key(|(id, _, _, used_at)| (*id == added, *used_at, *id));
    Ok(surplus.map(|(id, ..)| id))
}

pub(super) async fn touch(
    connection: &mut Connection,
    id: ViewId,
    now: OffsetDateTime,
) -> QueryResult<()> {
    diesel::update(learned_view::table.find(id.get()))
        .set(learned_view::used_at.eq(instant::to_column(now)))
        .execute(connection)
        .await
        .map(drop)
}

/// Removes the views of feed rows that this transaction removed.
pub(super) async fn remove_of_feeds(connection: &mut Connection, feeds: &[i64]) -> QueryResult<()> {
    let views = learned_view::table.filter(learned_view::feed_id.eq_any(feeds));
    diesel::delete(views).execute(connection).await.map(drop)
}

/// Removes the views of the references of a participation that are older than one.
pub(super) async fn remove_of_older(
    connection: &mut Connection,
    participation_id: ParticipationId,
    newest: i64,
) -> QueryResult<()> {
    let older = auth_standard_img::table
        .filter(auth_standard_img::participation_id.eq(participation_id.get()))
        .filter(auth_standard_img::auth_standard_img_id.lt(newest))
        .select(auth_standard_img::auth_standard_img_id);
    let views = learned_view::table.filter(learned_view::auth_standard_img_id.eq_any(older));
    diesel::delete(views).execute(connection).await.map(drop)
}

fn view_id(id: i64) -> Result<ViewId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("read view {id}: {error}")))
}
