//! Responses of `POST /classification`, row by row of the contract.

use serde_json::json;

use crate::support::home::{Home, demo_photo};
use crate::support::pictures::{blank, desk};
use crate::support::png;
use crate::support::rows::key_of;
use crate::{MALFORMED, classification, missing_or_mistyped, with};

const CLASSIFIER_FAILED: &str = "Clarifai 서버 문제, 혹은 그에 관한 문제";
const OUTSIDE_WINDOW: &str = "인증 시간이 아닙니다.";

#[test]
fn classification_malformed_input_is_errcode_1() {
    let home = Home::new();
    let service = home.serve_open();
    let good = classification(1, &desk(), "dog");
    let cut = &good.to_string()[..1000];
    let headers = [("Content-Type", "application/json")];
    service.client().request("POST", "/classification", &headers, cut).assert(400, 1, MALFORMED);
    for body in missing_or_mistyped(&classification(1, &blank(), "dog")) {
        service.client().post("/classification", &body).assert(400, 1, MALFORMED);
    }
    home.assert_nothing_stored();
}

#[test]
fn classification_empty_keyword_is_errcode_1() {
    let home = Home::new();
    let service = home.serve_open();
    for keyword in ["", " ", "\u{3000}\n", "\u{200b}\u{3164}", "#", "\"...\""] {
        let reply = service.client().post("/classification", &classification(1, &desk(), keyword));
        reply.assert(400, 1, MALFORMED);
    }
    home.assert_nothing_stored();
}

#[test]
fn classification_photo_that_is_no_picture_is_errcode_1() {
    let home = Home::with_local_classifier();
    let service = home.serve_open();
    let desk = desk();
    let undecodable = png::with_data(640, 480, png::RGB, b"no zlib stream at all");
    for photo in [&b""[..], b"plain text", &desk[..desk.len() / 2], &undecodable] {
        let reply = service.client().post("/classification", &classification(1, photo, "dog"));
        reply.assert(400, 1, MALFORMED);
    }
    home.assert_nothing_stored();
}

#[test]
fn classification_unknown_participation_is_errcode_1() {
    let home = Home::new();
    let service = home.serve_open();
    let reply = service.client().post("/classification", &classification(2, &desk(), "dog"));
    reply.assert(400, 1, MALFORMED);
    home.assert_nothing_stored();
}

#[test]
fn classification_outside_the_window_is_errcode_4() {
    let home = Home::new();
    home.put(1, (-3, -2), ("00:00", "23:59:59"), Some("UTC"));
    let service = home.serve();
    // The window is checked before the classifier runs, which is down.
    let reply = service.client().post("/classification", &classification(1, &desk(), "dog"));
    reply.assert(400, 4, OUTSIDE_WINDOW);
    home.assert_nothing_stored();
}

#[test]
fn classification_classifier_down_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    let reply = service.client().post("/classification", &classification(1, &desk(), "dog"));
    reply.assert(500, 2, CLASSIFIER_FAILED);
    home.assert_nothing_stored();
}

#[test]
fn classification_keyword_not_shown_is_errcode_3() {
    let home = Home::with_local_classifier();
    let service = home.serve_open();
    let squirrel = demo_photo("squirrel_cls.jpg");
    for keyword in
        ["자전거", "bicycle", "squirre", "no such thing", "고양이, 자전거", "다람쥐도", "🐱"]
    {
        let body = classification(1, &squirrel, keyword);
        let reply = service.client().post("/classification", &body);
        reply.assert(400, 3, "해당 단어에 알맞지 않은 사진이거나, 사진을 다시 찍어주세요.");
    }
    home.assert_nothing_stored();
}

#[test]
fn classification_keyword_shown_is_200() {
    let home = Home::with_local_classifier();
    let service = home.serve_open();
    let squirrel = demo_photo("squirrel_cls.jpg");
    let keywords = [
        "squirrel",
        "다람쥐",
        " SQUIRREL ",
        "animal",
        "다람쥐\u{200b}",
        "\u{feff}다\u{ad}람쥐",
        "다 람쥐",
        "#다람쥐",
        "\"다람쥐\"를.",
        "다람쥐가",
        "고양이, 다람쥐",
        "ㄷㅏㄹㅏㅁㅈㅟ",
        "🐿️",
    ];
    for keyword in keywords {
        let body = classification(1, &squirrel, keyword);
        service.client().post("/classification", &body).assert(200, None, "완료");
    }
    let fruits = classification(1, &demo_photo("fruits.jpg"), "과일");
    service.client().post("/classification", &fruits).assert(200, None, "완료");

    let feeds = home.rows().feeds();
    assert_eq!(feeds.len(), keywords.len() + 1);
    for feed in &feeds {
        assert_eq!(feed.feed_type, "auth");
        assert_eq!(feed.participation_id, 1);
        assert_eq!(feed.content, "오늘도 했다");
        assert!(key_of(&feed.url).starts_with("classification_1_"), "{}", feed.url);
    }
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().references(), []);
    assert_eq!(home.rows().reservations(), [""; 0]);
}

#[test]
fn classification_content_may_be_empty_and_is_kept_to_the_letter() {
    let home = Home::with_local_classifier();
    let service = home.serve_open();
    let squirrel = demo_photo("squirrel_cls.jpg");
    let contents = ["", " 앞뒤 \r\n", "😀 '); DROP TABLE feed; --", &"가".repeat(10_000)];
    for content in contents {
        let body = classification(1, &squirrel, "squirrel");
        let body = with(body, "feed_content", Some(json!(content)));
        service.client().post("/classification", &body).assert(200, None, "완료");
    }
    let feeds = home.rows().feeds();
    let kept: Vec<&str> = feeds.iter().map(|feed| feed.content.as_str()).collect();
    assert_eq!(kept, contents);
}
