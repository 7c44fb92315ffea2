use std::fmt::Display;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::RunQueryDsl;
use injeung_domain::{
    ChallengeGroup, Fault, GroupId, Participation, ParticipationId, ParticipationQuery, Schedule,
    UserId,
};
use time::{Date, Time};

use super::Connection;
use crate::db::schema::{challenge_group, group_match, injeung_participation, participation};

/// Reads a row, because a database without tables responds but cannot be used.
pub(super) async fn check(connection: &mut Connection) -> QueryResult<()> {
    injeung_participation::table
        .select(injeung_participation::participation_id)
        .first::<i64>(connection)
        .await
        .optional()
        .map(drop)
}

pub(super) async fn find(
    connection: &mut Connection,
    id: ParticipationId,
) -> QueryResult<Result<Option<Participation>, Fault>> {
    let of_group = group_match::challenge_group_id.eq(injeung_participation::challenge_group_id);
    let row: Option<(ParticipationRow, Option<String>)> = injeung_participation::table
        .left_join(group_match::table.on(of_group))
        .filter(injeung_participation::participation_id.eq(id.get()))
        .select((ParticipationRow::as_select(), group_match::match_mode.nullable()))
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(|(row, match_mode)| row.into_participation(id, match_mode)).transpose())
}

pub(super) async fn list(
    connection: &mut Connection,
    query: ParticipationQuery,
) -> QueryResult<Result<Vec<Participation>, Fault>> {
    let ParticipationQuery { group_id, user_id, after, limit } = query;
    let of_group = group_match::challenge_group_id.eq(injeung_participation::challenge_group_id);
    let mut rows = injeung_participation::table
        .left_join(group_match::table.on(of_group))
        .select((
            injeung_participation::participation_id,
            ParticipationRow::as_select(),
            group_match::match_mode.nullable(),
        ))
        .into_boxed();
    if let Some(id) = group_id {
        rows = rows.filter(injeung_participation::challenge_group_id.eq(id.get()));
    }
    if let Some(user_id) = user_id {
        rows = rows.filter(injeung_participation::user_id.eq(user_id.as_str().to_owned()));
    }
    if let Some(after) = after {
        rows = rows.filter(injeung_participation::participation_id.gt(after.get()));
    }
    let rows: Vec<(i64, ParticipationRow, Option<String>)> = rows
        .order(injeung_participation::participation_id)
        .limit(limit.into())
        .load(connection)
        .await?;
    let participation = |(id, row, match_mode): (i64, ParticipationRow, Option<String>)| {
        let id = id.try_into().map_err(|error| refused("a participation", error))?;
        row.into_participation(id, match_mode)
    };
    Ok(rows.into_iter().map(participation).collect())
}

pub(super) async fn find_group(
    connection: &mut Connection,
    id: GroupId,
) -> QueryResult<Result<Option<ChallengeGroup>, Fault>> {
    let of_group = group_match::challenge_group_id.eq(challenge_group::challenge_group_id);
    let row: Option<(GroupRow, Option<String>)> = challenge_group::table
        .left_join(group_match::table.on(of_group))
        .filter(challenge_group::challenge_group_id.eq(id.get()))
        .select((GroupRow::as_select(), group_match::match_mode.nullable()))
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(|(row, match_mode)| row.into_group(match_mode)).transpose())
}

pub(super) async fn groups(
    connection: &mut Connection,
    after: Option<GroupId>,
    limit: u32,
) -> QueryResult<Result<Vec<ChallengeGroup>, Fault>> {
    let of_group = group_match::challenge_group_id.eq(challenge_group::challenge_group_id);
    let rows: Vec<(GroupRow, Option<String>)> = challenge_group::table
        .left_join(group_match::table.on(of_group))
        .filter(challenge_group::challenge_group_id.gt(after.map_or(0, GroupId::get)))
        .order(challenge_group::challenge_group_id)
        .limit(limit.into())
        .select((GroupRow::as_select(), group_match::match_mode.nullable()))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|(row, match_mode)| row.into_group(match_mode)).collect())
}

