use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::ports::{Reservation, ReservedKey};
use injeung_domain::{Fault, ObjectKey};
use time::{OffsetDateTime, PrimitiveDateTime};
use tracing::error;

use super::Connection;
use crate::db::instant;
use crate::db::schema::{attempt, auth_standard_img, feed, object_reservation};

/// State in which the photo's row can be added.
const OPEN: &str = "open";
/// State in which no row can be added, because the object is being deleted.
const ABANDONED: &str = "abandoned";

/// Inserts a reservation; if it returns `false`, the transaction must be rolled back.
pub(super) async fn reserve(
    connection: &mut Connection,
    reservation: Reservation,
) -> QueryResult<bool> {
    let Reservation { key, image_url, content_sha256, reserved_at } = reservation;
    let reserved = diesel::insert_into(object_reservation::table)
        .values((
            object_reservation::object_key.eq(key.as_str()),
            object_reservation::image_url.eq(&image_url),
            object_reservation::content_sha256.eq(content_sha256.to_vec()),
            object_reservation::state.eq(OPEN),
            object_reservation::reserved_at.eq(instant::to_column(reserved_at)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    if reserved == 0 {
        return Ok(false);
    }
    // Rows are looked up after the insert, in a statement of its own. A transaction that adds a row
    // with this URL deletes its reservation. Under READ COMMITTED the insert fails or waits while
    // that reservation exists, and this statement then sees the row that took its place. In the
    // reverse order the row could be committed between the look-up and the insert.
    let in_feed = exists(feed::table.filter(feed::feed_img.eq(&image_url)));
    let of_reference =
        exists(auth_standard_img::table.filter(auth_standard_img::standard_img.eq(&image_url)));
    let of_attempt = exists(attempt::table.filter(attempt::photo_url.eq(&image_url)));
    let is_taken: bool =
        diesel::select(in_feed.or(of_reference).or(of_attempt)).get_result(connection).await?;
    Ok(!is_taken)
}

pub(super) async fn abandon(
    connection: &mut Connection,
    key: ObjectKey,
) -> QueryResult<Result<Option<[u8; 32]>, Fault>> {
    let abandoned: Option<Vec<u8>> = diesel::update(object_reservation::table.find(key.as_str()))
        .set(object_reservation::state.eq(ABANDONED))
        .returning(object_reservation::content_sha256)
        .get_result(connection)
        .await
        .optional()?;
    let digest = abandoned.map(<[u8; 32]>::try_from).transpose();
    Ok(digest.map_err(|_| {
        Fault::permanent(format!("read the digest of object {key}: it must have 32 bytes"))
    }))
}

pub(super) async fn release(connection: &mut Connection, key: ObjectKey) -> QueryResult<()> {
    let reservation = object_reservation::table.find(key.as_str());
    diesel::delete(reservation).execute(connection).await.map(drop)
}

pub(super) async fn reserved_before(
    connection: &mut Connection,
    instant: OffsetDateTime,
    after: Option<ReservedKey>,
    limit: u32,
) -> QueryResult<Vec<ReservedKey>> {
    let mut overdue = object_reservation::table
        .filter(object_reservation::reserved_at.lt(instant::to_column(instant)))
        .order((object_reservation::reserved_at, object_reservation::object_key))
        .limit(limit.into())
        .select((object_reservation::reserved_at, object_reservation::object_key))
        .into_boxed();
    if let Some(ReservedKey { reserved_at, key }) = after {
        let at = instant::to_column(reserved_at);
        overdue = overdue.filter(
            object_reservation::reserved_at.gt(at).or(object_reservation::reserved_at
                .eq(at)
                .and(object_reservation::object_key.gt(key.as_str().to_owned()))),
        );
    }
    let rows: Vec<(PrimitiveDateTime, String)> = overdue.load(connection).await?;
    let read = |(at, key): (PrimitiveDateTime, String)| match key.parse() {
        Ok(key) => Some(ReservedKey { reserved_at: instant::from_column(at), key }),
        // Another program wrote this row; it must not prevent the clean-up of the reservations
        // after it.
        Err(error) => {
            error!(key, %error, "failed to read a reservation");
            None
        }
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Deletes the open reservation of a key, and returns whether there was one. It is the last
/// statement of the transaction that adds its row. A concurrent call that abandons the reservation
/// waits, and then finds none.
pub(super) async fn clear(connection: &mut Connection, key: &ObjectKey) -> QueryResult<bool> {
    let open =
        object_reservation::table.find(key.as_str()).filter(object_reservation::state.eq(OPEN));
    Ok(diesel::delete(open).execute(connection).await? == 1)
}

/// Adds an abandoned reservation for the object of a row that the same transaction removed. If the key
/// is reserved, the object is already being resolved.
pub(super) async fn add_abandoned(
    connection: &mut Connection,
    key: ObjectKey,
    image_url: String,
    content_sha256: [u8; 32],
    at: OffsetDateTime,
) -> QueryResult<()> {
    diesel::insert_into(object_reservation::table)
        .values((
            object_reservation::object_key.eq(key.as_str()),
            object_reservation::image_url.eq(image_url),
            object_reservation::content_sha256.eq(content_sha256.to_vec()),
            object_reservation::state.eq(ABANDONED),
            object_reservation::reserved_at.eq(instant::to_column(at)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await
        .map(drop)
}
