use std::num::NonZeroU32;

use time::Duration;

use crate::TimeZone;

/// What the operator decides for the use cases.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The rules.
    pub rules: Rules,
    /// Time zone of the date and time in the names of stored photos.
    pub time_zone: TimeZone,
}

/// The rules that an operator may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Whether the window of a day takes one photo of a participation and no more.
    pub once_per_day: bool,
    /// The most photos of a participation that are verified in one window, whatever the verdict;
    /// nothing for no limit.
    pub max_attempts_per_window: Option<NonZeroU32>,
    /// How requests under a key are treated.
    pub request_keys: RequestKeyRules,
}

/// How requests under a key are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKeyRules {
    /// How long an answer is given again; after that the key is free.
    pub keep: Duration,
    /// How long a request has its key to itself. Longer than any request takes: one that takes
    /// longer, or whose process died, loses its key to the next that comes with it.
    pub claim: Duration,
    /// How long a request waits for the answer to another one under its key.
    pub wait: Duration,
}

impl Default for RequestKeyRules {
    /// A day, a minute, ten seconds.
    fn default() -> Self {
        Self { keep: Duration::DAY, claim: Duration::MINUTE, wait: Duration::seconds(10) }
    }
}
