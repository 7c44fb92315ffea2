//! Names and times of stored photos and their rows.

use std::collections::BTreeSet;
use std::thread;

use time::{Duration, OffsetDateTime};

use crate::support::home::{Home, demo_photo};
use crate::support::pictures::{desk, desk_again};
use crate::support::rows::key_of;
use crate::support::times::{daytime_zone, now, stamp};
use crate::{classification, img_feature, std_img};

/// Stamps of all seconds between two instants, plus one second at the end.
fn seconds(from: OffsetDateTime, to: OffsetDateTime) -> BTreeSet<String> {
    let next = |at: &OffsetDateTime| Some(*at + Duration::SECOND);
    let all = std::iter::successors(Some(from), next);
    all.take_while(|at| *at <= to + Duration::SECOND).map(stamp).collect()
}

#[test]
fn keys_contain_call_participation_and_second_in_seoul() {
    let home = Home::with_local_classifier();
    home.put_open(12);
    let service = home.serve();
    let from = now(None);
    let squirrel = classification(12, &demo_photo("squirrel_cls.jpg"), "squirrel");
    for (path, body) in [
        ("/std_img", std_img(12, &desk())),
        ("/img_feature", img_feature(12, &desk_again())),
        ("/classification", squirrel),
    ] {
        assert_eq!(service.client().post(path, &body).outcome(), (200, None), "{path}");
    }
    let seconds = seconds(from, now(None));
    let objects = home.objects();
    assert_eq!(objects.len(), 3);
    for (object, prefix) in objects.iter().zip(["classification", "feature", "std"]) {
        let stamp = object.strip_prefix(&format!("{prefix}_12_")).unwrap();
        let stamp = stamp.strip_suffix(".jpg").unwrap();
        assert!(seconds.contains(stamp), "{object} is not of {seconds:?}");
    }
}

#[test]
fn keys_follow_the_time_zone_of_the_service() {
    let zone = daytime_zone();
    let home = Home::new().with("SERVER__TIME_ZONE", zone);
    let service = home.serve_open();
    let from = now(Some(zone));
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    let objects = home.objects();
    let seconds = seconds(from, now(Some(zone)));
    let stamp = objects[0].strip_prefix("std_1_").unwrap().strip_suffix(".jpg").unwrap();
    assert!(seconds.contains(stamp), "{objects:?} is not of {seconds:?}");
}

#[test]
fn further_photos_of_a_second_get_numbers() {
    let home = Home::new();
    let service = home.serve_open();
    let count = 24;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..count / 4 {
                    let reply = service.client().post("/std_img", &std_img(1, &desk()));
                    assert_eq!(reply.outcome(), (200, None));
                }
            });
        }
    });
    let objects = home.objects();
    assert_eq!(objects.len(), count);
    assert_eq!(objects, home.rows().object_keys());
    // Within a second the numbers begin at 2 and have no gaps.
    let mut left: BTreeSet<&str> = objects.iter().map(|name| &name[..name.len() - 4]).collect();
    let firsts: Vec<&str> =
        left.iter().copied().filter(|name| name.matches('_').count() == 2).collect();
    assert!(firsts.len() < count, "no two photos came in one second");
    for first in firsts {
        left.remove(first);
        let numbers = 2..;
        for number in numbers {
            let numbered = format!("{first}_{number}");
            if !left.remove(&*numbered) {
                break;
            }
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn existing_objects_are_never_overwritten() {
    let home = Home::new();
    let service = home.serve_open();
    let from = now(None);
    // Another program's objects take the names of the next seconds.
    let foreign: Vec<String> = seconds(from, from + Duration::seconds(20))
        .iter()
        .map(|stamp| format!("std_1_{stamp}.jpg"))
        .collect();
    for name in &foreign {
        std::fs::write(home.objects_directory().join(name), b"somebody else's").unwrap();
    }
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    let key = home.rows().object_keys().remove(0);
    assert!(key.ends_with("_2.jpg"), "{key}");
    for name in &foreign {
        let content = std::fs::read(home.objects_directory().join(name)).unwrap();
        assert_eq!(content, b"somebody else's");
    }
}

#[test]
fn urls_are_of_this_service_where_no_base_is_configured() {
    let home = Home::new();
    let service = home.serve_open();
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    let url = &home.rows().references()[0].url;
    assert_eq!(*url, format!("http://{}/objects/{}", service.address, home.objects()[0]));
    let reply = service.client().fetch(url);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("image/jpeg"));
    assert_eq!(reply.body, std::fs::read(home.objects_directory().join(key_of(url))).unwrap());
}

#[test]
fn urls_begin_with_the_configured_base() {
    for base in ["https://cdn.example.com/photos/", "https://cdn.example.com/photos"] {
        let home = Home::new().with("OBJECTS__PUBLIC_BASE", base);
        let service = home.serve_open();
        let post = |path, body| service.client().post(path, &body).outcome();
        assert_eq!(post("/std_img", std_img(1, &desk())), (200, None));
        assert_eq!(post("/img_feature", img_feature(1, &desk_again())), (200, None));
        let objects = home.objects();
        let url = |object: &str| format!("https://cdn.example.com/photos/{object}");
        assert_eq!(home.rows().feeds()[0].url, url(&objects[0]));
        assert_eq!(home.rows().references()[0].url, url(&objects[1]));
    }
}

#[test]
fn feeds_have_their_creation_time_in_utc() {
    let home = Home::new();
    let service = home.serve_open();
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    let from = now(Some("UTC"));
    let reply = service.client().post("/img_feature", &img_feature(1, &desk_again()));
    assert_eq!(reply.outcome(), (200, None));
    let to = now(Some("UTC"));
    let feed = home.rows().feeds().remove(0);
    let digits: String = feed.created.chars().filter(char::is_ascii_digit).take(14).collect();
    assert!((stamp(from)..=stamp(to)).contains(&digits), "{feed:?} of {from} to {to}");
}
