//! Messages to the app's own server about what was stored and decided: its webhooks.

use std::str::FromStr;

use time::{Duration, OffsetDateTime};

use crate::participation::positive_id;
use crate::{AttemptKind, AttemptOutcome, ParticipationId, UnknownName};

positive_id! {
    /// Database id of a message, assigned on insert. Among the messages of one participation, ids are in the order
    /// of the commits.
    MessageId
}

/// What a message reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A photo was accepted; it has a feed row.
    PhotoAccepted,
    /// A photo was examined and rejected.
    PhotoRejected,
    /// An operator accepted a rejected photo, or undid that.
    PhotoOverridden,
    /// A reference photo was registered.
    ReferenceRegistered,
    /// An operator decided about an attempt with an appeal.
    AppealClosed,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::PhotoAccepted,
        Self::PhotoRejected,
        Self::PhotoOverridden,
        Self::ReferenceRegistered,
        Self::AppealClosed,
    ];

    /// Name of the kind in messages, in the database and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::PhotoAccepted => "photo.accepted",
            Self::PhotoRejected => "photo.rejected",
            Self::PhotoOverridden => "photo.overridden",
            Self::ReferenceRegistered => "reference.registered",
            Self::AppealClosed => "appeal.closed",
        }
    }
}

impl FromStr for EventKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(UnknownName)
    }
}

/// A message before it is inserted, in the transaction of what it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// What happened.
    pub event: EventKind,
    /// When it happened: the arrival of the request, or the decision.
    pub occurred_at: OffsetDateTime,
    /// Participation of the photo.
    pub participation_id: ParticipationId,
    /// Id of the request that sent the photo.
    pub request_id: String,
    /// What was verified; `None` for a reference.
    pub kind: Option<AttemptKind>,
    /// Verdict about the photo after the event; `None` for a reference.
    pub outcome: Option<AttemptOutcome>,
    /// Code of a rejection in its response.
    pub errcode: Option<u16>,
    /// URL of the stored photo, as in its row; `None` without a row.
    pub image_url: Option<String>,
}

/// A queued message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Database id.
    pub id: MessageId,
    /// The message, with its instant to the microsecond.
    pub message: NewMessage,
    /// Number of failed deliveries since it was queued or sent again.
    pub failures: u32,
    /// Why the last delivery failed.
    pub error: Option<String>,
    /// Instant of the failure after which no delivery was tried any more; `None` while it waits.
    pub dead_at: Option<OffsetDateTime>,
}

/// How a delivery of the first waiting message of a participation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// The receiver has the message: it is deleted.
    Delivered,
    /// It failed, and the next is due at `at`.
    Again {
        /// Instant of the next delivery.
        at: OffsetDateTime,
        /// Why it failed.
        error: String,
    },
    /// It failed, and no other follows: the message is dead, and the next one of its participation is due.
    Dead {
        /// Instant of the failure.
        at: OffsetDateTime,
        /// Why it failed.
        error: String,
    },
}

/// Numbers of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageCounts {
    /// Messages that wait for their delivery.
    pub waiting: u64,
    /// Dead messages.
    pub dead: u64,
}

/// Pauses between the deliveries of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRules {
    /// Pause after the first failure, after the second, and so on. A message with more failures is dead.
    pub pauses: Vec<Duration>,
}

impl DeliveryRules {
    /// Maximum pause that a receiver can request.
    const LONGEST_REQUESTED: Duration = Duration::DAY;

    /// Pause before the next delivery after this number of failures, at least the requested one; `None` if none
    /// follows.
    ///
    /// It is up to a tenth longer than configured, by an amount that depends on the message: messages that failed
    /// together are not sent again together.
    pub(crate) fn pause(
        &self,
        id: MessageId,
        failures: u32,
        requested: Option<Duration>,
    ) -> Option<Duration> {
        let nth = usize::try_from(failures).unwrap_or(usize::MAX).checked_sub(1)?;
        let pause = *self.pauses.get(nth)?;
        // Fibonacci hashing spreads consecutive ids evenly.
        let hash = id.get().unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
        let share = f64::from(u32::try_from(hash).unwrap_or(0)) / 10_240.0;
        Some(pause.saturating_add(pause * share).max(Self::limited(requested)))
    }

    /// Duration for which no message is sent to an overloaded receiver.
    pub(crate) fn throttle(&self, requested: Option<Duration>) -> Duration {
        let shortest = self.pauses.iter().min().copied().unwrap_or(Duration::ZERO);
        shortest.max(Self::limited(requested))
    }

    fn limited(requested: Option<Duration>) -> Duration {
        requested.unwrap_or(Duration::ZERO).min(Self::LONGEST_REQUESTED)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn pauses_follow_the_rules_with_a_spread_and_the_request_of_the_receiver() {
        let rules = DeliveryRules { pauses: vec![Duration::seconds(5), Duration::minutes(5)] };
        let id = |id: i64| MessageId::try_from(id).unwrap();
        let mut first = Vec::new();
        for nth in 1..=1000 {
            let pause = rules.pause(id(nth), 1, None).unwrap();
            assert!(pause >= Duration::seconds(5) && pause < Duration::milliseconds(5500));
            first.push(pause);
        }
        first.sort();
        first.dedup();
        assert!(first.len() > 500, "{} different pauses", first.len());
        assert!(rules.pause(id(1), 2, None).unwrap() >= Duration::minutes(5));
        assert_eq!(rules.pause(id(1), 3, Some(Duration::HOUR)), None, "the message is dead");
        assert_eq!(rules.pause(id(1), 1, Some(Duration::HOUR)), Some(Duration::HOUR));
        assert_eq!(rules.pause(id(1), 1, Some(Duration::WEEK)), Some(Duration::DAY));
        assert_eq!(rules.throttle(None), Duration::seconds(5));
        assert_eq!(rules.throttle(Some(Duration::MINUTE)), Duration::MINUTE);
    }
}
