use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::{Fault, Feed, FeedContentError, FeedId, FeedQuery, IdError, NewFeed};
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

pub(super) async fn list(
    connection: &mut Connection,
    query: FeedQuery,
) -> QueryResult<Result<Vec<Feed>, Fault>> {
    let FeedQuery { participation_id, since, until, before, limit } = query;
    let mut rows = feed::table.select(FeedRow::as_select()).into_boxed();
    if let Some(id) = participation_id {
        rows = rows.filter(feed::participation_id.eq(id.get()));
    }
    if let Some(since) = since {
        rows = rows.filter(feed::created_datetime.ge(instant::to_column(since)));
    }
    if let Some(until) = until {
        rows = rows.filter(feed::created_datetime.lt(instant::to_column(until)));
    }
    if let Some(before) = before {
        rows = rows.filter(feed::feed_id.lt(before.get()));
    }
    let rows: Vec<FeedRow> =
        rows.order(feed::feed_id.desc()).limit(limit.into()).load(connection).await?;
    Ok(rows.into_iter().map(Feed::try_from).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = feed)]
struct FeedRow {
    feed_id: i64,
    participation_id: i64,
    created_datetime: PrimitiveDateTime,
    feed_img: String,
    feed_content: String,
}

impl TryFrom<FeedRow> for Feed {
    type Error = Fault;

    fn try_from(row: FeedRow) -> Result<Self, Fault> {
        let invalid =
            |error: String| Fault::permanent(format!("read feed {}: {error}", row.feed_id));
        Ok(Self {
            id: feed_id(row.feed_id)?,
            participation_id: row
                .participation_id
                .try_into()
                .map_err(|error: IdError| invalid(error.to_string()))?,
            created_at: instant::from_column(row.created_datetime),
            content: row
                .feed_content
                .parse()
                .map_err(|error: FeedContentError| invalid(error.to_string()))?,
            image_url: row.feed_img,
        })
    }
}

pub(super) fn feed_id(id: i64) -> Result<FeedId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("read feed {id}: {error}")))
}
