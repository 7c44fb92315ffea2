use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use injeung_domain::{
    EarlierPhoto, EarlierPhotos, ExaminedPhoto, Fault, NewTrace, ParticipationId, PerceptualHash,
    PhotoTrace, Replay, ReplayScope, SearchArea, TracePosition,
};

use super::{Backend, Connection};
use crate::db::schema::{photo_trace, replay_area};

/// Maximum number of entries that are read in one look-up. Ten million hashes have 20,000 for the 128 bands of eight
/// variants; more mean that many pictures look alike.
const MAX_ENTRIES: usize = 100_000;

/// Minimum number of bands in which a near hash equals the variants. Of ten million hashes 20 do by chance.
const MIN_BANDS: usize = 2;

/// Maximum number of hashes whose distance is computed.
const MAX_HASHES: usize = 100;

/// Maximum number of photos added since a look-up that are read; of more, one is assumed to be similar.
const MAX_NEWER: i64 = 200;

/// Locks an area until the end of the transaction. A concurrent transaction waits, and then sees what this one added.
pub(super) async fn lock(connection: &mut Connection, area: &SearchArea) -> QueryResult<()> {
    let name = match area.scope {
        ReplayScope::Participation => format!("participation {}", area.participation_id),
        ReplayScope::Group => format!("group {}", area.group_id),
        ReplayScope::All => "all".to_owned(),
    };
    diesel::insert_into(replay_area::table)
        .values(replay_area::area.eq(&name))
        .on_conflict(replay_area::area)
        .do_update()
        .set(replay_area::area.eq(&name))
        .execute(connection)
        .await
        .map(drop)
}

/// Whether a photo that was added since the look-up can be the original.
pub(super) async fn has_newer(connection: &mut Connection, new: &NewTrace) -> QueryResult<bool> {
    let NewTrace { area, photo, until, .. } = new;
    let rows: Vec<(i64, Vec<u8>, Option<Vec<u8>>)> = locked(area)
        .filter(photo_trace::photo_trace_id.gt(until.0))
        .order(photo_trace::photo_trace_id)
        .limit(MAX_NEWER)
        .select((photo_trace::participation_id, photo_trace::pixels_sha256, photo_trace::hash))
        .load(connection)
        .await?;
    let can_be_the_original =
        |(participation_id, pixels, hash): &(i64, Vec<u8>, Option<Vec<u8>>)| {
            *participation_id == area.participation_id.get()
                || *pixels == photo.trace.pixels_sha256
                || hash.as_deref().and_then(hash_of).is_some_and(|hash| photo.is_near(&hash))
        };
    Ok(rows.iter().any(can_be_the_original) || rows.len() as i64 == MAX_NEWER)
}

/// Adds the trace of a photo whose area is locked.
pub(super) async fn add(
    connection: &mut Connection,
    area: &SearchArea,
    image_url: &str,
    trace: &PhotoTrace,
    replay: Option<&Replay>,
) -> QueryResult<()> {
    let id: i64 = diesel::insert_into(photo_trace::table)
        .values((
            photo_trace::participation_id.eq(area.participation_id.get()),
            photo_trace::challenge_group_id.eq(area.group_id.get()),
            photo_trace::image_url.eq(image_url),
            photo_trace::pixels_sha256.eq(&trace.pixels_sha256[..]),
            photo_trace::hash.eq(trace.hash.as_ref().map(|hash| &hash.as_bytes()[..])),
            photo_trace::points.eq(trace.points.as_ref()),
            photo_trace::replay.eq(replay.map(|replay| replay.kind.name())),
            photo_trace::replay_of.eq(replay.map(|replay| replay.earlier.as_str())),
        ))
        .returning(photo_trace::photo_trace_id)
        .get_result(connection)
        .await?;
    let Some(hash) = &trace.hash else { return Ok(()) };
    // Diesel inserts several rows of SQLite one by one. The text holds numbers only.
    let rows: Vec<_> = hash.bands().map(|band| format!("({band}, {id})")).into();
    let insert = "INSERT INTO photo_trace_band (band, photo_trace_id) VALUES";
    let insert = format!("{insert} {}", rows.join(", "));
    diesel::sql_query(insert).execute(connection).await.map(drop)
}

