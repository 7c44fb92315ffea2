//! Dates and times of schedules as people and programs write them.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Time};

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const SECONDS: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
const MINUTES: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");

/// The text is no date or no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; expected {expected}")]
pub struct ScheduleTextError {
    reason: time::error::Parse,
    expected: &'static str,
}

/// Parses a date, `YYYY-MM-DD`.
///
/// # Errors
/// When the text is no date.
pub fn parse_date(text: &str) -> Result<Date, ScheduleTextError> {
    let expected = "a date such as 2026-11-23";
    Date::parse(text, DATE).map_err(|reason| ScheduleTextError { reason, expected })
}

/// Parses the start of a daily window, `HH:MM` or `HH:MM:SS`.
///
/// # Errors
/// When the text is no time of day.
pub fn parse_start_time(text: &str) -> Result<Time, ScheduleTextError> {
    let expected = "a time such as 06:30 or 06:30:59";
    Time::parse(text, SECONDS)
        .or_else(|_| Time::parse(text, MINUTES))
        .map_err(|reason| ScheduleTextError { reason, expected })
}

/// Parses the end of a daily window: `HH:MM` includes that minute, `HH:MM:SS` that second.
///
/// # Errors
/// When the text is no time of day.
pub fn parse_end_time(text: &str) -> Result<Time, ScheduleTextError> {
    let last_second = Time::parse(text, MINUTES).ok().and_then(|time| time.replace_second(59).ok());
    last_second.map_or_else(|| parse_start_time(text), Ok)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use time::macros::{date, time};

    use super::*;

    #[test]
    fn an_end_without_seconds_includes_its_minute() {
        assert_eq!(parse_date("2026-11-23").unwrap(), date!(2026 - 11 - 23));
        assert_eq!(parse_start_time("06:30").unwrap(), time!(06:30:00));
        assert_eq!(parse_start_time("06:30:59").unwrap(), time!(06:30:59));
        assert_eq!(parse_end_time("06:30").unwrap(), time!(06:30:59));
        assert_eq!(parse_end_time("06:30:00").unwrap(), time!(06:30:00));
    }

    #[test]
    fn other_texts_are_rejected_with_an_example() {
        for wrong in ["", "2026-11-31", "2026-1-1", "23.11.2026", "2026-11-23 "] {
            let error = parse_date(wrong).unwrap_err().to_string();
            assert!(error.ends_with("expected a date such as 2026-11-23"), "{wrong:?}: {error}");
        }
        for wrong in ["", "6:30", "24:00", "06:60", "06:30:60", "06:30 "] {
            assert!(
                parse_start_time(wrong).is_err() && parse_end_time(wrong).is_err(),
                "{wrong:?}"
            );
        }
    }
}
