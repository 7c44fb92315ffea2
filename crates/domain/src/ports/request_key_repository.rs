use async_trait::async_trait;
use bytes::Bytes;
use time::OffsetDateTime;

use crate::{Claim, ClaimId, Fault, Fingerprint, RequestKey};

/// Keeps request keys with what they were answered with.
///
/// A key is *claimed* from [`claim`](Self::claim) until it is *answered*, by
/// [`answer`](Self::answer) or with the row that a repository adds under the claim, or until it is
/// released. Claims and answers count until an instant; after that, whatever their state, it is as
/// if they were not there.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RequestKeyRepository: Send + Sync {
    /// Claims a key until an instant, unless it is taken `now`. Of several callers at once exactly
    /// one succeeds.
    ///
    /// A claim whose time is over is taken over by this; its former holder cannot answer the key or
    /// add a row under it any more.
    async fn claim(
        &self,
        key: &RequestKey,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Claiming, Fault>;

    /// Answers a claimed key. Where the claim was lost, or the key answered, nothing changes.
    async fn answer(&self, claim: &Claim) -> Result<(), Fault>;

    /// Gives a claimed key back. Where the claim was lost, or the key answered, nothing changes.
    async fn release(&self, id: ClaimId) -> Result<(), Fault>;

    /// Forgets keys whose time is over at an instant, `limit` at most, and tells how many.
    async fn forget(&self, now: OffsetDateTime, limit: u32) -> Result<u32, Fault>;
}

/// What became of claiming a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claiming {
    /// It is the caller's.
    Claimed(ClaimId),
    /// The same request has it, and has not been answered.
    Pending,
    /// The same request was answered with this.
    Answered(Bytes),
    /// Another request has it, answered or not.
    OtherRequest,
}
