use std::collections::BTreeMap;

use time::Date;

use crate::{FeedId, ParticipationId};

/// Attempts and first photo of each day and participation, oldest first.
pub(super) type Days = BTreeMap<(Date, ParticipationId), Day>;

#[derive(Debug, Default)]
pub(super) struct Day {
    /// First accepted photo of the day.
    pub(super) feed_id: Option<FeedId>,
    pub(super) attempts: u32,
}
