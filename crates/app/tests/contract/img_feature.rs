//! Responses of `POST /img_feature`, row by row of the contract.

use crate::support::home::Home;
use crate::support::pictures::{blank, desk, desk_again, street};
use crate::support::png;
use crate::support::rows::key_of;
use crate::support::service::Service;
use crate::{MALFORMED, img_feature, missing_or_mistyped, std_img};

const NO_REFERENCE: &str = "기준 사진이 존재하지 않습니다.";

/// Starts a service with a reference of participation 1.
fn with_reference(home: &Home) -> Service {
    let service = home.serve_open();
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    service
}

#[track_caller]
fn assert_reference_alone(home: &Home) {
    assert_eq!(home.rows().feeds(), []);
    assert_eq!(home.rows().reservations(), [""; 0]);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.objects().len(), 1);
}

#[test]
fn img_feature_malformed_input_is_errcode_1() {
    let home = Home::new();
    let service = with_reference(&home);
    let good = img_feature(1, &desk_again());
    let cut = &good.to_string()[..1000];
    let headers = [("Content-Type", "application/json")];
    service.client().request("POST", "/img_feature", &headers, cut).assert(400, 1, MALFORMED);
    for body in missing_or_mistyped(&img_feature(1, &blank())) {
        service.client().post("/img_feature", &body).assert(400, 1, MALFORMED);
    }
    assert_reference_alone(&home);
}

#[test]
fn img_feature_photo_that_is_no_picture_is_errcode_1() {
    let home = Home::new();
    let service = with_reference(&home);
    let desk = desk();
    let undecodable = png::with_data(640, 480, png::RGB, b"no zlib stream at all");
    for photo in [&b""[..], b"plain text", &desk[..desk.len() / 2], &undecodable] {
        let reply = service.client().post("/img_feature", &img_feature(1, photo));
        reply.assert(400, 1, MALFORMED);
    }
    assert_reference_alone(&home);
}

#[test]
fn img_feature_invalid_photo_is_reported_before_a_missing_reference() {
    let home = Home::new();
    let service = home.serve_open();
    for id in [1, 99] {
        let reply = service.client().post("/img_feature", &img_feature(id, b"no photo"));
        reply.assert(400, 1, MALFORMED);
    }
}

#[test]
fn img_feature_undecodable_pixels_are_errcode_1_after_the_window() {
    let home = Home::new();
    let service = home.serve_open();
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    let undecodable = png::with_data(640, 480, png::RGB, b"no zlib stream at all");
    let reply = service.client().post("/img_feature", &img_feature(1, &undecodable));
    reply.assert(400, 1, MALFORMED);
}

#[test]
fn img_feature_without_a_reference_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    let reply = service.client().post("/img_feature", &img_feature(1, &desk()));
    reply.assert(400, 2, NO_REFERENCE);
    home.assert_nothing_stored();
}

#[test]
fn img_feature_of_an_unknown_participation_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    for id in [2, i64::MAX] {
        let reply = service.client().post("/img_feature", &img_feature(id, &desk()));
        reply.assert(400, 2, NO_REFERENCE);
    }
    home.assert_nothing_stored();
}

#[test]
fn img_feature_missing_reference_is_reported_before_the_window() {
    let home = Home::new();
    home.put(1, (2, 3), ("00:00", "23:59:59"), Some("UTC"));
    let service = home.serve();
    let reply = service.client().post("/img_feature", &img_feature(1, &desk()));
    reply.assert(400, 2, NO_REFERENCE);
}

#[test]
fn img_feature_outside_the_window_is_errcode_3() {
    let home = Home::new();
    home.put(1, (2, 3), ("00:00", "23:59:59"), Some("UTC"));
    let service = home.serve();
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), (200, None));
    // The window is checked before the scene.
    for photo in [desk_again(), street()] {
        let reply = service.client().post("/img_feature", &img_feature(1, &photo));
        reply.assert(400, 3, "인증 시간이 아닙니다.");
    }
    assert_reference_alone(&home);
}

#[test]
fn img_feature_another_scene_is_errcode_4() {
    let home = Home::new();
    let service = with_reference(&home);
    for photo in [street(), blank()] {
        let reply = service.client().post("/img_feature", &img_feature(1, &photo));
        reply.assert(400, 4, "사진이 일치하지 않습니다.");
    }
    assert_reference_alone(&home);
}

#[test]
fn img_feature_same_scene_is_200() {
    let home = Home::new();
    let service = with_reference(&home);
    let reply = service.client().post("/img_feature", &img_feature(1, &desk_again()));
    reply.assert(200, None, "완료되었습니다.");
    let feeds = home.rows().feeds();
    assert_eq!(feeds.len(), 1);
    assert_eq!(feeds[0].feed_type, "auth");
    assert_eq!(feeds[0].participation_id, 1);
    assert_eq!(feeds[0].content, "오늘도 했다");
    assert!(home.objects().contains(&key_of(&feeds[0].url).to_owned()));
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
}

#[test]
fn img_feature_same_scene_is_200_whichever_tiers_are_on() {
    let quick = || Home::new().with("VISION__SIFT__ENABLED", "false");
    let sift = Home::new().with("VISION__QUICK__ENABLED", "false");
    for home in [quick(), sift, quick().with_neural_tier(), Home::new().with_neural_tier()] {
        tells_scenes_apart(&home);
    }
}

fn tells_scenes_apart(home: &Home) {
    let service = with_reference(home);
    let post =
        |photo: &[u8]| service.client().post("/img_feature", &img_feature(1, photo)).outcome();
    assert_eq!(post(&desk_again()), (200, None));
    assert_eq!(post(&street()), (400, Some(4)));
}

#[test]
fn img_feature_reference_without_a_tiers_points_is_read_again_once() {
    let home = Home::new();
    drop(with_reference(&home));
    let formats = |home: &Home| {
        let query = "SELECT algorithm || iif(superseded_at IS NULL, '', ' superseded')
                     FROM reference_features ORDER BY algorithm";
        home.rows().select(query, |row| row.get::<_, String>(0))
    };
    assert_eq!(formats(&home), ["points"]);
    let home = home.with_neural_tier();
    let neural = home.serve();
    let post =
        |photo: &[u8]| neural.client().post("/img_feature", &img_feature(1, photo)).outcome();
    assert_eq!(post(&desk_again()), (200, None));
    assert_eq!(formats(&home), ["points superseded", "points+xfeat"]);
    // The stored photo is no longer needed.
    std::fs::remove_file(home.objects_directory().join(key_of(&home.rows().references()[0].url)))
        .unwrap();
    assert_eq!(post(&desk_again()), (200, None));
    assert_eq!(post(&street()), (400, Some(4)));
}
