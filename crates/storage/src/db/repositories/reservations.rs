use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::ports::{Reservation, ReservationRepository};
use injeung_domain::{Fault, ObjectKey};
use time::OffsetDateTime;

use super::{Connection, Repositories};
use crate::db::instant;
use crate::db::schema::{auth_standard_img, feed, object_reservation};
use crate::db::work::End;

/// The row of the photo can be added.
const OPEN: &str = "open";
/// No row can be added any more; the object is being removed.
const ABANDONED: &str = "abandoned";

#[async_trait]
impl ReservationRepository for Repositories {
    async fn reserve(&self, reservation: &Reservation) -> Result<bool, Fault> {
        let Reservation { key, image_url, content_sha256, reserved_at } = reservation.clone();
        self.transaction(move |connection| {
            Box::pin(async move {
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
                    return Ok(End::Rollback(false));
                }
                // Rows are looked for after the insert, in a statement of its own. A transaction
                // that adds a row of this URL clears its reservation with it. Where transactions
                // run side by side and each statement sees what was committed before it, as under
                // READ COMMITTED in Postgres, the insert fails or waits for as long as that reservation is
                // there, and this statement sees the row that took its place. The other way round
                // the row could be committed after the look and before the insert.
                let is_taken: bool = diesel::select(
                    exists(feed::table.filter(feed::feed_img.eq(&image_url))).or(exists(
                        auth_standard_img::table
                            .filter(auth_standard_img::standard_img.eq(&image_url)),
                    )),
                )
                .get_result(connection)
                .await?;
                Ok(if is_taken { End::Rollback(false) } else { End::Commit(true) })
            })
        })
        .await
    }

    async fn abandon(&self, key: &ObjectKey) -> Result<Option<[u8; 32]>, Fault> {
        let reserved = key.clone();
        let abandoned: Option<Vec<u8>> = self
            .write(move |connection| {
                Box::pin(async move {
                    diesel::update(object_reservation::table.find(reserved.as_str()))
                        .set(object_reservation::state.eq(ABANDONED))
                        .returning(object_reservation::content_sha256)
                        .get_result(connection)
                        .await
                        .optional()
                })
            })
            .await?;
        let digest = abandoned.map(<[u8; 32]>::try_from).transpose();
        digest.map_err(|_| Fault::permanent(format!("the digest of object {key} is none")))
    }

    async fn release(&self, key: &ObjectKey) -> Result<(), Fault> {
        let key = key.clone();
        self.write(move |connection| {
            Box::pin(async move {
                diesel::delete(object_reservation::table.find(key.as_str()))
                    .execute(connection)
                    .await
            })
        })
        .await?;
        Ok(())
    }

    async fn reserved_before(
        &self,
        instant: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<ObjectKey>, Fault> {
        let keys: Vec<String> = self
            .read(move |connection| {
                Box::pin(async move {
                    object_reservation::table
                        .filter(object_reservation::reserved_at.lt(instant::to_column(instant)))
                        .order((object_reservation::reserved_at, object_reservation::object_key))
                        .limit(limit.into())
                        .select(object_reservation::object_key)
                        .load(connection)
                        .await
                })
            })
            .await?;
        keys.into_iter()
            .map(|key| {
                key.parse().map_err(|error| {
                    Fault::permanent(format!("reservation of object {key:?}: {error}"))
                })
            })
            .collect()
    }
}

/// Deletes the open reservation of a key, and tells whether there was one. It is the last statement
/// of the transaction that adds its row: whoever would abandon it meanwhile waits, and then finds
/// none.
pub(super) async fn clear(connection: &mut Connection, key: &ObjectKey) -> QueryResult<bool> {
    let open =
        object_reservation::table.find(key.as_str()).filter(object_reservation::state.eq(OPEN));
    Ok(diesel::delete(open).execute(connection).await? == 1)
}
