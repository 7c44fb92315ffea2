//! Dates and daily windows of a group, in the group's time zone.

use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again};
use crate::support::service::Service;
use crate::support::times::{clock, daytime_zone, now};
use crate::{classification, img_feature, std_img};

const OUTSIDE: (u16, Option<u64>) = (400, Some(3));
const INSIDE: (u16, Option<u64>) = (200, None);

/// Participation, first and last day from today, window, and expected outcome.
type Case = (i64, (i64, i64), (String, String), (u16, Option<u64>));

/// Creates the cases' participations in a zone, and checks the outcome of a photo of each.
#[track_caller]
fn check(zone: Option<&str>, cases: &[Case]) {
    let home = Home::new();
    for (id, days, (start, end), _) in cases {
        home.put(*id, *days, (start, end), zone);
    }
    let service = home.serve();
    for (id, days, window, expected) in cases {
        let found = accepted(&service, *id);
        assert_eq!(found, *expected, "{days:?} {window:?} in {zone:?} at {}", now(zone));
    }
}

#[track_caller]
fn accepted(service: &Service, id: i64) -> (u16, Option<u64>) {
    let client = service.client();
    assert_eq!(client.post("/std_img", &std_img(id, &desk())).outcome(), (200, None));
    let feature = client.post("/img_feature", &img_feature(id, &desk_again())).outcome();
    // The classifier is down, so a photo inside the window gets the classifier's fault.
    let keyword = client.post("/classification", &classification(id, &desk(), "dog")).outcome();
    let expected = if feature == OUTSIDE { (400, Some(4)) } else { (500, Some(2)) };
    assert_eq!(keyword, expected);
    feature
}

#[test]
fn window_is_daily() {
    let zone = Some(daytime_zone());
    let at = |minutes| clock(zone, minutes);
    check(
        zone,
        &[
            (1, (-2, 2), (at(-60), at(60)), INSIDE),
            (2, (-2, 2), (at(60), at(120)), OUTSIDE),
            (3, (-2, 2), (at(-120), at(-60)), OUTSIDE),
            (4, (-2, 2), ("00:00".into(), "23:59:59".into()), INSIDE),
        ],
    );
}

#[test]
fn dates_are_inclusive() {
    let zone = Some(daytime_zone());
    let whole_day = || ("00:00".to_owned(), "23:59:59".to_owned());
    check(
        zone,
        &[
            (1, (0, 0), whole_day(), INSIDE),
            (2, (0, 1), whole_day(), INSIDE),
            (3, (-1, 0), whole_day(), INSIDE),
            (4, (1, 2), whole_day(), OUTSIDE),
            (5, (-2, -1), whole_day(), OUTSIDE),
        ],
    );
}

#[test]
fn window_over_midnight_belongs_to_the_day_it_started_on() {
    // It is daytime, so a window from 20:00 until shortly after now began yesterday.
    let zone = Some(daytime_zone());
    let evening = || "20:00".to_owned();
    let at = |minutes| clock(zone, minutes);
    check(
        zone,
        &[
            (1, (-2, 2), (evening(), at(60)), INSIDE),
            (2, (-1, -1), (evening(), at(60)), INSIDE),
            (3, (-2, -2), (evening(), at(60)), OUTSIDE),
            (4, (0, 1), (evening(), at(60)), OUTSIDE),
            (5, (-2, 2), (evening(), at(-60)), OUTSIDE),
            // This window begins today.
            (6, (0, 0), (at(-60), "04:00".to_owned()), INSIDE),
            (7, (-1, -1), (at(-60), "04:00".to_owned()), OUTSIDE),
            (8, (-2, 2), (at(60), "04:00".to_owned()), OUTSIDE),
        ],
    );
}

#[test]
fn window_is_in_the_time_zone_of_the_group() {
    let zone = daytime_zone();
    let window = (&*clock(Some(zone), -20), &*clock(Some(zone), 20));
    let home = Home::new();
    home.put(1, (-2, 2), window, Some(zone));
    // In Seoul's time zone the same window is closed now.
    home.put(2, (-2, 2), window, None);
    let service = home.serve();
    assert_eq!(accepted(&service, 1), INSIDE);
    assert_eq!(accepted(&service, 2), OUTSIDE);
}

#[test]
fn window_is_in_the_time_zone_of_the_service_if_the_group_has_none() {
    let zone = daytime_zone();
    let window = (&*clock(Some(zone), -20), &*clock(Some(zone), 20));
    let home = Home::new().with("SERVER__TIME_ZONE", zone);
    home.put(1, (-2, 2), window, None);
    assert_eq!(accepted(&home.serve(), 1), INSIDE);
}

#[test]
fn replaced_window_applies_at_once() {
    let home = Home::new();
    let service = home.serve_open();
    assert_eq!(accepted(&service, 1), INSIDE);
    home.put(1, (-5, -3), ("00:00", "23:59:59"), Some("UTC"));
    assert_eq!(accepted(&service, 1), OUTSIDE);
}
