use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;

use futures_util::{StreamExt, stream};
use tracing::warn;

use crate::ports::{Clock, FeatureExtractor, ObjectStore, Repository};
use crate::reference_features::extract_again;
use crate::retry::retried;
use crate::{Fault, FaultKind, ReferenceId, StoredReference, VerificationError};

/// Number of references that are listed at once.
const PAGE: u32 = 100;

/// Number of failures in a row after which the database or the store counts as down, or as the wrong one.
const FAILURES_IN_A_ROW: u32 = 20;

/// The part of the references that one of several processes works on.
///
/// Its text is `INDEX/COUNT`, with indices from 0, such as `3/50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: NonZeroU32,
}

/// An invalid shard.
#[derive(Debug, thiserror::Error)]
#[error("a shard is INDEX/COUNT, such as 3/50, with an index from 0 to COUNT - 1")]
pub struct ShardError;

impl Shard {
    /// All references.
    pub const ALL: Self = Self { index: 0, count: NonZeroU32::MIN };

    /// Remainder of the ids of its references when they are divided by [`count`](Self::count).
    pub fn index(self) -> u32 {
        self.index
    }

    /// Number of shards.
    pub fn count(self) -> NonZeroU32 {
        self.count
    }

    /// Whether a reference belongs to the shard.
    pub fn contains(self, id: ReferenceId) -> bool {
        id.get().rem_euclid(self.count.get().into()) == i64::from(self.index)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let is_plain = text.bytes().all(|byte| byte == b'/' || byte.is_ascii_digit());
        let (index, count) = text.split_once('/').filter(|_| is_plain).ok_or(ShardError)?;
        let index = index.parse().map_err(|_| ShardError)?;
        let count: NonZeroU32 = count.parse().map_err(|_| ShardError)?;
        if index < count.get() { Ok(Self { index, count }) } else { Err(ShardError) }
    }
}

/// What [`reextract_references`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reextraction {
    /// References that lacked features at the start.
    pub total: u64,
    /// References with new features.
    pub extracted: u64,
    /// References whose stored photo is missing or unreadable; each is logged. A further call finds them again.
    pub unreadable: u64,
    /// References that a transient fault prevented; each is logged. A further call continues with them.
    pub failed: u64,
}

impl Reextraction {
    /// References that were tried.
    pub fn tried(&self) -> u64 {
        self.extracted + self.unreadable + self.failed
    }
}

/// What [`reextract_references`] uses.
#[derive(Clone, Copy)]
pub struct ReextractionPorts<'a> {
    /// Times of pauses and of what is stored.
    pub clock: &'a dyn Clock,
    /// Rows of the references.
    pub repository: &'a dyn Repository,
    /// Their photos.
    pub objects: &'a dyn ObjectStore,
    /// The extractor whose format is missing.
    pub extractor: &'a dyn FeatureExtractor,
}

/// Extracts the features of the references that have none in the extractor's format, from their stored photos,
/// `at_once` at a time. Only the newest reference of each participation is read.
///
/// The service does the same for one reference when it gets a photo to compare with it, so both can run at once. A
/// call continues what an earlier one began, because features that exist are not extracted again. `report` gets the
/// counts after each reference.
///
/// # Errors
/// When the references cannot be listed, or 20 of them in a row fail. Those that were extracted stay.
pub async fn reextract_references(
    ports: ReextractionPorts<'_>,
    shard: Shard,
    at_once: NonZeroUsize,
    mut report: impl FnMut(&Reextraction),
) -> Result<Reextraction, Fault> {
    let ReextractionPorts { clock, repository, extractor, .. } = ports;
    let format = extractor.format();
    let count = || repository.count_references_without(&format, shard);
    let mut done = Reextraction { total: retried(clock, count).await?, ..Reextraction::default() };
    report(&done);
    let (mut last, mut in_a_row) = (None, 0);
    loop {
        let page = || repository.references_without(&format, shard, last, PAGE);
        let page = retried(clock, page).await?;
        let Some(newest) = page.last() else { return Ok(done) };
        last = Some(newest.id);
        let mut extractions = stream::iter(&page)
            .map(async |reference| (reference.id, reextract(ports, reference).await))
            .buffer_unordered(at_once.get());
        while let Some((id, result)) = extractions.next().await {
            let Err(error) = result else {
                (done.extracted, in_a_row) = (done.extracted + 1, 0);
                report(&done);
                continue;
            };
            warn!(%error, "failed to extract the features of reference {id}");
            in_a_row += 1;
            if in_a_row == FAILURES_IN_A_ROW {
                return Err(Fault::transient(error));
            }
            if may_pass(&error) {
                done.failed += 1;
            } else {
                done.unreadable += 1;
            }
            report(&done);
        }
    }
}

/// Whether a later call can extract the features.
fn may_pass(error: &VerificationError) -> bool {
    use VerificationError as Error;
    match error {
        Error::Vision(fault) | Error::Objects(fault) | Error::Database(fault) => {
            fault.kind != FaultKind::Permanent
        }
        Error::Photo(_)
        | Error::UnknownParticipation(_)
        | Error::NotOwner(_)
        | Error::OutsideWindow(_)
        | Error::DayTaken(_)
        | Error::TooManyAttempts { .. }
        | Error::Replayed(..) => false,
    }
}

async fn reextract(
    ports: ReextractionPorts<'_>,
    reference: &StoredReference,
) -> Result<(), VerificationError> {
    let ReextractionPorts { clock, repository, objects, extractor } = ports;
    let features = extract_again(objects, extractor, reference).await?;
    let put = || repository.put_features(reference.id, &features, clock.now());
    retried(clock, put).await.map_err(VerificationError::Database)
}
