//! Logs and counts photos that were sent before.

use injeung_domain::{FeedId, ParticipationId, Replay, VerificationError};

use crate::log;
use crate::metrics::ReplayAction;
use crate::server::Server;

/// Logs and counts the replay of an accepted photo, if it is one.
pub(crate) fn accepted(
    server: &Server,
    participation_id: ParticipationId,
    feed_id: FeedId,
    replay: Option<&Replay>,
) {
    if let Some(replay) = replay {
        server.metrics.replay(replay, ReplayAction::Flagged);
        log::replayed(participation_id, feed_id, replay);
    }
}

/// Counts a rejected replay. The log has it like every other rejection.
pub(crate) fn rejected(server: &Server, error: &VerificationError) {
    if let VerificationError::Replayed(_, replay) = error {
        server.metrics.replay(replay, ReplayAction::Rejected);
    }
}
