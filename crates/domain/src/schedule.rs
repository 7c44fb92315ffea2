use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

use crate::TimeZone;

/// Dates and daily window in which a challenge accepts photos. Both ends are inclusive, and all
/// times are local to one time zone.
///
/// - Times count whole seconds: a window that ends at `07:00:00` accepts a photo at `07:00:00.9`.
/// - A window whose end is before its start runs over midnight. It belongs to the day it started
///   on, so the window of the last day ends on the day after.
/// - A window whose end equals its start is one second long.
/// - The local clock decides. A window in the hour that daylight saving time skips does not occur
///   that day; one in the hour that it repeats occurs twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    start_date: Date,
    end_date: Date,
    start_time: Time,
    end_time: Time,
    time_zone: TimeZone,
}

impl Schedule {
    /// A schedule from the first to the last day, open daily from `start_time` to `end_time`.
    ///
    /// # Errors
    /// When the last day is before the first.
    pub fn new(
        start_date: Date,
        end_date: Date,
        start_time: Time,
        end_time: Time,
        time_zone: TimeZone,
    ) -> Result<Self, ScheduleError> {
        if end_date < start_date {
            return Err(ScheduleError { start_date, end_date });
        }
        Ok(Self {
            start_date,
            end_date,
            start_time: whole_seconds(start_time),
            end_time: whole_seconds(end_time),
            time_zone,
        })
    }

    /// Returns the day whose window contains the instant; `None` outside all windows.
    pub fn open_window(&self, at: OffsetDateTime) -> Option<Date> {
        let local = self.time_zone.local(at);
        let now = whole_seconds(local.time());
        let today = local.date();
        let day = if self.runs_over_midnight() {
            if now >= self.start_time {
                today
            } else if now <= self.end_time {
                today.checked_sub(Duration::DAY)?
            } else {
                return None;
            }
        } else if (self.start_time..=self.end_time).contains(&now) {
            today
        } else {
            return None;
        };
        (self.start_date..=self.end_date).contains(&day).then_some(day)
    }

    /// Returns the end of a day's window: the first instant after it.
    pub fn window_end(&self, day: Date) -> OffsetDateTime {
        let last_day = if self.runs_over_midnight() { day.next_day().unwrap_or(day) } else { day };
        let last_second = PrimitiveDateTime::new(last_day, self.end_time);
        self.time_zone.last_instant(last_second.saturating_add(Duration::SECOND))
    }

    /// First day with a window.
    pub fn start_date(&self) -> Date {
        self.start_date
    }

    /// Last day with a window.
    pub fn end_date(&self) -> Date {
        self.end_date
    }

    /// First second of the daily window, local time.
    pub fn start_time(&self) -> Time {
        self.start_time
    }

    /// Last second of the daily window, local time.
    pub fn end_time(&self) -> Time {
        self.end_time
    }

    /// Time zone of the dates and times.
    pub fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    fn runs_over_midnight(&self) -> bool {
        self.end_time < self.start_time
    }
}

fn whole_seconds(time: Time) -> Time {
    time.truncate_to_second()
}

/// The last day of a schedule is before its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the last day {end_date} must not be before the first day {start_date}")]
pub struct ScheduleError {
    /// The first day.
    pub start_date: Date,
    /// The last day.
    pub end_date: Date,
}
