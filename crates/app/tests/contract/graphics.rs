//! Photos with overlays of camera apps: only the scene affects the verdict.

use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again, stamped, street, wall};
use crate::{img_feature, std_img};

/// Functions that draw on the reference and on the photo.
type Draw = (fn(&[u8]) -> Vec<u8>, fn(&[u8]) -> Vec<u8>);

const STAMPED: fn(&[u8]) -> Vec<u8> = stamped;

/// Kinds of graphics on one or both photos.
const KINDS: [(&str, Draw); 2] = [
    ("a stamp", (STAMPED, STAMPED)),
    ("a stamp on one of them", (|photo| photo.to_vec(), STAMPED)),
];

#[test]
fn img_feature_graphics_that_both_photos_carry_make_no_match() {
    let home = Home::new();
    let service = home.serve_open();
    for (name, (on_reference, on_photo)) in KINDS {
        let reference = std_img(1, &on_reference(&desk()));
        assert_eq!(service.client().post("/std_img", &reference).outcome(), (200, None), "{name}");
        let reply = service.client().post("/img_feature", &img_feature(1, &on_photo(&street())));
        assert_eq!(reply.outcome(), (400, Some(4)), "{name}");
    }
    assert_eq!(home.rows().feeds(), []);
}

#[test]
fn std_img_points_on_graphics_do_not_count() {
    let home = Home::new();
    let service = home.serve_open();
    for photo in [wall(), stamped(&wall())] {
        let reply = service.client().post("/std_img", &std_img(1, &photo));
        assert_eq!(reply.outcome(), (400, Some(3)));
    }
    home.assert_nothing_stored();
}

#[test]
fn img_feature_the_scene_is_found_behind_graphics() {
    let home = Home::new();
    let service = home.serve_open();
    for (name, (on_reference, on_photo)) in KINDS {
        let reference = std_img(1, &on_reference(&desk()));
        assert_eq!(service.client().post("/std_img", &reference).outcome(), (200, None), "{name}");
        for photo in [desk_again(), desk()] {
            let reply = service.client().post("/img_feature", &img_feature(1, &on_photo(&photo)));
            assert_eq!(reply.outcome(), (200, None), "{name}");
        }
    }
}
