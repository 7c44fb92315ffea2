use std::num::NonZeroU32;

use time::Duration;

use crate::{EventKind, NewMessage, ReplayRule, ReplayScope, TimeZone};

/// The operator's settings for the use cases.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Limits on photos and requests.
    pub rules: Rules,
    /// Time zone of the date and time in the names of stored photos.
    pub time_zone: TimeZone,
    /// Events about which messages are queued; empty without a receiver.
    pub events: Vec<EventKind>,
}

impl Policy {
    /// The message, if its event is among those to report.
    pub(crate) fn reported(&self, message: NewMessage) -> Option<NewMessage> {
        self.events.contains(&message.event).then_some(message)
    }
}

/// Limits that an operator may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether a window accepts at most one photo of each participation.
    pub once_per_day: bool,
    /// Maximum number of photos of a participation that are verified in one window, whatever the
    /// verdict; `None` for no limit.
    pub max_attempts_per_window: Option<NonZeroU32>,
    /// What happens to photos that were sent before.
    pub replay: ReplayRule,
    /// Whose earlier photos count.
    pub replay_scope: ReplayScope,
    /// Whether views are learned from accepted photos, and photos that the reference does not recognise are compared with
    /// them.
    pub learn_views: bool,
    /// Durations for requests with a key.
    pub request_keys: RequestKeyRules,
}

/// Durations for requests with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKeyRules {
    /// Duration for which an answer is kept; then the key is free.
    pub keep: Duration,
    /// Duration of a claim. It should exceed the maximum duration of a request: after it, another
    /// request with the key takes over from a slow or dead process.
    pub claim: Duration,
    /// Maximum time that a request waits for the answer of another one with its key.
    pub wait: Duration,
}
