use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::{
    Appeal, Attempt, AttemptFact, AttemptId, AttemptKind, AttemptOrder, AttemptOutcome,
    AttemptQuery, Fault, NewAttempt, ReviewState,
};
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::{Connection, count};
use crate::db::instant;
use crate::db::schema::attempt;

#[derive(Insertable)]
#[diesel(table_name = attempt)]
struct NewRow {
    request_id: String,
    created_at: PrimitiveDateTime,
    participation_id: i64,
    kind: &'static str,
    outcome: &'static str,
    errcode: Option<i64>,
    feed_content: String,
    keyword: Option<String>,
    probability: Option<f64>,
    threshold: Option<f64>,
    model: String,
    took_ms: i64,
    reference_url: Option<String>,
    photo_sha256: Option<Vec<u8>>,
    photo_url: Option<String>,
    evidence: String,
}

impl From<NewAttempt> for NewRow {
    fn from(record: NewAttempt) -> Self {
        Self {
            request_id: record.request_id,
            created_at: instant::to_column(record.created_at),
            participation_id: record.participation_id.get(),
            kind: record.kind.name(),
            outcome: record.outcome.name(),
            errcode: record.errcode.map(i64::from),
            feed_content: record.content.as_str().to_owned(),
            keyword: record.keyword,
            probability: record.probability,
            threshold: record.threshold,
            model: record.model,
            took_ms: milliseconds(record.took),
            reference_url: record.reference_url,
            photo_sha256: record.photo_sha256.map(|digest| digest.to_vec()),
            photo_url: record.photo_url,
            evidence: record.evidence,
        }
    }
}

fn milliseconds(took: Duration) -> i64 {
    i64::try_from(took.whole_milliseconds()).unwrap_or(i64::MAX).max(0)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = attempt)]
struct Row {
    attempt_id: i64,
    request_id: String,
    created_at: PrimitiveDateTime,
    participation_id: i64,
    kind: String,
    outcome: String,
    errcode: Option<i64>,
    feed_content: String,
    keyword: Option<String>,
    probability: Option<f64>,
    threshold: Option<f64>,
    model: String,
    took_ms: i64,
    reference_url: Option<String>,
    photo_sha256: Option<Vec<u8>>,
    photo_url: Option<String>,
    evidence: String,
    review: Option<String>,
    appealed_at: Option<PrimitiveDateTime>,
    appeal_text: Option<String>,
}

impl TryFrom<Row> for Attempt {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let id = row.attempt_id;
        let invalid = |part: &str| Fault::permanent(format!("read attempt {id}: its {part}"));
        let digest = |bytes: Vec<u8>| bytes.try_into().map_err(|_| invalid("digest"));
        Ok(Self {
            id: attempt_id(id)?,
            record: NewAttempt {
                request_id: row.request_id,
                created_at: instant::from_column(row.created_at),
                participation_id: row
                    .participation_id
                    .try_into()
                    .map_err(|_| invalid("participation"))?,
                kind: row.kind.parse().map_err(|_| invalid("kind"))?,
                outcome: row.outcome.parse().map_err(|_| invalid("outcome"))?,
                errcode: errcode(row.errcode),
                content: row.feed_content.parse().map_err(|_| invalid("content"))?,
                keyword: row.keyword,
                probability: row.probability,
                threshold: row.threshold,
                model: row.model,
                took: Duration::milliseconds(row.took_ms),
                reference_url: row.reference_url,
                photo_sha256: row.photo_sha256.map(digest).transpose()?,
                photo_url: row.photo_url,
                evidence: row.evidence,
            },
            review: row.review.map(|name| review_state(&name)).transpose()?,
            appeal: row
                .appealed_at
                .map(|at| {
                    let text = row.appeal_text.unwrap_or_default().parse();
                    let text = text.map_err(|_| invalid("appeal"))?;
                    Ok(Appeal { filed_at: instant::from_column(at), text })
                })
                .transpose()?,
        })
    }
}

pub(super) fn errcode(column: Option<i64>) -> Option<u16> {
    column.and_then(|code| u16::try_from(code).ok())
}

