use std::collections::BTreeMap;

use async_trait::async_trait;
use time::Date;

use super::{MemoryDatabase, lock};
use crate::ports::DayRepository;
use crate::{Fault, FeedId, ParticipationId};

/// What participations did on their days, oldest first.
pub(super) type Days = BTreeMap<(Date, ParticipationId), Day>;

#[derive(Debug, Default)]
pub(super) struct Day {
    /// The first photo that was accepted.
    pub(super) feed_id: Option<FeedId>,
    pub(super) attempts: u32,
}

#[async_trait]
impl DayRepository for MemoryDatabase {
    async fn has_feed(&self, participation_id: ParticipationId, day: Date) -> Result<bool, Fault> {
        let tables = lock(&self.0);
        Ok(tables.days.get(&(day, participation_id)).is_some_and(|day| day.feed_id.is_some()))
    }

    async fn count_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<u32, Fault> {
        let mut tables = lock(&self.0);
        let day = tables.days.entry((day, participation_id)).or_default();
        day.attempts = day.attempts.saturating_add(1);
        Ok(day.attempts)
    }

    async fn give_back_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<(), Fault> {
        if let Some(day) = lock(&self.0).days.get_mut(&(day, participation_id)) {
            day.attempts = day.attempts.saturating_sub(1);
        }
        Ok(())
    }

    async fn forget(&self, before: Date, limit: u32) -> Result<u32, Fault> {
        let days = &mut lock(&self.0).days;
        let mut forgotten = 0;
        days.retain(|(day, _), _| {
            let stays = *day >= before || forgotten == limit;
            forgotten += u32::from(!stays);
            stays
        });
        Ok(forgotten)
    }
}
