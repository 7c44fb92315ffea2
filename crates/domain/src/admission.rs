//! Whether a photo may be verified now, before its pixels are examined.

use time::{Date, OffsetDateTime};

use crate::retry::retried;
use crate::{Participation, ParticipationId, Policy, Ports, VerificationError};

/// The day whose window contains an instant, for a photo of this participation.
///
/// The attempt is counted last, after every check that costs nothing. The look-up whether the day
/// has a photo only saves work: the transaction that adds the row decides.
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
            // A rejected request is not counted: it would absorb the attempts released later.
            release_attempt(ports, policy, id, day).await;
            let retry_after = schedule.window_end(day) - ports.clock.now();
            return Err(Error::TooManyAttempts { participation_id: id, retry_after });
        }
    }
    Ok(day)
}

/// Subtracts an attempt that a fault ended without a verdict.
///
/// If that fails too, or the process dies before, the attempt stays counted: the limit is never
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