pub(super) fn attempt_id(id: i64) -> Result<AttemptId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("read attempt {id}: {error}")))
}

pub(super) fn review_state(name: &str) -> Result<ReviewState, Fault> {
    let known = [ReviewState::Accepted, ReviewState::Confirmed];
    let found = known.into_iter().find(|state| state.name() == name);
    found.ok_or_else(|| Fault::permanent(format!("read a review: {name} is no state")))
}

pub(super) async fn add(
    connection: &mut Connection,
    record: NewAttempt,
) -> QueryResult<Result<AttemptId, Fault>> {
    let id: i64 = diesel::insert_into(attempt::table)
        .values(NewRow::from(record))
        .returning(attempt::attempt_id)
        .get_result(connection)
        .await?;
    Ok(attempt_id(id))
}

pub(super) async fn find(
    connection: &mut Connection,
    id: AttemptId,
) -> QueryResult<Result<Option<Attempt>, Fault>> {
    let row: Option<Row> = attempt::table
        .find(id.get())
        .select(Row::as_select())
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(Attempt::try_from).transpose())
}

pub(super) async fn list(
    connection: &mut Connection,
    query: AttemptQuery,
) -> QueryResult<Result<Vec<Attempt>, Fault>> {
    let mut rows = attempt::table.select(Row::as_select()).into_boxed();
    if let Some(id) = query.participation_id {
        rows = rows.filter(attempt::participation_id.eq(id.get()));
    }
    if let Some(kind) = query.kind {
        rows = rows.filter(attempt::kind.eq(kind.name()));
    }
    if let Some(outcome) = query.outcome {
        rows = rows.filter(attempt::outcome.eq(outcome.name()));
    }
    if let Some(errcode) = query.errcode {
        rows = rows.filter(attempt::errcode.eq(i64::from(errcode)));
    }
    if query.waiting {
        rows = rows
            .filter(attempt::outcome.eq(AttemptOutcome::Rejected.name()))
            .filter(attempt::photo_url.is_not_null())
            .filter(attempt::review.is_null());
    }
    if let Some(request_id) = query.request_id {
        rows = rows.filter(attempt::request_id.eq(request_id));
    }
    if let Some(since) = query.since {
        rows = rows.filter(attempt::created_at.ge(instant::to_column(since)));
    }
    if let Some(until) = query.until {
        rows = rows.filter(attempt::created_at.lt(instant::to_column(until)));
    }
    if query.waiting {
        rows = rows.order(attempt::appealed_at.is_null().asc());
    }
    // PostgreSQL and SQLite place nulls differently, so they are ordered explicitly.
    let without = attempt::probability.is_null().asc();
    rows = match query.order {
        AttemptOrder::Newest => {
            rows.then_order_by((attempt::created_at.desc(), attempt::attempt_id.desc()))
        }
        AttemptOrder::Oldest => {
            rows.then_order_by((attempt::created_at.asc(), attempt::attempt_id.asc()))
        }
        AttemptOrder::MostProbable => {
            rows.then_order_by((without, attempt::probability.desc(), attempt::attempt_id.desc()))
        }
        AttemptOrder::LeastProbable => {
            rows.then_order_by((without, attempt::probability.asc(), attempt::attempt_id.desc()))
        }
        AttemptOrder::Slowest => {
            rows.then_order_by((attempt::took_ms.desc(), attempt::attempt_id.desc()))
        }
    };
    let rows: Vec<Row> =
        rows.offset(query.skip.into()).limit(query.limit.into()).load(connection).await?;
    Ok(rows.into_iter().map(Attempt::try_from).collect())
}

type FactRow = (PrimitiveDateTime, String, String, Option<i64>, Option<f64>, Option<f64>, i64);

