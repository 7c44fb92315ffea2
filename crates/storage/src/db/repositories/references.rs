use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use injeung_domain::{
    Fault, FeatureFormat, NewReference, ParticipationId, ReferenceFeatures, ReferenceId, Shard,
    StoredReference,
};
use time::OffsetDateTime;

use super::{Backend, Connection, count, views};
use crate::db::instant;
use crate::db::schema::{auth_standard_img, reference_features};

pub(super) async fn newest(
    connection: &mut Connection,
    participation_id: ParticipationId,
) -> QueryResult<Result<Option<StoredReference>, Fault>> {
    let row: Option<(i64, String)> = auth_standard_img::table
        .filter(auth_standard_img::participation_id.eq(participation_id.get()))
        .order(auth_standard_img::auth_standard_img_id.desc())
        .select((auth_standard_img::auth_standard_img_id, auth_standard_img::standard_img))
        .first(connection)
        .await
        .optional()?;
    let Some((id, image_url)) = row else { return Ok(Ok(None)) };
    Ok(reference_id(id).map(|id| Some(StoredReference { id, image_url })))
}

pub(super) async fn latest(
    connection: &mut Connection,
    participation_id: ParticipationId,
    before: Option<ReferenceId>,
    limit: u32,
) -> QueryResult<Result<Vec<StoredReference>, Fault>> {
    let before = before.map_or(i64::MAX, ReferenceId::get);
    let rows: Vec<(i64, String)> = auth_standard_img::table
        .filter(auth_standard_img::participation_id.eq(participation_id.get()))
        .filter(auth_standard_img::auth_standard_img_id.lt(before))
        .order(auth_standard_img::auth_standard_img_id.desc())
        .limit(limit.into())
        .select((auth_standard_img::auth_standard_img_id, auth_standard_img::standard_img))
        .load(connection)
        .await?;
    Ok(stored(rows))
}

diesel::infix_operator!(Remainder, " % ", BigInt);
diesel::alias!(auth_standard_img as newer_reference: NewerReference);

/// The newest references of participations, if they belong to the shard and have no current features in the format.
fn without_features(
    format: FeatureFormat,
    shard: Shard,
) -> auth_standard_img::BoxedQuery<'static, Backend> {
    let id = auth_standard_img::auth_standard_img_id;
    let owner = auth_standard_img::participation_id;
    let newer = newer_reference
        .filter(newer_reference.field(owner).eq(owner))
        .filter(newer_reference.field(id).gt(id));
    let features = reference_features::table
        .filter(reference_features::auth_standard_img_id.eq(id))
        .filter(reference_features::algorithm.eq(format.algorithm))
        .filter(reference_features::version.eq(i64::from(format.version)))
        .filter(reference_features::superseded_at.is_null());
    let count = i64::from(shard.count().get()).into_sql::<BigInt>();
    auth_standard_img::table
        .into_boxed()
        .filter(Remainder::new(id, count).eq(i64::from(shard.index())))
        .filter(not(exists(newer)))
        .filter(not(exists(features)))
}

pub(super) async fn without(
    connection: &mut Connection,
    format: FeatureFormat,
    shard: Shard,
    after: Option<ReferenceId>,
    limit: u32,
) -> QueryResult<Result<Vec<StoredReference>, Fault>> {
    let rows: Vec<(i64, String)> = without_features(format, shard)
        .filter(auth_standard_img::auth_standard_img_id.gt(after.map_or(0, ReferenceId::get)))
        .order(auth_standard_img::auth_standard_img_id)
        .limit(limit.into())
        .select((auth_standard_img::auth_standard_img_id, auth_standard_img::standard_img))
        .load(connection)
        .await?;
    Ok(stored(rows))
}

pub(super) async fn count_without(
    connection: &mut Connection,
    format: FeatureFormat,
    shard: Shard,
) -> QueryResult<Result<u64, Fault>> {
    let number: i64 = without_features(format, shard).count().get_result(connection).await?;
    Ok(number.try_into().map_err(|error| Fault::permanent(format!("count references: {error}"))))
}

