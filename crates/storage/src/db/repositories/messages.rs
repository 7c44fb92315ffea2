//! Messages and the queue of participations that have some.
//!
//! A transaction that adds or ends a message first locks the participation's row in `webhook_queue`, or adds it. So the
//! transactions of one participation run one after another, and each sees the messages of those before it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::{
    AttemptKind, AttemptOutcome, DeliveryEnd, EventKind, Fault, Message, MessageCounts, MessageId,
    NewMessage, ParticipationId,
};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::{Connection, attempts, count};
use crate::db::instant;
use crate::db::schema::{webhook_message, webhook_queue};

#[derive(Insertable)]
#[diesel(table_name = webhook_message)]
struct NewRow {
    participation_id: i64,
    event: &'static str,
    occurred_at: PrimitiveDateTime,
    request_id: String,
    kind: Option<&'static str>,
    outcome: Option<&'static str>,
    errcode: Option<i64>,
    image_url: Option<String>,
    failures: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_message)]
struct Row {
    webhook_message_id: i64,
    participation_id: i64,
    event: String,
    occurred_at: PrimitiveDateTime,
    request_id: String,
    kind: Option<String>,
    outcome: Option<String>,
    errcode: Option<i64>,
    image_url: Option<String>,
    failures: i64,
    error: Option<String>,
    dead_at: Option<PrimitiveDateTime>,
}

impl TryFrom<Row> for Message {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let id = row.webhook_message_id;
        let invalid = |part: &str| Fault::permanent(format!("read message {id}: its {part}"));
        let kind = row.kind.map(|name| name.parse::<AttemptKind>()).transpose();
        let outcome = row.outcome.map(|name| name.parse::<AttemptOutcome>()).transpose();
        Ok(Self {
            id: id.try_into().map_err(|_| invalid("id"))?,
            message: NewMessage {
                event: row.event.parse::<EventKind>().map_err(|_| invalid("event"))?,
                occurred_at: instant::from_column(row.occurred_at),
                participation_id: row
                    .participation_id
                    .try_into()
                    .map_err(|_| invalid("participation"))?,
                request_id: row.request_id,
                kind: kind.map_err(|_| invalid("kind"))?,
                outcome: outcome.map_err(|_| invalid("outcome"))?,
                errcode: attempts::errcode(row.errcode),
                image_url: row.image_url,
            },
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            error: row.error,
            dead_at: row.dead_at.map(instant::from_column),
        })
    }
}

/// Deletes all messages of a participation.
pub(super) async fn remove_all(
    connection: &mut Connection,
    participation_id: ParticipationId,
) -> QueryResult<()> {
    let queue = webhook_queue::table.find(participation_id.get());
    diesel::delete(queue).execute(connection).await?;
    let messages =
        webhook_message::table.filter(webhook_message::participation_id.eq(participation_id.get()));
    diesel::delete(messages).execute(connection).await.map(drop)
}

/// Queues messages. Called late in a transaction, because it waits for other transactions of the participation.
pub(super) async fn add(
    connection: &mut Connection,
    messages: impl IntoIterator<Item = NewMessage>,
) -> QueryResult<()> {
    for new in messages {
        let (participation_id, occurred_at) =
            (new.participation_id.get(), instant::to_column(new.occurred_at));
        // The update changes nothing, but it locks an existing row.
        diesel::insert_into(webhook_queue::table)
            .values((
                webhook_queue::participation_id.eq(participation_id),
                webhook_queue::due_at.eq(occurred_at),
            ))
            .on_conflict(webhook_queue::participation_id)
            .do_update()
            .set(webhook_queue::participation_id.eq(participation_id))
            .execute(connection)
            .await?;
        let row = NewRow {
            participation_id,
            event: new.event.name(),
            occurred_at,
            request_id: new.request_id,
            kind: new.kind.map(AttemptKind::name),
            outcome: new.outcome.map(AttemptOutcome::name),
            errcode: new.errcode.map(i64::from),
            image_url: new.image_url,
            failures: 0,
        };
        diesel::insert_into(webhook_message::table).values(row).execute(connection).await?;
    }
    Ok(())
}

/// First waiting messages of the participations that are due.
pub(super) async fn due(
    connection: &mut Connection,
    now: OffsetDateTime,
    limit: u32,
) -> QueryResult<Result<Vec<Message>, Fault>> {
    let due: Vec<i64> = webhook_queue::table
        .filter(webhook_queue::due_at.le(instant::to_column(now)))
        .order((webhook_queue::due_at, webhook_queue::participation_id))
        .limit(limit.into())
        .select(webhook_queue::participation_id)
        .load(connection)
        .await?;
    let mut messages = Vec::with_capacity(due.len());
    for participation_id in due {
        messages.extend(first(connection, participation_id).await?);
    }
    Ok(messages.into_iter().map(Message::try_from).collect())
}

