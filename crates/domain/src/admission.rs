//! Whether a photo may be verified now, before anybody looks into it.

use time::{Date, Duration, OffsetDateTime};

use crate::{Fault, Participation, ParticipationId, Ports};

/// Why a photo is not verified.
pub(crate) enum NotAdmitted {
    /// No window is open.
    OutsideWindow,
    /// The window takes one photo, and has it.
    DayTaken,
    /// The window takes no more attempts; it ends after so long.
    TooManyAttempts(Duration),
    /// The database failed.
    Database(Fault),
}

/// The day whose window takes a photo of this participation at an instant.
///
/// An attempt is counted after everything that costs nothing was checked. That the day has a photo
/// already is looked up here to spare the work; it is the row's transaction that decides.
pub(crate) async fn admit(
    ports: &Ports,
    participation: &Participation,
    at: OffsetDateTime,
) -> Result<Date, NotAdmitted> {
    let schedule = &participation.group.schedule;
    let day = schedule.open_window(at).ok_or(NotAdmitted::OutsideWindow)?;
    if ports.rules.once_per_day
        && ports.days.has_feed(participation.id, day).await.map_err(NotAdmitted::Database)?
    {
        return Err(NotAdmitted::DayTaken);
    }
    if let Some(most) = ports.rules.max_attempts_per_window {
        let attempts = ports.days.count_attempt(participation.id, day).await;
        if attempts.map_err(NotAdmitted::Database)? > most.get() {
            // What is refused is no attempt, or one that is given back yet would be lost among these.
            give_back(ports, participation.id, day).await;
            return Err(NotAdmitted::TooManyAttempts(schedule.window_end(day) - at));
        }
    }
    Ok(day)
}

/// Gives back an attempt that came to no verdict: a fault is not the participant's.
///
/// Where that fails too, or the process dies before, it stays counted: the limit is never exceeded.
pub(crate) async fn give_back(ports: &Ports, participation_id: ParticipationId, day: Date) {
    if ports.rules.max_attempts_per_window.is_some() {
        // The caller has to learn of the first fault.
        let _ = ports.days.give_back_attempt(participation_id, day).await;
    }
}
