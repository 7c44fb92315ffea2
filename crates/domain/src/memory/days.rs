use std::collections::BTreeMap;

use time::Date;

use crate::{FeedId, ParticipationId};

/// What participations did on their days, oldest first.
pub(super) type Days = BTreeMap<(Date, ParticipationId), Day>;

#[derive(Debug, Default)]
pub(super) struct Day {
    /// The first photo that was accepted.
    pub(super) feed_id: Option<FeedId>,
    pub(super) attempts: u32,
}