async fn first(connection: &mut Connection, participation_id: i64) -> QueryResult<Option<Row>> {
    webhook_message::table
        .filter(webhook_message::participation_id.eq(participation_id))
        .filter(webhook_message::dead_at.is_null())
        .order(webhook_message::webhook_message_id)
        .select(Row::as_select())
        .first(connection)
        .await
        .optional()
}

/// Stores how a delivery ended, and when the participation's next one is due.
pub(super) async fn end(
    connection: &mut Connection,
    id: MessageId,
    end: DeliveryEnd,
) -> QueryResult<()> {
    let waiting =
        || webhook_message::table.find(id.get()).filter(webhook_message::dead_at.is_null());
    let found: Option<i64> =
        waiting().select(webhook_message::participation_id).first(connection).await.optional()?;
    let Some(participation_id) = found else { return Ok(()) };
    let queued = webhook_queue::table.find(participation_id);
    diesel::update(queued)
        .set(webhook_queue::participation_id.eq(participation_id))
        .execute(connection)
        .await?;
    let failed = |error| {
        (
            webhook_message::failures.eq(webhook_message::failures + 1),
            webhook_message::error.eq(Some(error)),
        )
    };
    let again_at = match end {
        DeliveryEnd::Delivered => {
            diesel::delete(waiting()).execute(connection).await?;
            None
        }
        DeliveryEnd::Again { at, error } => {
            diesel::update(waiting()).set(failed(error)).execute(connection).await?;
            Some(instant::to_column(at))
        }
        DeliveryEnd::Dead { at, error } => {
            let dead = webhook_message::dead_at.eq(instant::to_column(at));
            diesel::update(waiting()).set((failed(error), dead)).execute(connection).await?;
            None
        }
    };
    let due_at = match again_at {
        Some(at) => Some(at),
        // It has been due since it was queued.
        None => first(connection, participation_id).await?.map(|next| next.occurred_at),
    };
    match due_at {
        Some(at) => {
            diesel::update(queued).set(webhook_queue::due_at.eq(at)).execute(connection).await?
        }
        None => diesel::delete(queued).execute(connection).await?,
    };
    Ok(())
}

pub(super) async fn list(
    connection: &mut Connection,
    dead: bool,
    limit: u32,
) -> QueryResult<Result<Vec<Message>, Fault>> {
    let oldest = webhook_message::table
        .select(Row::as_select())
        .order(webhook_message::webhook_message_id)
        .limit(limit.into());
    let rows: Vec<Row> = if dead {
        oldest.filter(webhook_message::dead_at.is_not_null()).load(connection).await?
    } else {
        oldest.filter(webhook_message::dead_at.is_null()).load(connection).await?
    };
    Ok(rows.into_iter().map(Message::try_from).collect())
}

pub(super) async fn counts(connection: &mut Connection) -> QueryResult<MessageCounts> {
    let waiting = webhook_message::table.filter(webhook_message::dead_at.is_null());
    let waiting: i64 = waiting.count().get_result(connection).await?;
    let dead = webhook_message::table.filter(webhook_message::dead_at.is_not_null());
    let dead: i64 = dead.count().get_result(connection).await?;
    Ok(MessageCounts { waiting: waiting.unsigned_abs(), dead: dead.unsigned_abs() })
}

pub(super) async fn send_again(
    connection: &mut Connection,
    id: MessageId,
    now: OffsetDateTime,
) -> QueryResult<bool> {
    let dead =
        || webhook_message::table.find(id.get()).filter(webhook_message::dead_at.is_not_null());
    let found: Option<i64> =
        dead().select(webhook_message::participation_id).first(connection).await.optional()?;
    let Some(participation_id) = found else { return Ok(false) };
    let due_at = webhook_queue::due_at.eq(instant::to_column(now));
    diesel::insert_into(webhook_queue::table)
        .values((webhook_queue::participation_id.eq(participation_id), due_at))
        .on_conflict(webhook_queue::participation_id)
        .do_update()
        .set(due_at)
        .execute(connection)
        .await?;
    // A concurrent call can have done it while this one waited for the lock.
    let revived = diesel::update(dead())
        .set((
            webhook_message::failures.eq(0),
            webhook_message::dead_at.eq(None::<PrimitiveDateTime>),
        ))
        .execute(connection)
        .await?;
    Ok(revived == 1)
}

pub(super) async fn forget(
    connection: &mut Connection,
    before: OffsetDateTime,
    limit: u32,
) -> QueryResult<u32> {
    let old = || webhook_message::dead_at.lt(instant::to_column(before));
    let ids: Vec<i64> = webhook_message::table
        .filter(old())
        .order((webhook_message::dead_at, webhook_message::webhook_message_id))
        .limit(limit.into())
        .select(webhook_message::webhook_message_id)
        .load(connection)
        .await?;
    let some = webhook_message::table
        .filter(webhook_message::webhook_message_id.eq_any(ids))
        .filter(old());
    diesel::delete(some).execute(connection).await.map(count)
}
