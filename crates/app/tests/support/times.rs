//! Local times in several time zones.

use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

/// Zones without daylight saving time and their UTC offsets in hours; none has Seoul's.
const ZONES: [(&str, i8); 5] = [
    ("Pacific/Honolulu", -10),
    ("America/Bogota", -5),
    ("UTC", 0),
    ("Asia/Karachi", 5),
    ("Australia/Brisbane", 10),
];

/// UTC offset of the service's default zone, in hours.
const SEOUL: i8 = 9;

/// A zone with a local time between 06:00 and 18:00, so that a few hours more or less stay in the
/// same day.
pub(crate) fn daytime_zone() -> &'static str {
    let is_day = |zone: &&(&str, i8)| (6..18).contains(&now(Some(zone.0)).hour());
    ZONES.iter().find(is_day).unwrap().0
}

/// Local time in one of those zones, or in the service's.
pub(crate) fn now(zone: Option<&str>) -> OffsetDateTime {
    let hours = match zone {
        Some(zone) => ZONES.iter().find(|(name, _)| *name == zone).unwrap().1,
        None => SEOUL,
    };
    OffsetDateTime::now_utc().to_offset(UtcOffset::from_hms(hours, 0, 0).unwrap())
}

/// Waits for the next second of the clock.
pub(crate) fn await_next_second() {
    let left = Duration::SECOND - Duration::nanoseconds(now(None).nanosecond().into());
    std::thread::sleep(left.unsigned_abs());
}

/// Date in a zone, `days` from today.
pub(crate) fn day(zone: Option<&str>, days: i64) -> Date {
    now(zone).date() + Duration::days(days)
}

/// `YYYY-MM-DD`
pub(crate) fn date_of(date: Date) -> String {
    date.format(format_description!("[year]-[month]-[day]")).unwrap()
}

/// Local time in a zone, `minutes` from now: `HH:MM:SS`.
pub(crate) fn clock(zone: Option<&str>, minutes: i64) -> String {
    clock_of((now(zone) + Duration::minutes(minutes)).time())
}

pub(crate) fn clock_of(time: Time) -> String {
    time.format(format_description!("[hour]:[minute]:[second]")).unwrap()
}

/// Local time of the service, as in the keys of objects: `YYYYMMDDHHMMSS`.
pub(crate) fn stamp(at: OffsetDateTime) -> String {
    at.format(format_description!("[year][month][day][hour][minute][second]")).unwrap()
}
