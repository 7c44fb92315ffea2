//! The rules of `[rules]`, tested with the running program.

use std::thread;

use crate::support::home::{Home, demo_photo};
use crate::support::pictures::{desk, desk_again, street};
use crate::support::service::Service;
use crate::support::times::{clock, daytime_zone};
use crate::{classification, img_feature, std_img};

const DAY_TAKEN: &str = "오늘 인증이 이미 완료 되었습니다.";

fn with_reference(service: &Service) {
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
}

#[test]
fn once_per_day_is_409_errcode_104_in_both_calls() {
    let home = Home::with_local_classifier();
    {
        let service = home.serve_open();
        with_reference(&service);
        let squirrel = classification(1, &demo_photo("squirrel_cls.jpg"), "squirrel");
        assert_eq!(service.client().post("/classification", &squirrel).outcome(), (200, None));
    }
    // The operator enables the rule in the middle of the day.
    let home = home.with("RULES__ONCE_PER_DAY", "true");
    let service = home.serve();
    let squirrel = classification(1, &demo_photo("squirrel_cls.jpg"), "squirrel");
    let feature = img_feature(1, &desk_again());
    service.client().post("/classification", &squirrel).assert(409, 104, DAY_TAKEN);
    service.client().post("/img_feature", &feature).assert(409, 104, DAY_TAKEN);
    assert_eq!(home.rows().feeds().len(), 1);
    assert_eq!(home.objects(), home.rows().object_keys());
    // The rule does not limit references, and each participation has its own days.
    with_reference(&service);
    home.put_open(2);
    let others = service.client().post("/std_img", &std_img(2, &desk())).outcome();
    assert_eq!(others, (200, None));
    let others = service.client().post("/img_feature", &img_feature(2, &desk_again())).outcome();
    assert_eq!(others, (200, None));
}

#[test]
fn once_per_day_holds_for_many_at_once() {
    let home = Home::new().with("RULES__ONCE_PER_DAY", "true");
    let services = [home.serve_open(), home.serve()];
    with_reference(&services[0]);
    let mut outcomes: Vec<_> = thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|nth| {
                let client = services[nth % 2].client();
                scope.spawn(move || client.post("/img_feature", &img_feature(1, &desk_again())))
            })
            .collect();
        tries.into_iter().map(|tried| tried.join().unwrap().outcome()).collect()
    });
    outcomes.sort();
    assert_eq!(outcomes[0], (200, None));
    assert!(outcomes[1..].iter().all(|outcome| *outcome == (409, Some(104))), "{outcomes:?}");
    assert_eq!(home.rows().feeds().len(), 1);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
}

/// A window over midnight is one window: a photo from before midnight counts after it.
#[test]
fn once_per_day_is_per_window_and_not_per_date() {
    // It is daytime, so a window from 20:00 until shortly after now began yesterday.
    let zone = Some(daytime_zone());
    let home = Home::new().with("RULES__ONCE_PER_DAY", "true");
    home.put(1, (-2, 2), ("20:00", &clock(zone, 60)), zone);
    let service = home.serve();
    with_reference(&service);
    let post = || service.client().post("/img_feature", &img_feature(1, &desk_again()));
    assert_eq!(post().outcome(), (200, None));
    post().assert(409, 104, DAY_TAKEN);
    let days = "SELECT day FROM participation_day";
    let marked: Vec<String> = home.rows().select(days, |row| row.get(0));
    let yesterday = crate::support::times::day(zone, -1);
    assert_eq!(marked, [crate::support::times::date_of(yesterday)]);
    // A window that began today is a different window.
    home.put(1, (-2, 2), (&clock(zone, -60), &clock(zone, 60)), zone);
    assert_eq!(post().outcome(), (200, None));
}

#[test]
fn max_attempts_per_window_is_429_errcode_109_until_the_window_ends() {
    let zone = Some(daytime_zone());
    let home = Home::new().with("RULES__MAX_ATTEMPTS_PER_WINDOW", "3");
    home.put(1, (-2, 2), (&clock(zone, -60), &clock(zone, 60)), zone);
    let service = home.serve();
    with_reference(&service);
    let key = |key| [("Content-Type", "application/json"), ("Idempotency-Key", key)];
    let wrong = img_feature(1, &street()).to_string();
    // Repeated answers and unusable photos are not counted as attempts.
    for _ in 0..3 {
        let reply = service.client().request("POST", "/img_feature", &key("k"), wrong.as_bytes());
        assert_eq!(reply.outcome(), (400, Some(4)));
        let none = service.client().post("/img_feature", &img_feature(1, b"no photo"));
        assert_eq!(none.outcome(), (400, Some(1)));
    }
    // Faults of the service are not counted either: its classifier is down.
    for _ in 0..3 {
        let down = service.client().post("/classification", &classification(1, &desk(), "dog"));
        assert_eq!(down.outcome(), (500, Some(2)));
    }
    let other = service.client().post("/img_feature", &img_feature(1, &street()));
    assert_eq!(other.outcome(), (400, Some(4)));
    let good = img_feature(1, &desk_again());
    assert_eq!(service.client().post("/img_feature", &good).outcome(), (200, None));
    let dog = classification(1, &desk(), "dog");
    for (path, body) in [("/img_feature", &good), ("/classification", &dog)] {
        let reply = service.client().post(path, body);
        reply.assert(429, 109, "요청이 너무 많습니다. 잠시 후 다시 시도해주세요.");
        let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((3000..=3601).contains(&seconds), "{seconds}");
    }
    assert_eq!(home.rows().feeds().len(), 1);
}
