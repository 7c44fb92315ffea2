//! What the clocks of the world show.

use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

/// Zones without daylight saving time and their hours from UTC, none of them Seoul's.
const ZONES: [(&str, i8); 5] = [
    ("Pacific/Honolulu", -10),
    ("America/Bogota", -5),
    ("UTC", 0),
    ("Asia/Karachi", 5),
    ("Australia/Brisbane", 10),
];

/// The zone of the service where none is configured.
const SEOUL: i8 = 9;

/// A zone where it is between 06:00 and 18:00, so that a few hours more or less are the same day.
pub(crate) fn daytime_zone() -> &'static str {
    let is_day = |zone: &&(&str, i8)| (6..18).contains(&now(Some(zone.0)).hour());
    ZONES.iter().find(is_day).unwrap().0
}

/// The local time in one of those zones, or in the service's.
pub(crate) fn now(zone: Option<&str>) -> OffsetDateTime {
    let hours = match zone {
        Some(zone) => ZONES.iter().find(|(name, _)| *name == zone).unwrap().1,
        None => SEOUL,
    };
    OffsetDateTime::now_utc().to_offset(UtcOffset::from_hms(hours, 0, 0).unwrap())
}

/// Waits until the clock shows another second.
pub(crate) fn await_next_second() {
    let left = Duration::SECOND - Duration::nanoseconds(now(None).nanosecond().into());
    std::thread::sleep(left.unsigned_abs());
}

/// The date in a zone so many days from today.
pub(crate) fn day(zone: Option<&str>, days: i64) -> Date {
    now(zone).date() + Duration::days(days)
}

/// `YYYY-MM-DD`
pub(crate) fn date_of(date: Date) -> String {
    date.format(format_description!("[year]-[month]-[day]")).unwrap()
}

/// What the clock shows in a zone so many minutes from now: `HH:MM:SS`.
pub(crate) fn clock(zone: Option<&str>, minutes: i64) -> String {
    clock_of((now(zone) + Duration::minutes(minutes)).time())
}

pub(crate) fn clock_of(time: Time) -> String {
    time.format(format_description!("[hour]:[minute]:[second]")).unwrap()
}

/// The service's clock as it stands in the keys of objects: `YYYYMMDDHHMMSS`.
pub(crate) fn stamp(at: OffsetDateTime) -> String {
    at.format(format_description!("[year][month][day][hour][minute][second]")).unwrap()
}
