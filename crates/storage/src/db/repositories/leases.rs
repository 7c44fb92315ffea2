use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel_async::RunQueryDsl;
use time::OffsetDateTime;

use super::Connection;
use crate::db::instant;
use crate::db::schema::lease;

pub(super) async fn acquire(
    connection: &mut Connection,
    name: String,
    holder: String,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> QueryResult<bool> {
    let (now, until) = (instant::to_column(now), instant::to_column(until));
    let terms = (lease::holder.eq(&holder), lease::held_until.eq(until));
    let acquired = diesel::insert_into(lease::table)
        .values((lease::name.eq(&name), terms))
        .on_conflict(lease::name)
        .do_update()
        .set(terms)
        .filter(lease::holder.eq(&holder).or(lease::held_until.le(now)))
        .execute(connection)
        .await?;
    Ok(acquired == 1)
}
