use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::ports::{Acceptance, AddFeedError, FeedRepository};
use injeung_domain::{Fault, Feed, FeedId, NewFeed, ParticipationId};
use time::PrimitiveDateTime;

use super::{Repositories, acceptance, days};
use crate::db::instant;
use crate::db::schema::feed;
use crate::db::work::End;

/// The type of every row of a photo that proves something.
const AUTH: &str = "auth";

#[async_trait]
impl FeedRepository for Repositories {
    async fn add(&self, new: NewFeed, acceptance: &Acceptance) -> Result<FeedId, AddFeedError> {
        let acceptance = acceptance.clone();
        let id: i64 = self
            .transaction(move |connection| {
                Box::pin(async move {
                    let id: i64 = diesel::insert_into(feed::table)
                        .values((
                            feed::feed_type.eq(AUTH),
                            feed::participation_id.eq(new.participation_id.get()),
                            feed::created_datetime.eq(instant::to_column(new.created_at)),
                            feed::feed_img.eq(new.image_url),
                            feed::feed_content.eq(new.content.as_str()),
                        ))
                        .returning(feed::feed_id)
                        .get_result(connection)
                        .await?;
                    let is_first =
                        days::mark(connection, new.participation_id, new.day, id).await?;
                    if new.only_one_of_its_day && !is_first {
                        return Ok(End::Rollback(Err(AddFeedError::DayTaken)));
                    }
                    acceptance::settle(connection, &acceptance).await.map(|settled| match settled {
                        Ok(()) => End::Commit(Ok(id)),
                        Err(fault) => End::Rollback(Err(fault.into())),
                    })
                })
            })
            .await??;
        Ok(feed_id(id)?)
    }

    async fn latest(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<Feed>, Fault> {
        let rows: Vec<FeedRow> = self
            .read(move |connection| {
                Box::pin(async move {
                    feed::table
                        .filter(feed::participation_id.eq(participation_id.get()))
                        .order(feed::feed_id.desc())
                        .limit(limit.into())
                        .select(FeedRow::as_select())
                        .load(connection)
                        .await
                })
            })
            .await?;
        rows.into_iter().map(|row| row.into_feed(participation_id)).collect()
    }
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
            .map_err(|error| Fault::permanent(format!("feed {}: {error}", self.feed_id)))?;
        Ok(Feed {
            id: feed_id(self.feed_id)?,
            participation_id,
            created_at: instant::from_column(self.created_datetime),
            image_url: self.feed_img,
            content,
        })
    }
}

fn feed_id(id: i64) -> Result<FeedId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("feed {id}: {error}")))
}
