//! Checks the window and the limits before a photo's pixels are decoded.

use time::{Date, OffsetDateTime};

use crate::retry::retried;
use crate::{Participation, ParticipationId, Policy, Ports, VerificationError};

/// Returns the day whose window contains the instant, if the participation may submit a photo.
///
/// The attempt is counted last, after every check that costs nothing. The look-up for an existing
/// photo of the day only saves work: the transaction that adds the row decides.
pub(crate) async fn admit(
    ports: &Ports,
    policy: &Policy,
    participation: &Participation,
    at: OffsetDateTime,
) -> Result<Date, VerificationError> {
    use VerificationError as Error;

    let (repository, id) = (&ports.repository, participation.id);
    let schedule = &participation.group.schedule;
    let day = schedule.open_window(at).ok_or(Error::OutsideWindow(id))?;
    if policy.rules.once_per_day
        && retried(&*ports.clock, || repository.has_feed(id, day)).await.map_err(Error::Database)?
    {
        return Err(Error::DayTaken(id));
    }
    if let Some(max) = policy.rules.max_attempts_per_window {
        let attempts = repository.count_attempt(id, day).await.map_err(Error::Database)?;
        if attempts > max.get() {
            // A rejected request must not stay counted: it would use up attempts that are released
            // later.
            release_attempt(ports, policy, id, day).await;
            let retry_after = schedule.window_end(day) - ports.clock.now();
            return Err(Error::TooManyAttempts { participation_id: id, retry_after });
        }
    }
    Ok(day)
}

/// Releases an attempt that ended in a fault, without a verdict.
///
/// If the release fails, or the process dies first, the attempt stays counted. The limit is never
/// exceeded.
pub(crate) async fn release_attempt(
    ports: &Ports,
    policy: &Policy,
    participation_id: ParticipationId,
    day: Date,
) {
    if policy.rules.max_attempts_per_window.is_some()
        && let Err(fault) = ports.repository.release_attempt(participation_id, day).await
    {
        fault.log(format_args!("release an attempt of participation {participation_id}"));
    }
}
