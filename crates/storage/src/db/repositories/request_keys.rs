use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::ports::Claiming;
use injeung_domain::{Claim, ClaimId, Fault, Fingerprint, RequestKey};
use time::OffsetDateTime;

use super::{Connection, count};
use crate::db::instant;
use crate::db::schema::request_key;

pub(super) async fn claim(
    connection: &mut Connection,
    key: RequestKey,
    fingerprint: Fingerprint,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> QueryResult<Result<Claiming, Fault>> {
    let (key, fingerprint) = (key.as_str(), &fingerprint.as_bytes()[..]);
    let (now, until) = (instant::to_column(now), instant::to_column(until));
    let of_key = request_key::table.filter(request_key::idempotency_key.eq(key));
    // A concurrent transaction that answers this key holds its row. The statement waits for it and
    // then checks the row again.
    diesel::delete(of_key.filter(request_key::valid_until.le(now))).execute(connection).await?;
    let claimed: Option<i64> = diesel::insert_into(request_key::table)
        .values((
            request_key::idempotency_key.eq(key),
            request_key::fingerprint.eq(fingerprint),
            request_key::valid_until.eq(until),
        ))
        .on_conflict_do_nothing()
        .returning(request_key::claim_id)
        .get_result(connection)
        .await
        .optional()?;
    if let Some(id) = claimed {
        return Ok(claim_id(id).map(Claiming::Claimed));
    }
    let found: Option<(Vec<u8>, Option<Vec<u8>>)> = of_key
        .select((request_key::fingerprint, request_key::answer))
        .first(connection)
        .await
        .optional()?;
    Ok(Ok(match found {
        // The key was released a moment ago; the caller's next try finds it free.
        None => Claiming::Pending,
        Some((theirs, _)) if theirs != fingerprint => Claiming::OtherRequest,
        Some((_, Some(answer))) => Claiming::Answered(answer.into()),
        Some((_, None)) => Claiming::Pending,
    }))
}

pub(super) async fn release(connection: &mut Connection, id: ClaimId) -> QueryResult<()> {
    let open = request_key::table.find(id.get()).filter(request_key::answer.is_null());
    diesel::delete(open).execute(connection).await.map(drop)
}

pub(super) async fn forget(
    connection: &mut Connection,
    now: OffsetDateTime,
    limit: u32,
) -> QueryResult<u32> {
    let is_over = request_key::valid_until.le(instant::to_column(now));
    let ids: Vec<i64> = request_key::table
        .filter(is_over)
        .order((request_key::valid_until, request_key::claim_id))
        .limit(limit.into())
        .select(request_key::claim_id)
        .load(connection)
        .await?;
    // A concurrent call may have answered one of them.
    let over = request_key::table.filter(request_key::claim_id.eq_any(ids)).filter(is_over);
    diesel::delete(over).execute(connection).await.map(count)
}

/// Answers the key of a claim, unless the claim was lost or the key answered; returns whether it
/// did. A concurrent call that would take over the claim waits, and then finds the answer.
pub(super) async fn answer(connection: &mut Connection, claim: &Claim) -> QueryResult<bool> {
    let open = request_key::table.find(claim.id.get()).filter(request_key::answer.is_null());
    let answered = diesel::update(open)
        .set((
            request_key::answer.eq(claim.answer.as_ref()),
            request_key::valid_until.eq(instant::to_column(claim.keep_until)),
        ))
        .execute(connection)
        .await?;
    Ok(answered == 1)
}

fn claim_id(id: i64) -> Result<ClaimId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("read claim {id}: {error}")))
}