pub(super) async fn put_group(
    connection: &mut Connection,
    group: ChallengeGroup,
) -> QueryResult<()> {
    let row = GroupRow::from(&group);
    diesel::insert_into(challenge_group::table)
        .values(&row)
        .on_conflict(challenge_group::challenge_group_id)
        .do_update()
        .set(&row)
        .execute(connection)
        .await?;
    let columns = group_match::match_mode.eq(group.match_mode.name());
    diesel::insert_into(group_match::table)
        .values((group_match::challenge_group_id.eq(group.id.get()), columns))
        .on_conflict(group_match::challenge_group_id)
        .do_update()
        .set(columns)
        .execute(connection)
        .await
        .map(drop)
}

/// Returns whether the group exists.
pub(super) async fn put(
    connection: &mut Connection,
    id: ParticipationId,
    group_id: GroupId,
    user_id: Option<UserId>,
) -> QueryResult<bool> {
    let columns = (
        participation::challenge_group_id.eq(group_id.get()),
        participation::user_id.eq(user_id.map(|user_id| user_id.as_str().to_owned())),
    );
    let put = diesel::insert_into(participation::table)
        .values((participation::participation_id.eq(id.get()), columns.clone()))
        .on_conflict(participation::participation_id)
        .do_update()
        .set(columns)
        .execute(connection)
        .await;
    match put {
        Ok(_) => Ok(true),
        Err(QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => Ok(false),
        Err(error) => Err(error),
    }
}

#[derive(Insertable, AsChangeset, Queryable, Selectable)]
#[diesel(table_name = challenge_group, treat_none_as_null = true)]
struct GroupRow {
    challenge_group_id: i64,
    name: Option<String>,
    start_date: Date,
    end_date: Date,
    start_time: Time,
    end_time: Time,
    time_zone: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = injeung_participation)]
struct ParticipationRow {
    user_id: Option<String>,
    challenge_group_id: i64,
    name: Option<String>,
    start_date: Date,
    end_date: Date,
    start_time: Time,
    end_time: Time,
    time_zone: String,
}

impl GroupRow {
    /// `match_mode` is the column of `group_match`, if the group has a row there.
    fn into_group(self, match_mode: Option<String>) -> Result<ChallengeGroup, Fault> {
        let named = format!("challenge group {}", self.challenge_group_id);
        let time_zone = self.time_zone.parse().map_err(|error| refused(&named, error))?;
        let schedule = Schedule::new(
            self.start_date,
            self.end_date,
            self.start_time,
            self.end_time,
            time_zone,
        );
        let schedule = schedule.map_err(|error| refused(&named, error))?;
        let id = self.challenge_group_id.try_into().map_err(|error| refused(&named, error))?;
        let match_mode = match_mode.map(|name| name.parse()).transpose();
        let match_mode = match_mode.map_err(|error| refused(&named, error))?.unwrap_or_default();
        Ok(ChallengeGroup { id, name: self.name, schedule, match_mode })
    }
}

impl From<&ChallengeGroup> for GroupRow {
    fn from(group: &ChallengeGroup) -> Self {
        let schedule = &group.schedule;
        Self {
            challenge_group_id: group.id.get(),
            name: group.name.clone(),
            start_date: schedule.start_date(),
            end_date: schedule.end_date(),
            start_time: schedule.start_time(),
            end_time: schedule.end_time(),
            time_zone: schedule.time_zone().name().to_owned(),
        }
    }
}

impl ParticipationRow {
    /// `match_mode` is the text of its group's mode, if there is one.
    fn into_participation(
        self,
        id: ParticipationId,
        match_mode: Option<String>,
    ) -> Result<Participation, Fault> {
        let row = format!("participation {id}");
        let user_id = self.user_id.map(|user_id| user_id.parse()).transpose();
        let user_id = user_id.map_err(|error| refused(&row, error))?;

        let Self { challenge_group_id, name, start_date, end_date, start_time, end_time, .. } =
            self;
        let time_zone = self.time_zone;
        let group = GroupRow {
            challenge_group_id,
            name,
            start_date,
            end_date,
            start_time,
            end_time,
            time_zone,
        };
        Ok(Participation { id, user_id, group: group.into_group(match_mode)? })
    }
}

/// Fault for a row that violates the domain's rules.
fn refused(row: &str, error: impl Display) -> Fault {
    Fault::permanent(format!("read {row}: {error}"))
}
