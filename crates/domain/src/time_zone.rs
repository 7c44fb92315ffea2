use std::fmt;
use std::str::FromStr;

use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// A time zone of the IANA database, including daylight saving time.
///
/// The database is compiled in, so that all machines use the same version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(jiff::tz::TimeZone);

impl TimeZone {
    /// Name in the IANA database, such as `Asia/Seoul`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Local date and time of an instant.
    pub fn local(&self, at: OffsetDateTime) -> PrimitiveDateTime {
        // Instants outside the range of the zone database are treated as UTC; their rules are
        // unknown anyway.
        let offset = jiff::Timestamp::from_second(at.unix_timestamp())
            .ok()
            .and_then(|instant| {
                UtcOffset::from_whole_seconds(self.0.to_offset(instant).seconds()).ok()
            })
            .unwrap_or(UtcOffset::UTC);
        let local = at.checked_to_offset(offset).unwrap_or(at);
        PrimitiveDateTime::new(local.date(), local.time())
    }

    /// The instant of a local time, to the second. If the local time occurs twice, the later one.
    /// If it is skipped, it is read with the offset before the change.
    pub(crate) fn last_instant(&self, local: PrimitiveDateTime) -> OffsetDateTime {
        // Local times outside the range are treated as UTC, as above.
        civil(local)
            .and_then(|local| self.0.to_ambiguous_timestamp(local).later())
            .ok()
            .and_then(|instant| OffsetDateTime::from_unix_timestamp(instant.as_second()).ok())
            .unwrap_or(local.assume_utc())
    }
}

fn civil(local: PrimitiveDateTime) -> Result<jiff::civil::DateTime, jiff::Error> {
    let (date, time) = (local.date(), local.time());
    let small = |number: u8| i8::try_from(number).unwrap_or(i8::MAX);
    jiff::civil::DateTime::new(
        i16::try_from(date.year()).unwrap_or(i16::MAX),
        small(date.month().into()),
        small(date.day()),
        small(time.hour()),
        small(time.minute()),
        small(time.second()),
        0,
    )
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match jiff::tz::TimeZone::get(name) {
            Ok(zone) if zone.iana_name().is_some() => Ok(Self(zone)),
            Ok(_) | Err(_) => Err(UnknownTimeZone(name.to_owned())),
        }
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name is not in the IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time zone of the IANA database, such as \"Asia/Seoul\"")]
pub struct UnknownTimeZone(pub String);

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn daylight_saving_time_moves_the_local_clock() {
        let berlin: TimeZone = "Europe/Berlin".parse().unwrap();
        assert_eq!(
            berlin.local(datetime!(2026-03-29 00:59:59 UTC)),
            datetime!(2026-03-29 01:59:59)
        );
        assert_eq!(
            berlin.local(datetime!(2026-03-29 01:00:00 UTC)),
            datetime!(2026-03-29 03:00:00)
        );
        assert_eq!(
            berlin.local(datetime!(2026-10-25 00:30:00 UTC)),
            datetime!(2026-10-25 02:30:00)
        );
        assert_eq!(
            berlin.local(datetime!(2026-10-25 01:30:00 UTC)),
            datetime!(2026-10-25 02:30:00)
        );
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert_eq!("Asia/Seoul".parse::<TimeZone>().unwrap().name(), "Asia/Seoul");
        assert_eq!("UTC".parse::<TimeZone>().unwrap().name(), "UTC");
        for wrong in ["", "Asia/Pyeongchang", "+09:00", "KST-9"] {
            assert!(wrong.parse::<TimeZone>().is_err(), "{wrong:?}");
        }
    }
}
