//! Responses of `POST /std_img`, row by row of the contract.

use serde_json::json;

use crate::support::home::Home;
use crate::support::pictures::{self, blank, desk, desk_again, street};
use crate::support::rows::key_of;
use crate::support::{base64, jpeg, png};
use crate::{MALFORMED, img_feature, missing_or_mistyped, std_img, with};

const NO_PHOTO: &str = "사진이 첨부되지 않았습니다.";

#[test]
fn std_img_malformed_json_is_errcode_1() {
    let home = Home::new();
    let service = home.serve_open();
    let good = std_img(1, &desk()).to_string();
    for body in [&good[..good.len() - 1], "", "{", "[]", "null", "\"std_img\""] {
        let headers = [("Content-Type", "application/json")];
        let reply = service.client().request("POST", "/std_img", &headers, body);
        reply.assert(400, 1, MALFORMED);
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_missing_or_mistyped_field_is_errcode_1() {
    let home = Home::new();
    let service = home.serve_open();
    for body in missing_or_mistyped(&std_img(1, &blank())) {
        let reply = service.client().post("/std_img", &body);
        reply.assert(400, 1, MALFORMED);
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_unknown_participation_is_errcode_1() {
    let home = Home::new();
    let service = home.serve_open();
    for id in [2, i64::MAX] {
        service.client().post("/std_img", &std_img(id, &desk())).assert(400, 1, MALFORMED);
        // The participation is checked before the photo.
        service.client().post("/std_img", &std_img(id, b"no photo")).assert(400, 1, MALFORMED);
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_empty_photo_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    for photo in ["", " \n", "data:image/jpeg;base64,"] {
        let body = with(std_img(1, b""), "std_img", Some(json!(photo)));
        service.client().post("/std_img", &body).assert(400, 2, NO_PHOTO);
    }
    let form = [("participation_id", None, &b"1"[..]), ("std_img", Some("a.jpg"), b"")];
    service.client().post_form("/std_img", &form).assert(400, 2, NO_PHOTO);
    home.assert_nothing_stored();
}

#[test]
fn std_img_photo_that_is_not_base64_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    let desk = base64(&desk());
    for photo in ["not base64!", "사진", &format!("{desk}%"), &format!("data:image/jpeg,{desk}")]
    {
        let body = with(std_img(1, b""), "std_img", Some(json!(photo)));
        service.client().post("/std_img", &body).assert(400, 2, NO_PHOTO);
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_not_a_picture_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    let video = b"\0\0\0\x18ftypisom\0\0\x02\0isommp41";
    for photo in [&b"plain text"[..], b"GIF89a\x40\x01\xf0\0\0\0\0;", video] {
        service.client().post("/std_img", &std_img(1, photo)).assert(400, 2, NO_PHOTO);
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_photo_cut_off_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    let scene = pictures::scene(1);
    for photo in [desk(), pictures::png(&scene), pictures::webp(&scene)] {
        for kept in [photo.len() / 2, photo.len() - 1] {
            let reply = service.client().post("/std_img", &std_img(1, &photo[..kept]));
            reply.assert(400, 2, NO_PHOTO);
        }
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_too_small_photo_is_errcode_2() {
    let home = Home::new();
    let service = home.serve_open();
    for (width, height) in [(63, 480), (640, 63), (1, 1)] {
        let photo = jpeg::flat(width, height, 3);
        service.client().post("/std_img", &std_img(1, &photo)).assert(400, 2, NO_PHOTO);
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_too_costly_to_decode_is_errcode_2() {
    let home = Home::new().with("PHOTOS__MAX_PIXELS", "1000000");
    let service = home.serve_open();
    // A progressive JPEG takes 2 bytes per grey pixel, of 6 bytes per pixel of the limit.
    for photo in [jpeg::progressive(1001, 3000, 10), png::black(1001, 1000, png::RGB)] {
        service.client().post("/std_img", &std_img(1, &photo)).assert(400, 2, NO_PHOTO);
    }
    // Photos within the limit, and any sequential JPEG, are examined.
    for photo in [
        jpeg::progressive(1000, 3000, 10),
        jpeg::flat(1001, 1000, 3),
        png::black(1000, 1000, png::RGB),
    ] {
        let reply = service.client().post("/std_img", &std_img(1, &photo));
        assert_eq!(reply.outcome(), (400, Some(3)));
    }
    home.assert_nothing_stored();
}

#[test]
fn std_img_too_few_feature_points_is_errcode_3() {
    let home = Home::new();
    let service = home.serve_open();
    let reply = service.client().post("/std_img", &std_img(1, &blank()));
    reply.assert(400, 3, "특징점이 확실한 사직을 찍어주세요.");
    home.assert_nothing_stored();
}

#[test]
fn std_img_stored_is_200() {
    let home = Home::new();
    let service = home.serve_open();
    service.client().post("/std_img", &std_img(1, &desk())).assert(200, None, "완료 되었습니다.");
    let references = home.rows().references();
    assert_eq!(references.len(), 1);
    assert_eq!(references[0].participation_id, 1);
    assert_eq!(home.objects(), [key_of(&references[0].url)]);
    assert_eq!(home.rows().reservations(), [""; 0]);
    assert_eq!(home.rows().feeds(), []);
}

#[test]
fn std_img_needs_no_open_window() {
    let home = Home::new();
    home.put(1, (2, 3), ("00:00", "23:59:59"), Some("UTC"));
    let service = home.serve();
    service.client().post("/std_img", &std_img(1, &desk())).assert(200, None, "완료 되었습니다.");
}

#[test]
fn std_img_newest_reference_wins() {
    let home = Home::new();
    let service = home.serve_open();
    let post = |path, body| service.client().post(path, &body).outcome();
    assert_eq!(post("/std_img", std_img(1, &desk())), (200, None));
    assert_eq!(post("/std_img", std_img(1, &street())), (200, None));
    assert_eq!(post("/img_feature", img_feature(1, &street())), (200, None));
    assert_eq!(post("/img_feature", img_feature(1, &desk_again())), (400, Some(4)));
    // A rejected reference leaves the previous one in place.
    assert_eq!(post("/std_img", std_img(1, &blank())), (400, Some(3)));
    assert_eq!(post("/img_feature", img_feature(1, &street())), (200, None));
}

#[test]
fn std_img_references_belong_to_their_participation() {
    let home = Home::new();
    home.put_open(2);
    let service = home.serve_open();
    let post = |path, body| service.client().post(path, &body).outcome();
    assert_eq!(post("/std_img", std_img(1, &desk())), (200, None));
    assert_eq!(post("/std_img", std_img(2, &street())), (200, None));
    assert_eq!(post("/img_feature", img_feature(1, &desk_again())), (200, None));
    assert_eq!(post("/img_feature", img_feature(2, &desk_again())), (400, Some(4)));
}