pub(super) async fn facts(
    connection: &mut Connection,
    since: OffsetDateTime,
    until: OffsetDateTime,
    limit: u32,
) -> QueryResult<Result<Vec<AttemptFact>, Fault>> {
    let rows: Vec<FactRow> = attempt::table
        .filter(attempt::created_at.ge(instant::to_column(since)))
        .filter(attempt::created_at.lt(instant::to_column(until)))
        .order((attempt::created_at.desc(), attempt::attempt_id.desc()))
        .limit(limit.into())
        .select((
            attempt::created_at,
            attempt::kind,
            attempt::outcome,
            attempt::errcode,
            attempt::probability,
            attempt::threshold,
            attempt::took_ms,
        ))
        .load(connection)
        .await?;
    let fact = |(created_at, kind, outcome, code, probability, threshold, took): FactRow| {
        let unknown = |_| Fault::permanent("read the facts of an attempt: a name is unknown");
        Ok(AttemptFact {
            created_at: instant::from_column(created_at),
            kind: kind.parse::<AttemptKind>().map_err(unknown)?,
            outcome: outcome.parse::<AttemptOutcome>().map_err(unknown)?,
            errcode: errcode(code),
            probability,
            threshold,
            took: Duration::milliseconds(took),
        })
    };
    Ok(rows.into_iter().map(fact).collect())
}

/// Adds an appeal to an attempt without one and without a decision.
pub(super) async fn file_appeal(
    connection: &mut Connection,
    id: AttemptId,
    appeal: Appeal,
) -> QueryResult<bool> {
    let open = attempt::table
        .find(id.get())
        .filter(attempt::appealed_at.is_null())
        .filter(attempt::review.is_null());
    let filed = diesel::update(open)
        .set((
            attempt::appealed_at.eq(instant::to_column(appeal.filed_at)),
            attempt::appeal_text.eq(appeal.text.as_str()),
        ))
        .execute(connection)
        .await?;
    Ok(filed == 1)
}

pub(super) async fn has_appeal(connection: &mut Connection, id: AttemptId) -> QueryResult<bool> {
    let appealed = attempt::table.find(id.get()).filter(attempt::appealed_at.is_not_null());
    diesel::select(exists(appealed)).get_result(connection).await
}

pub(super) async fn kept_photos(
    connection: &mut Connection,
    before: OffsetDateTime,
    limit: u32,
) -> QueryResult<Result<Vec<(AttemptId, String)>, Fault>> {
    let rows: Vec<(i64, Option<String>)> = attempt::table
        .filter(attempt::outcome.eq(AttemptOutcome::Rejected.name()))
        .filter(attempt::created_at.lt(instant::to_column(before)))
        .filter(attempt::photo_url.is_not_null())
        .filter(attempt::appealed_at.is_null().or(attempt::review.is_not_null()))
        .order((attempt::created_at, attempt::attempt_id))
        .limit(limit.into())
        .select((attempt::attempt_id, attempt::photo_url))
        .load(connection)
        .await?;
    let kept = rows.into_iter().filter_map(|(id, url)| Some((id, url?)));
    Ok(kept.map(|(id, url)| Ok((attempt_id(id)?, url))).collect())
}

pub(super) async fn forget_photo(connection: &mut Connection, id: AttemptId) -> QueryResult<()> {
    diesel::update(attempt::table.find(id.get()))
        .set(attempt::photo_url.eq(None::<String>))
        .execute(connection)
        .await
        .map(drop)
}

pub(super) async fn forget(
    connection: &mut Connection,
    before: OffsetDateTime,
    limit: u32,
) -> QueryResult<u32> {
    // A kept photo would have no record.
    let keeps_photo =
        attempt::outcome.eq(AttemptOutcome::Rejected.name()).and(attempt::photo_url.is_not_null());
    let ids: Vec<i64> = attempt::table
        .filter(attempt::created_at.lt(instant::to_column(before)))
        .filter(diesel::dsl::not(keeps_photo))
        .order((attempt::created_at, attempt::attempt_id))
        .limit(limit.into())
        .select(attempt::attempt_id)
        .load(connection)
        .await?;
    let old = attempt::table.filter(attempt::attempt_id.eq_any(ids));
    diesel::delete(old).execute(connection).await.map(count)
}
