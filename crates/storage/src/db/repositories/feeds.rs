use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::{Fault, Feed, FeedId, NewFeed, ParticipationId};
use time::PrimitiveDateTime;

use super::Connection;
use crate::db::instant;
use crate::db::schema::feed;

/// `type` column of every feed row of an accepted photo.
const AUTH: &str = "auth";

pub(super) async fn add(connection: &mut Connection, new: NewFeed) -> QueryResult<i64> {
    diesel::insert_into(feed::table)
        .values((
            feed::feed_type.eq(AUTH),
            feed::participation_id.eq(new.participation_id.get()),
            feed::created_datetime.eq(instant::to_column(new.created_at)),
            feed::feed_img.eq(new.image_url),
            feed::feed_content.eq(new.content.as_str()),
        ))
        .returning(feed::feed_id)
        .get_result(connection)
        .await
}

pub(super) async fn latest(
    connection: &mut Connection,
    participation_id: ParticipationId,
    limit: u32,
) -> QueryResult<Result<Vec<Feed>, Fault>> {
    let rows: Vec<FeedRow> = feed::table
        .filter(feed::participation_id.eq(participation_id.get()))
        .order(feed::feed_id.desc())
        .limit(limit.into())
        .select(FeedRow::as_select())
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.into_feed(participation_id)).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = feed)]
struct FeedRow {
    feed_id: i64,
    created_datetime: PrimitiveDateTime,
    feed_img: String,
    feed_content: String,
}

impl FeedRow {
    fn into_feed(self, participation_id: ParticipationId) -> Result<Feed, Fault> {
        let content = self
            .feed_content
            .parse()
            .map_err(|error| Fault::permanent(format!("read feed {}: {error}", self.feed_id)))?;
        Ok(Feed {
            id: feed_id(self.feed_id)?,
            participation_id,
            created_at: instant::from_column(self.created_datetime),
            image_url: self.feed_img,
            content,
        })
    }
}

pub(super) fn feed_id(id: i64) -> Result<FeedId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("read feed {id}: {error}")))
}
