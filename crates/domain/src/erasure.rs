//! Erasure of what is stored about a person: photos, rows, features, traces and records.

use time::{Duration, OffsetDateTime};

use crate::participation::positive_id;
use crate::ports::{ObjectStore, Repository};
use crate::{Fault, ObjectKey, ParticipationId, UserId};

positive_id! {
    /// Database id of an erasure, assigned on insert.
    ErasureId
}

/// Number of photos that are erased at once.
const BATCH: u32 = 100;

/// Maximum number of times that a participation is erased while photos are still added.
const MAX_TRIES: u32 = 10;

/// Maximum number of erasures that one call continues.
const MAX_ERASURES: u32 = 100;

/// What to erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureSubject {
    /// All participations of a user.
    User(UserId),
    /// One participation.
    Participation(ParticipationId),
}

/// An erasure; its receipt once it is completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Database id.
    pub id: ErasureId,
    /// Instant of the request, to the microsecond.
    pub requested_at: OffsetDateTime,
    /// Instant from which on nothing is stored any more; `None` before.
    pub completed_at: Option<OffsetDateTime>,
    /// Participations to erase; empty once completed.
    pub participations: Vec<ParticipationId>,
    /// What was erased so far.
    pub erased: ErasedRows,
}

/// Counts of erased rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErasedRows {
    /// Participations, of those that this service stores itself.
    pub participations: u64,
    /// References, each with its photo and its features.
    pub references: u64,
    /// Accepted photos.
    pub feeds: u64,
    /// Records of verifications, with the rejected photos that were kept.
    pub attempts: u64,
}

/// Erases what is stored so far. Can be repeated after a fault, and run twice at once.
///
/// A photo is deleted before its row, so that no photo is left without a row after a fault. The last step for
/// each participation deletes the participation itself, so that a request under way cannot add to it.
///
/// # Errors
/// When the database or the object store failed for a participation, or other tables refer to it. What was erased before
/// stays erased, and the other participations are still erased.
pub async fn erase(
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    id: ErasureId,
) -> Result<(), Fault> {
    let Some(erasure) = repository.find_erasure(id).await? else { return Ok(()) };
    let mut erased = Ok(());
    for participation_id in erasure.participations {
        let result = erase_one(repository, objects, id, participation_id).await;
        erased = erased.and(result);
    }
    erased
}

async fn erase_one(
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    id: ErasureId,
    participation_id: ParticipationId,
) -> Result<(), Fault> {
    for _ in 0..MAX_TRIES {
        loop {
            let urls = repository.photos_of(participation_id, BATCH).await?;
            if urls.is_empty() {
                break;
            }
            for url in &urls {
                // A row of another program can have a URL that is no object's.
                if let Ok(key) = ObjectKey::from_url(url) {
                    objects.delete(&key).await?;
                }
            }
            repository.erase_photos(id, participation_id, &urls).await?;
        }
        // Refused if a photo was added meanwhile.
        if repository.erase_participation(id, participation_id).await? {
            return Ok(());
        }
    }
    Err(Fault::permanent(format!(
        "erase participation {participation_id}: photos are still added, or other tables refer to it"
    )))
}

/// Continues the erasures that are not completed, and completes those that were requested before `now` minus `grace`.
/// Returns the number of those completed. `grace` must exceed the maximum duration of a request and of its record.
///
/// # Errors
/// When the erasures could not be listed. One that fails is logged and continued by the next call.
pub async fn continue_erasures(
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    now: OffsetDateTime,
    grace: Duration,
) -> Result<u32, Fault> {
    let mut completed = 0;
    for Erasure { id, requested_at, .. } in repository.open_erasures(MAX_ERASURES).await? {
        let ended = async {
            erase(repository, objects, id).await?;
            if requested_at > now.saturating_sub(grace) {
                return Ok(false);
            }
            repository.complete_erasure(id, now).await.map(|()| true)
        };
        match ended.await {
            Ok(is_completed) => completed += u32::from(is_completed),
            Err(fault) => fault.log(format_args!("continue erasure {id}")),
        }
    }
    Ok(completed)
}
