use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::{ApiKey, Fault, KeyId, Scope};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::Connection;
use crate::db::instant;
use crate::db::schema::api_key;

#[derive(Queryable, Insertable, Selectable)]
#[diesel(table_name = api_key)]
struct Row {
    key_id: String,
    name: String,
    secret_sha256: Vec<u8>,
    scopes: String,
    created_at: PrimitiveDateTime,
    expires_at: Option<PrimitiveDateTime>,
    revoked_at: Option<PrimitiveDateTime>,
    last_used_at: Option<PrimitiveDateTime>,
}

impl From<ApiKey> for Row {
    fn from(key: ApiKey) -> Self {
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
        Self {
            key_id: key.id.to_string(),
            name: key.name.to_string(),
            secret_sha256: key.digest.to_vec(),
            scopes: scopes.join(" "),
            created_at: instant::to_column(key.created_at),
            expires_at: key.expires_at.map(instant::to_column),
            revoked_at: key.revoked_at.map(instant::to_column),
            last_used_at: key.last_used_at.map(instant::to_column),
        }
    }
}

impl TryFrom<Row> for ApiKey {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let id = row.key_id;
        let invalid = |error: String| Fault::permanent(format!("API key {id}: {error}"));
        let scopes = row.scopes.split_whitespace().map(str::parse::<Scope>).collect();
        Ok(Self {
            id: id.parse().map_err(|_| invalid("its id is not one".to_owned()))?,
            name: row.name.parse().map_err(|error| invalid(format!("{error}")))?,
            digest: row
                .secret_sha256
                .try_into()
                .map_err(|_| invalid("its digest is not 32 bytes".to_owned()))?,
            scopes: Result::map_err(scopes, |error| invalid(error.to_string()))?,
            created_at: instant::from_column(row.created_at),
            expires_at: row.expires_at.map(instant::from_column),
            revoked_at: row.revoked_at.map(instant::from_column),
            last_used_at: row.last_used_at.map(instant::from_column),
        })
    }
}

pub(super) async fn add(connection: &mut Connection, key: ApiKey) -> QueryResult<bool> {
    let added = diesel::insert_into(api_key::table)
        .values(Row::from(key))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    Ok(added == 1)
}

pub(super) async fn find(
    connection: &mut Connection,
    id: KeyId,
) -> QueryResult<Result<Option<ApiKey>, Fault>> {
    let row: Option<Row> = api_key::table
        .find(id.as_str())
        .select(Row::as_select())
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(ApiKey::try_from).transpose())
}

pub(super) async fn all(connection: &mut Connection) -> QueryResult<Result<Vec<ApiKey>, Fault>> {
    let rows: Vec<Row> = api_key::table
        .order((api_key::created_at, api_key::key_id))
        .select(Row::as_select())
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(ApiKey::try_from).collect())
}

pub(super) async fn revoke(
    connection: &mut Connection,
    id: KeyId,
    now: OffsetDateTime,
) -> QueryResult<bool> {
    let valid = api_key::table.find(id.as_str()).filter(api_key::revoked_at.is_null());
    diesel::update(valid)
        .set(api_key::revoked_at.eq(instant::to_column(now)))
        .execute(connection)
        .await?;
    diesel::select(diesel::dsl::exists(api_key::table.find(id.as_str())))
        .get_result(connection)
        .await
}

pub(super) async fn touch(
    connection: &mut Connection,
    id: KeyId,
    now: OffsetDateTime,
) -> QueryResult<()> {
    let now = instant::to_column(now);
    let is_later = api_key::last_used_at.is_null().or(api_key::last_used_at.lt(now));
    diesel::update(api_key::table.find(id.as_str()).filter(is_later))
        .set(api_key::last_used_at.eq(now))
        .execute(connection)
        .await
        .map(drop)
}
