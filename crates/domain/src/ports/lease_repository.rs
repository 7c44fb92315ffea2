use async_trait::async_trait;
use time::OffsetDateTime;

use crate::Fault;

/// Says which of several processes does what only one needs to do.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LeaseRepository: Send + Sync {
    /// Takes a lease until an instant, or prolongs it, unless another holder has it `now`. Answers
    /// whether the caller has it; of several callers at once exactly one does.
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, Fault>;
}
