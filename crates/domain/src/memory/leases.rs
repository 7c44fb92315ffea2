use async_trait::async_trait;
use time::OffsetDateTime;

use super::{MemoryDatabase, lock};
use crate::Fault;
use crate::ports::LeaseRepository;

#[async_trait]
impl LeaseRepository for MemoryDatabase {
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, Fault> {
        let leases = &mut lock(&self.0).leases;
        let is_anothers = leases
            .get(name)
            .is_some_and(|(held_by, held_until)| held_by != holder && *held_until > now);
        if !is_anothers {
            leases.insert(name.to_owned(), (holder.to_owned(), until));
        }
        Ok(!is_anothers)
    }
}
