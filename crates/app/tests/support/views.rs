//! Views that a service learns, on any database and store.

use std::thread;
use std::time::Duration;

use image::RgbImage;
use image::imageops;
use serde_json::json;

use super::base64;
use super::home::Home;
use super::pictures::{HEIGHT, WIDTH, jpeg, scene};
use super::replay::body;
use super::service::Service;

const OTHER_SCENE: &str = "사진이 일치하지 않습니다.";

/// A photo of a long wall, this many pixels to the right of its left end.
fn pan(left: u32) -> Vec<u8> {
    let mut wall = RgbImage::new(3 * WIDTH, HEIGHT);
    for (place, seed) in [1, 12, 5].into_iter().enumerate() {
        let left = place as i64 * i64::from(WIDTH);
        imageops::replace(&mut wall, &scene(seed), left, 0);
    }
    jpeg(&imageops::crop_imm(&wall, left, 0, WIDTH, HEIGHT).to_image())
}

/// The cheapest tier does not recognise one photo in the other, but the last one does.
const STEP: u32 = 500;

#[track_caller]
fn send(service: &Service, left: u32) -> (u16, Option<u64>) {
    service.client().post("/img_feature", &body(1, &pan(left))).outcome()
}

#[track_caller]
fn register(service: &Service) {
    let reference = json!({ "participation_id": 1, "std_img": base64(&pan(0)) });
    assert_eq!(service.client().post("/std_img", &reference).outcome(), (200, None));
}

fn views(home: &Home) -> String {
    let [[count]] = home
        .rows()
        .texts::<1>("SELECT CAST(count(*) AS TEXT) FROM learned_view")
        .try_into()
        .unwrap();
    count
}

/// Whether a condition holds within half a minute.
fn soon(holds: impl Fn() -> bool) -> bool {
    (0..600).any(|_| {
        thread::sleep(Duration::from_millis(50));
        holds()
    })
}

/// Checks that a photo teaches the service to recognise the next one, also after a restart, until there is a new reference
/// or the participation is erased.
pub(crate) fn a_view_recognises_what_the_reference_does_not(home: Home) {
    // The photos are sent again and again, and copies are not learned.
    let home = home.with("RULES__LEARN_VIEWS", "true").with("RULES__REPLAY", "off");
    let service = home.serve_open();
    register(&service);
    let rejected = service.client().post("/img_feature", &body(1, &pan(2 * STEP)));
    rejected.assert(400, 4, OTHER_SCENE);
    let learn = |service: &Service| {
        assert_eq!(send(service, STEP), (200, None));
        assert!(soon(|| service.log().contains("a view was learned")), "{}", service.log());
        assert_eq!(views(&home), "1");
    };
    learn(&service);
    assert_eq!(send(&service, 2 * STEP), (200, None));
    assert!(service.log().contains("view=1"), "{}", service.log());
    drop(service);

    let service = home.serve();
    assert_eq!(send(&service, 2 * STEP), (200, None), "the view is stored");
    register(&service);
    assert_eq!(views(&home), "0");
    assert_eq!(send(&service, 2 * STEP), (400, Some(4)), "a new reference starts over");

    learn(&service);
    let erasure = json!({ "participation_id": 1 });
    assert_eq!(service.client().post("/admin/v1/erasures", &erasure).status, 200);
    assert!(soon(|| views(&home) == "0"));
}
