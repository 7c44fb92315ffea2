//! `Idempotency-Key`, tested with the running program.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::Reply;
use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again, street};
use crate::support::service::Service;
use crate::support::{base64, form};
use crate::{img_feature, std_img, with};

const KEY: &str = "0c2f7d0e-6f0e-4a4e-9d55-5d8b1a4c9e11";

fn headers(key: &str) -> [(&str, &str); 2] {
    [("Content-Type", "application/json"), ("Idempotency-Key", key)]
}

fn post(service: &Service, path: &str, key: &str, body: &Value) -> Reply {
    service.client().request("POST", path, &headers(key), body.to_string().as_bytes())
}

/// Checks that one reference and `feeds` feed rows exist, and no reservation.
#[track_caller]
fn assert_feeds(home: &Home, feeds: usize) {
    assert_eq!(home.rows().references().len(), 1);
    assert_eq!(home.rows().feeds().len(), feeds);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
}

fn with_reference(home: &Home) -> Service {
    let service = home.serve_open();
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    service
}

#[test]
fn idempotency_key_twice_is_one_row_and_one_object() {
    let home = Home::new();
    let service = home.serve_open();
    for _ in 0..2 {
        let reply = post(&service, "/std_img", "reference", &std_img(1, &desk()));
        reply.assert(200, None, "완료 되었습니다.");
        assert_feeds(&home, 0);
    }
    for _ in 0..2 {
        let reply = post(&service, "/img_feature", KEY, &img_feature(1, &desk_again()));
        reply.assert(200, None, "완료되었습니다.");
        assert_feeds(&home, 1);
    }
}

#[test]
fn idempotency_key_survives_a_kill_and_another_way_to_write_the_request() {
    let home = Home::new();
    let mut service = with_reference(&home);
    let reply = post(&service, "/img_feature", KEY, &img_feature(1, &desk_again()));
    reply.assert(200, None, "완료되었습니다.");
    service.kill();
    let service = home.serve();
    let photo = desk_again();
    let parts: [form::FormPart<'_>; 3] = [
        ("participation_id", None, b"1"),
        ("feed_content", None, "오늘도 했다".as_bytes()),
        ("feed_img", Some("a.jpg"), &photo),
    ];
    let headers = [("Content-Type", &*form::content_type()), ("Idempotency-Key", KEY)];
    let reply = service.client().request("POST", "/img_feature", &headers, &form::body(&parts)[..]);
    reply.assert(200, None, "완료되었습니다.");
    assert_feeds(&home, 1);
}

#[test]
fn idempotency_key_with_another_request_is_409_errcode_106() {
    let home = Home::new();
    let service = with_reference(&home);
    let good = img_feature(1, &desk_again());
    assert_eq!(post(&service, "/img_feature", KEY, &good).outcome(), (200, None));
    for other in [
        with(good.clone(), "feed_img", Some(json!(base64(&street())))),
        with(good.clone(), "feed_content", Some(json!("오늘은 안 했다"))),
        with(good.clone(), "participation_id", Some(json!(2))),
    ] {
        let reply = post(&service, "/img_feature", KEY, &other);
        reply.assert(409, 106, "같은 요청 키로 다른 내용이 전송되었습니다.");
    }
    let reply = post(&service, "/std_img", KEY, &std_img(1, &desk_again()));
    reply.assert(409, 106, "같은 요청 키로 다른 내용이 전송되었습니다.");
    assert_feeds(&home, 1);
}

#[test]
fn idempotency_key_repeats_a_verdict_and_evaluates_the_rest_again() {
    let home = Home::new();
    let service = home.serve_open();
    let early = img_feature(1, &desk_again());
    let missing = "기준 사진이 존재하지 않습니다.";
    post(&service, "/img_feature", KEY, &early).assert(400, 2, missing);
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    let other = img_feature(1, &street());
    for _ in 0..2 {
        let reply = post(&service, "/img_feature", "other", &other);
        reply.assert(400, 4, "사진이 일치하지 않습니다.");
    }
    for _ in 0..2 {
        assert_eq!(post(&service, "/img_feature", KEY, &early).outcome(), (200, None));
    }
    assert_feeds(&home, 1);
}

#[test]
fn idempotency_key_is_free_after_a_failure_and_when_its_time_is_over() {
    let home = Home::new().with("REQUEST_KEYS__KEEP_S", "1");
    let service = with_reference(&home);
    let good = img_feature(1, &desk_again());
    home.rows().execute("ALTER TABLE feed RENAME TO gone_feed");
    let reply = post(&service, "/img_feature", KEY, &good);
    reply.assert(500, 111, "DB 접근 오류");
    home.rows().execute("ALTER TABLE gone_feed RENAME TO feed");
    assert_eq!(post(&service, "/img_feature", KEY, &good).outcome(), (200, None));
    assert_feeds(&home, 1);
    thread::sleep(Duration::from_millis(1100));
    assert_eq!(post(&service, "/img_feature", KEY, &good).outcome(), (200, None));
    assert_feeds(&home, 2);
}

/// Two services on one database and one directory act as replicas.
#[test]
fn idempotency_key_at_two_replicas_at_once_is_one_row() {
    let home = Home::new();
    let services = [with_reference(&home), home.serve()];
    for round in 0..4 {
        let key = format!("round-{round}");
        thread::scope(|scope| {
            let tries: Vec<_> = (0..6)
                .map(|nth| {
                    let (service, key) = (&services[nth % 2], &key);
                    scope.spawn(move || {
                        post(service, "/img_feature", key, &img_feature(1, &desk_again()))
                    })
                })
                .collect();
            for tried in tries {
                tried.join().unwrap().assert(200, None, "완료되었습니다.");
            }
        });
        assert_feeds(&home, round + 1);
    }
}

#[test]
fn idempotency_key_that_is_invalid_is_400_errcode_1() {
    let home = Home::new();
    let service = home.serve_open();
    for key in ["two words", "열쇠", &"k".repeat(256)] {
        let reply = post(&service, "/std_img", key, &std_img(1, &desk()));
        reply.assert(400, 1, "입력이 바르지 않습니다.");
    }
    home.assert_nothing_stored();
    let reply = post(&service, "/std_img", &"k".repeat(255), &std_img(1, &desk()));
    assert_eq!(reply.outcome(), (200, None));
}
