use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;

use futures_util::{StreamExt, stream};
use tracing::warn;

use crate::reference_features::extract_again;
use crate::retry::retried;
use crate::{Fault, Ports, ReferenceId, StoredReference, VerificationError};

/// Number of references that are listed at once.
const PAGE: u32 = 100;

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
        let (index, count) = text.split_once('/').ok_or(ShardError)?;
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
    /// References whose features could not be extracted or stored; each is logged.
    pub failed: u64,
}

/// Extracts the features of the references that have none in the extractor's format, from their stored photos,
/// `at_once` at a time. Only the newest reference of each participation is read.
///
/// The service does the same for one reference when it gets a photo to compare with it, so both can run at once. A
/// call continues what an earlier one began, because features that exist are not extracted again. `report` gets the
/// counts after each reference.
///
/// # Errors
/// When the references cannot be listed; those that were extracted stay.
pub async fn reextract_references(
    ports: &Ports,
    shard: Shard,
    at_once: NonZeroUsize,
    mut report: impl FnMut(&Reextraction),
) -> Result<Reextraction, Fault> {
    let (clock, repository) = (&*ports.clock, &*ports.repository);
    let format = ports.extractor.format();
    let count = || repository.count_references_without(&format, shard);
    let mut done = Reextraction { total: retried(clock, count).await?, ..Reextraction::default() };
    report(&done);
    let mut last = None;
    loop {
        let page = || repository.references_without(&format, shard, last, PAGE);
        let page = retried(clock, page).await?;
        let Some(newest) = page.last() else { return Ok(done) };
        last = Some(newest.id);
        let mut extractions = stream::iter(&page)
            .map(async |reference| (reference.id, reextract(ports, reference).await))
            .buffer_unordered(at_once.get());
        while let Some((id, result)) = extractions.next().await {
            match result {
                Ok(()) => done.extracted += 1,
                Err(error) => {
                    warn!(%error, "failed to extract the features of reference {id}");
                    done.failed += 1;
                }
            }
            report(&done);
        }
    }
}

async fn reextract(ports: &Ports, reference: &StoredReference) -> Result<(), VerificationError> {
    let features = extract_again(ports, reference).await?;
    let put = || ports.repository.put_features(reference.id, &features, ports.clock.now());
    retried(&*ports.clock, put).await.map_err(VerificationError::Database)
}