/// Removes all traces of a participation.
pub(super) async fn remove_all(
    connection: &mut Connection,
    participation_id: ParticipationId,
) -> QueryResult<()> {
    // The text holds a number only.
    let bands = format!(
        "DELETE FROM photo_trace_band WHERE photo_trace_id IN \
         (SELECT photo_trace_id FROM photo_trace WHERE participation_id = {participation_id})"
    );
    diesel::sql_query(bands).execute(connection).await?;
    let traces =
        photo_trace::table.filter(photo_trace::participation_id.eq(participation_id.get()));
    diesel::delete(traces).execute(connection).await.map(drop)
}

/// Removes a photo's URL from the traces of its copies.
pub(super) async fn forget_original(
    connection: &mut Connection,
    image_url: &str,
) -> QueryResult<()> {
    let copies = photo_trace::table.filter(photo_trace::replay_of.eq(image_url));
    diesel::update(copies)
        .set(photo_trace::replay_of.eq(None::<String>))
        .execute(connection)
        .await
        .map(drop)
}

/// Removes the trace of a photo of a participation.
pub(super) async fn remove(
    connection: &mut Connection,
    participation_id: ParticipationId,
    image_url: &str,
) -> QueryResult<()> {
    let removed: Vec<i64> = diesel::delete(photo_trace::table)
        .filter(photo_trace::participation_id.eq(participation_id.get()))
        .filter(photo_trace::image_url.eq(image_url))
        .returning(photo_trace::photo_trace_id)
        .get_results(connection)
        .await?;
    for id in removed {
        // The text holds a number only.
        let bands = format!("DELETE FROM photo_trace_band WHERE photo_trace_id = {id}");
        diesel::sql_query(bands).execute(connection).await?;
    }
    Ok(())
}

pub(super) async fn find_same_pixels(
    connection: &mut Connection,
    area: SearchArea,
    pixels_sha256: [u8; 32],
) -> QueryResult<Option<String>> {
    within(&area)
        .filter(photo_trace::pixels_sha256.eq(pixels_sha256.to_vec()))
        .order(photo_trace::photo_trace_id)
        .select(photo_trace::image_url)
        .first(connection)
        .await
        .optional()
}

pub(super) async fn earlier(
    connection: &mut Connection,
    area: SearchArea,
    photo: ExaminedPhoto,
) -> QueryResult<Result<EarlierPhotos, Fault>> {
    // First, so that what is added later is found by `has_newer`.
    let newest =
        locked(&area).order(photo_trace::photo_trace_id.desc()).select(photo_trace::photo_trace_id);
    let until: Option<i64> = newest.first(connection).await.optional()?;
    let own = photo_trace::table
        .filter(photo_trace::participation_id.eq(area.participation_id.get()))
        .order(photo_trace::photo_trace_id.desc())
        .limit(EarlierPhotos::OWN.into())
        .select(Row::as_select())
        .load(connection)
        .await?;
    let near = match area.scope {
        ReplayScope::Participation => Vec::new(),
        ReplayScope::Group | ReplayScope::All => near(connection, &area, &photo).await?,
    };
    let until = TracePosition(until.unwrap_or_default());
    Ok(read(own)
        .and_then(|own| Ok(EarlierPhotos { own, near: nearest(&photo, read(near)?), until })))
}

