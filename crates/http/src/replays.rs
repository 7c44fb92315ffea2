//! Logs and counts photos that were sent before.

use injeung_domain::{FeedId, ParticipationId, Replay, ReplayKind, VerificationError};

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

/// Counts a rejected replay. The log has it like every other rejection. Returns whether its pixels were compared.
pub(crate) fn rejected(server: &Server, error: &VerificationError) -> bool {
    let VerificationError::Replayed(_, replay) = error else { return false };
    server.metrics.replay(replay, ReplayAction::Rejected);
    replay.kind == ReplayKind::NearCopy
}
