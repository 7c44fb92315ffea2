use time::{Duration, OffsetDateTime};

use crate::ports::{ObjectStore, Repository};
use crate::{Fault, ObjectKey};

/// Number of photos or records deleted at once.
const BATCH: u32 = 200;

/// Maximum number of batches of one kind that a call deletes.
const MAX_BATCHES: u32 = 50;

/// Durations for which the records of verifications are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptRetention {
    /// Duration for which a record is kept.
    pub records: Duration,
    /// Duration for which a rejected photo is kept; at most that of its record.
    pub rejected_photos: Duration,
}

/// Counts of what [`forget_attempts`] deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ForgottenAttempts {
    /// Rejected photos.
    pub photos: u32,
    /// Records.
    pub records: u32,
}

/// Deletes rejected photos, and then records, that are older than their retention. A record with a
/// photo stays until its photo is deleted.
///
/// # Errors
/// When the database failed; what was deleted before stays deleted. A photo that cannot be deleted is logged, and tried
/// again by the next call.
pub async fn forget_attempts(
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    now: OffsetDateTime,
    retention: AttemptRetention,
) -> Result<ForgottenAttempts, Fault> {
    let mut forgotten = ForgottenAttempts::default();
    let before = now.saturating_sub(retention.rejected_photos);
    for _ in 0..MAX_BATCHES {
        let kept = repository.kept_photos_before(before, BATCH).await?;
        let mut deleted = 0;
        for (id, url) in kept {
            // A record of another program can have a URL that is no object's.
            if let Ok(key) = ObjectKey::from_url(&url)
                && let Err(fault) = objects.delete(&key).await
            {
                fault.log(format_args!("delete rejected photo {key}"));
                continue;
            }
            repository.forget_kept_photo(id).await?;
            deleted += 1;
        }
        if deleted == 0 {
            break;
        }
        forgotten.photos += deleted;
    }
    let before = now.saturating_sub(retention.records);
    for _ in 0..MAX_BATCHES {
        match repository.forget_attempts(before, BATCH).await? {
            0 => break,
            records => forgotten.records += records,
        }
    }
    Ok(forgotten)
}