/// Rows of other participations in the area whose hash equals the variants in two bands.
async fn near(
    connection: &mut Connection,
    area: &SearchArea,
    photo: &ExaminedPhoto,
) -> QueryResult<Vec<Row>> {
    let bands: Vec<_> = photo.variants.iter().flat_map(PerceptualHash::bands).collect();
    if bands.is_empty() {
        return Ok(Vec::new());
    }
    // The text holds numbers only. Diesel has no limit of a select that another groups.
    let bands: Vec<_> = bands.iter().map(i64::to_string).collect();
    let query = format!(
        "SELECT photo_trace_id FROM (
             SELECT photo_trace_id FROM photo_trace_band WHERE band IN ({}) LIMIT {MAX_ENTRIES}
         ) AS entries
         GROUP BY photo_trace_id HAVING count(*) >= {MIN_BANDS}
         ORDER BY count(*) DESC, photo_trace_id DESC LIMIT {MAX_HASHES}",
        bands.join(", ")
    );
    let found: Vec<Near> = diesel::sql_query(query).load(connection).await?;
    let ids: Vec<i64> = found.into_iter().map(|near| near.photo_trace_id).collect();
    within(area)
        .filter(photo_trace::photo_trace_id.eq_any(ids))
        .filter(photo_trace::participation_id.ne(area.participation_id.get()))
        .select(Row::as_select())
        .load(connection)
        .await
}

/// The photos with a near hash, the nearest first.
fn nearest(photo: &ExaminedPhoto, mut found: Vec<EarlierPhoto>) -> Vec<EarlierPhoto> {
    let distance = |earlier: &EarlierPhoto| {
        earlier.trace.hash.as_ref().map_or(u32::MAX, |hash| photo.distance(hash))
    };
    found.retain(|earlier| distance(earlier) <= PerceptualHash::MAX_DISTANCE);
    found.sort_by_key(|earlier| (distance(earlier), earlier.position));
    found.truncate(EarlierPhotos::NEAR);
    found
}

/// The traces that are added under the lock of an area. Their ids are in the order of their commits, which those of
/// several areas are not.
fn locked(area: &SearchArea) -> photo_trace::BoxedQuery<'static, Backend> {
    let rows = photo_trace::table.into_boxed();
    match area.scope {
        ReplayScope::Participation => {
            rows.filter(photo_trace::participation_id.eq(area.participation_id.get()))
        }
        ReplayScope::Group => rows.filter(photo_trace::challenge_group_id.eq(area.group_id.get())),
        ReplayScope::All => rows,
    }
}

/// The traces of an area.
fn within(area: &SearchArea) -> photo_trace::BoxedQuery<'static, Backend> {
    let rows = photo_trace::table.into_boxed();
    let own = photo_trace::participation_id.eq(area.participation_id.get());
    match area.scope {
        ReplayScope::Participation => rows.filter(own),
        ReplayScope::Group => {
            rows.filter(own.or(photo_trace::challenge_group_id.eq(area.group_id.get())))
        }
        ReplayScope::All => rows,
    }
}

#[derive(QueryableByName)]
struct Near {
    #[diesel(sql_type = BigInt)]
    photo_trace_id: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = photo_trace)]
struct Row {
    photo_trace_id: i64,
    image_url: String,
    pixels_sha256: Vec<u8>,
    hash: Option<Vec<u8>>,
    points: Vec<u8>,
}

fn read(rows: Vec<Row>) -> Result<Vec<EarlierPhoto>, Fault> {
    rows.into_iter().map(EarlierPhoto::try_from).collect()
}

impl TryFrom<Row> for EarlierPhoto {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let id = row.photo_trace_id;
        let digest = |bytes: Vec<u8>| {
            bytes.try_into().map_err(|_| Fault::permanent(format!("read the trace {id}: 32 bytes")))
        };
        let trace = PhotoTrace {
            pixels_sha256: digest(row.pixels_sha256)?,
            hash: row.hash.map(digest).transpose()?.map(PerceptualHash::new),
            points: row.points.into(),
        };
        Ok(Self { position: TracePosition(id), image_url: row.image_url, trace })
    }
}

fn hash_of(bytes: &[u8]) -> Option<PerceptualHash> {
    bytes.try_into().ok().map(PerceptualHash::new)
}