pub(super) async fn add(
    connection: &mut Connection,
    reference: NewReference,
) -> QueryResult<Result<ReferenceId, Fault>> {
    let NewReference { participation_id, image_url, features, .. } = reference;
    let id: i64 = diesel::insert_into(auth_standard_img::table)
        .values((
            auth_standard_img::participation_id.eq(participation_id.get()),
            auth_standard_img::standard_img.eq(image_url),
        ))
        .returning(auth_standard_img::auth_standard_img_id)
        .get_result(connection)
        .await?;
    diesel::insert_into(reference_features::table)
        .values(FeaturesRow::new(id, &features))
        .execute(connection)
        .await?;
    views::remove_of_older(connection, participation_id, id).await?;
    Ok(reference_id(id))
}

pub(super) async fn find_features(
    connection: &mut Connection,
    id: ReferenceId,
    format: FeatureFormat,
) -> QueryResult<Option<ReferenceFeatures>> {
    let bytes: Option<Vec<u8>> = reference_features::table
        .find((id.get(), &format.algorithm, i64::from(format.version)))
        .select(reference_features::features)
        .first(connection)
        .await
        .optional()?;
    Ok(bytes.map(|bytes| ReferenceFeatures { format, bytes: bytes.into() }))
}

/// Adds or replaces features and marks those in other formats as superseded now.
pub(super) async fn put_features(
    connection: &mut Connection,
    id: ReferenceId,
    features: &ReferenceFeatures,
    now: OffsetDateTime,
) -> QueryResult<()> {
    let current = reference_features::table.filter(
        reference_features::auth_standard_img_id
            .eq(id.get())
            .and(reference_features::superseded_at.is_null()),
    );
    diesel::update(current)
        .set(reference_features::superseded_at.eq(instant::to_column(now)))
        .execute(connection)
        .await?;
    let row = FeaturesRow::new(id.get(), features);
    diesel::insert_into(reference_features::table)
        .values(&row)
        .on_conflict((
            reference_features::auth_standard_img_id,
            reference_features::algorithm,
            reference_features::version,
        ))
        .do_update()
        .set(&row)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn forget_features(
    connection: &mut Connection,
    superseded_before: OffsetDateTime,
    limit: u32,
) -> QueryResult<u32> {
    let rows: Vec<(i64, String, i64)> = reference_features::table
        .filter(reference_features::superseded_at.lt(instant::to_column(superseded_before)))
        .order(reference_features::superseded_at)
        .limit(limit.into())
        .select((
            reference_features::auth_standard_img_id,
            reference_features::algorithm,
            reference_features::version,
        ))
        .load(connection)
        .await?;
    let mut forgotten = 0;
    for (id, algorithm, version) in rows {
        // A concurrent call may have put one of them again.
        let superseded = reference_features::table
            .find((id, algorithm, version))
            .filter(reference_features::superseded_at.is_not_null());
        forgotten += diesel::delete(superseded).execute(connection).await?;
    }
    Ok(count(forgotten))
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = reference_features, treat_none_as_null = true)]
struct FeaturesRow {
    auth_standard_img_id: i64,
    algorithm: String,
    version: i64,
    features: Vec<u8>,
    superseded_at: Option<time::PrimitiveDateTime>,
}

impl FeaturesRow {
    fn new(id: i64, features: &ReferenceFeatures) -> Self {
        Self {
            auth_standard_img_id: id,
            algorithm: features.format.algorithm.clone(),
            version: features.format.version.into(),
            features: features.bytes.to_vec(),
            superseded_at: None,
        }
    }
}

fn stored(rows: Vec<(i64, String)>) -> Result<Vec<StoredReference>, Fault> {
    let row = |(id, image_url)| Ok(StoredReference { id: reference_id(id)?, image_url });
    rows.into_iter().map(row).collect()
}

fn reference_id(id: i64) -> Result<ReferenceId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("read reference {id}: {error}")))
}
