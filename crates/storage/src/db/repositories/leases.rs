use async_trait::async_trait;
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel_async::RunQueryDsl;
use injeung_domain::Fault;
use injeung_domain::ports::LeaseRepository;
use time::OffsetDateTime;

use super::Repositories;
use crate::db::instant;
use crate::db::schema::lease;

#[async_trait]
impl LeaseRepository for Repositories {
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, Fault> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        let (now, until) = (instant::to_column(now), instant::to_column(until));
        self.write(move |connection| {
            Box::pin(async move {
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
            })
        })
        .await
    }
}
