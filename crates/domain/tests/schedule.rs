//! Tests of windows, time zones and daylight saving time.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use injeung_domain::{Schedule, TimeZone};
use proptest::prelude::*;
use time::macros::{date, datetime, time};
use time::{Date, Duration, OffsetDateTime, Time};

fn zone(name: &str) -> TimeZone {
    name.parse().unwrap()
}

fn november(start: Time, end: Time, time_zone: &str) -> Schedule {
    Schedule::new(date!(2026 - 11 - 02), date!(2026 - 11 - 04), start, end, zone(time_zone))
        .unwrap()
}

#[test]
fn both_ends_of_days_and_window_are_inclusive() {
    let schedule = november(time!(06:00), time!(07:00), "Asia/Seoul");
    let open = |at: OffsetDateTime| schedule.open_window(at);
    assert_eq!(open(datetime!(2026-11-02 05:59:59.999 +9)), None);
    assert_eq!(open(datetime!(2026-11-02 06:00:00 +9)), Some(date!(2026 - 11 - 02)));
    assert_eq!(open(datetime!(2026-11-04 07:00:00 +9)), Some(date!(2026 - 11 - 04)));
    assert_eq!(open(datetime!(2026-11-04 07:00:00.999 +9)), Some(date!(2026 - 11 - 04)));
    assert_eq!(open(datetime!(2026-11-04 07:00:01 +9)), None);
    assert_eq!(open(datetime!(2026-11-01 06:30:00 +9)), None);
    assert_eq!(open(datetime!(2026-11-05 06:30:00 +9)), None);
    // The same instants, expressed in another time zone.
    assert_eq!(open(datetime!(2026-11-01 21:00:00 UTC)), Some(date!(2026 - 11 - 02)));
    assert_eq!(open(datetime!(2026-11-01 20:59:59 UTC)), None);
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_it_started_on() {
    let schedule = november(time!(22:00), time!(02:00), "Asia/Seoul");
    let open = |at: OffsetDateTime| schedule.open_window(at);
    assert_eq!(open(datetime!(2026-11-02 01:00 +9)), None, "the day before has no window");
    assert_eq!(open(datetime!(2026-11-02 22:00 +9)), Some(date!(2026 - 11 - 02)));
    assert_eq!(open(datetime!(2026-11-03 02:00 +9)), Some(date!(2026 - 11 - 02)));
    assert_eq!(open(datetime!(2026-11-03 02:00:01 +9)), None);
    assert_eq!(open(datetime!(2026-11-03 21:59:59 +9)), None);
    assert_eq!(open(datetime!(2026-11-05 02:00 +9)), Some(date!(2026 - 11 - 04)), "the last day");
    assert_eq!(open(datetime!(2026-11-05 22:00 +9)), None);
}

#[test]
fn a_whole_day_and_a_single_second() {
    let whole = november(time!(00:00), time!(23:59:59), "Asia/Seoul");
    assert!(whole.open_window(datetime!(2026-11-02 00:00 +9)).is_some());
    assert!(whole.open_window(datetime!(2026-11-04 23:59:59.999_999 +9)).is_some());
    assert!(whole.open_window(datetime!(2026-11-05 00:00 +9)).is_none());
    let second = november(time!(12:00), time!(12:00), "Asia/Seoul");
    assert!(second.open_window(datetime!(2026-11-03 12:00:00.5 +9)).is_some());
    assert!(second.open_window(datetime!(2026-11-03 12:00:01 +9)).is_none());
    assert!(second.open_window(datetime!(2026-11-03 11:59:59 +9)).is_none());
}

#[test]
fn the_clocks_of_the_zone_decide_when_daylight_saving_time_begins_and_ends() {
    let berlin = |start, end| {
        let days = (date!(2026 - 01 - 01), date!(2026 - 12 - 31));
        Schedule::new(days.0, days.1, start, end, zone("Europe/Berlin")).unwrap()
    };
    let morning = berlin(time!(06:00), time!(07:00));
    assert!(morning.open_window(datetime!(2026-03-28 05:30 UTC)).is_some(), "winter: UTC+1");
    assert!(morning.open_window(datetime!(2026-03-29 04:30 UTC)).is_some(), "summer: UTC+2");
    assert!(morning.open_window(datetime!(2026-03-29 05:30 UTC)).is_none());
    let skipped = berlin(time!(02:15), time!(02:45));
    let day = datetime!(2026-03-29 00:00 UTC);
    let opens = |schedule: &Schedule, day: OffsetDateTime| {
        (0..24 * 60)
            .filter(|minute| schedule.open_window(day + Duration::minutes(*minute)).is_some())
            .count()
    };
    assert_eq!(opens(&skipped, day), 0, "the hour does not occur");
    assert_eq!(opens(&skipped, datetime!(2026-10-25 00:00 UTC)), 2 * 31, "the hour occurs twice");
}

#[test]
fn a_window_ends_with_its_last_second() {
    let end = |start, end, zone: &str, day| november(start, end, zone).window_end(day);
    let second = date!(2026 - 11 - 02);
    let morning = end(time!(06:00), time!(07:00), "Asia/Seoul", second);
    assert_eq!(morning, datetime!(2026-11-02 07:00:01 +9));
    let night = end(time!(22:00), time!(02:00), "Asia/Seoul", second);
    assert_eq!(night, datetime!(2026-11-03 02:00:01 +9));
    let whole = end(time!(00:00), time!(23:59:59), "Asia/Seoul", second);
    assert_eq!(whole, datetime!(2026-11-03 00:00 +9));
    // In Berlin, the hour from 02:00 occurs twice on 25 October and is skipped on 29 March.
    let twice = end(time!(01:00), time!(02:30), "Europe/Berlin", date!(2026 - 10 - 25));
    assert_eq!(twice, datetime!(2026-10-25 02:30:01 +1));
    let never = end(time!(01:00), time!(02:30), "Europe/Berlin", date!(2026 - 03 - 29));
    assert_eq!(never, datetime!(2026-03-29 02:30:01 +1));
}

#[test]
fn a_schedule_does_not_end_before_it_starts() {
    let days = (date!(2026 - 11 - 02), date!(2026 - 11 - 01));
    assert!(Schedule::new(days.0, days.1, time!(0:00), time!(1:00), zone("UTC")).is_err());
    assert!(Schedule::new(days.0, days.0, time!(0:00), time!(1:00), zone("UTC")).is_ok());
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    let zones = prop::sample::select(vec![
        "Asia/Seoul",
        "UTC",
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
    ]);
    (0..1000_i32, 0..60_i64, 0..86_400_i64, 0..86_400_i64, zones).prop_map(
        |(first, days, start, end, name)| {
            let first = Date::from_julian_day(2_460_000 + first).unwrap();
            let clock = |second| Time::MIDNIGHT + Duration::seconds(second);
            let last = first + Duration::days(days);
            Schedule::new(first, last, clock(start), clock(end), zone(name)).unwrap()
        },
    )
}

proptest! {
    /// An independent formulation of the rule: the window is open if some day's window, as two
    /// local times, contains the local time.
    #[test]
    fn open_means_between_the_ends_of_some_days_window(
        schedule in any_schedule(),
        second in -100_000_i64..70 * 86_400,
        nanosecond in 0_i64..1_000_000_000,
    ) {
        let at = schedule.start_date().midnight().assume_utc()
            + Duration::seconds(second) + Duration::nanoseconds(nanosecond);
        let local = schedule.time_zone().local(at).truncate_to_second();
        let days = (schedule.end_date() - schedule.start_date()).whole_days();
        let expected = (0..=days).map(|day| schedule.start_date() + Duration::days(day)).find(|day| {
            let from = day.with_time(schedule.start_time());
            let mut to = day.with_time(schedule.end_time());
            if to < from {
                to += Duration::DAY;
            }
            (from..=to).contains(&local)
        });
        prop_assert_eq!(schedule.open_window(at), expected);
    }
}
