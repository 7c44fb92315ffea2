//! What happens to photos that are sent again, on any database and store.

use std::thread;

use image::RgbImage;
use image::imageops::{self, FilterType};
use serde_json::{Value, json};

use super::base64;
use super::home::Home;
use super::jpeg::{exif, segment, with_segments};
use super::pictures::{jpeg, png, shot};
use super::service::Service;

pub(crate) const REPLAYED: &str = "이미 사용된 사진입니다.";

/// Body of `POST /img_feature`.
pub(crate) fn body(id: i64, photo: &[u8]) -> Value {
    json!({ "participation_id": id, "feed_img": base64(photo), "feed_content": "오늘도 했다" })
}

/// Registers the first shot as the reference of a participation.
#[track_caller]
pub(crate) fn register(service: &Service, id: i64) {
    let body = json!({ "participation_id": id, "std_img": base64(&jpeg(&shot(100 + id as u64))) });
    assert_eq!(service.client().post("/std_img", &body).outcome(), (200, None));
}

#[track_caller]
fn accept(service: &Service, id: i64, photo: &[u8]) {
    assert_eq!(service.client().post("/img_feature", &body(id, photo)).outcome(), (200, None));
}

#[track_caller]
fn reject(service: &Service, id: i64, photo: &[u8]) {
    service.client().post("/img_feature", &body(id, photo)).assert(409, 105, REPLAYED);
}

fn resized(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    imageops::resize(picture, width, height, FilterType::CatmullRom)
}

/// Copies of a photo's pixels in other files. Mirrored and turned ones are missing: without the neural tier they are
/// rejected as another scene.
pub(crate) fn near_copies(photo: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let picture = &image::load_from_memory(photo).unwrap().to_rgb8();
    let crop = imageops::crop_imm(picture, 40, 10, 570, 430).to_image();
    let mut framed = RgbImage::from_pixel(700, 1200, image::Rgb([12; 3]));
    imageops::overlay(&mut framed, picture, 30, 360);
    vec![
        ("resized", jpeg(&resized(picture, 480, 360))),
        ("another format", png(picture)),
        ("cropped", jpeg(&crop)),
        ("cropped and resized", jpeg(&resized(&crop, 650, 490))),
        ("a screenshot", jpeg(&framed)),
    ]
}

/// Checks the rule "reject" for one participation.
pub(crate) fn copies_are_rejected_and_honest_photos_are_not(home: Home) {
    let home = home.with("RULES__REPLAY", "reject");
    let service = home.serve_open();
    register(&service, 1);
    let first = jpeg(&shot(1));
    accept(&service, 1, &first);
    reject(&service, 1, &first);
    let tagged = with_segments(&first, &[exif(1), segment(0xfe, b"taken today")]);
    reject(&service, 1, &tagged);
    reject(&service, 1, &with_segments(&first, &[exif(1)]));
    for (name, copy) in near_copies(&first) {
        let reply = service.client().post("/img_feature", &body(1, &copy));
        assert_eq!(reply.outcome(), (409, Some(105)), "{name}");
    }
    // The reference itself is no proof either.
    reject(&service, 1, &jpeg(&shot(101)));
    for nth in 2..6 {
        accept(&service, 1, &jpeg(&shot(nth)));
    }
    assert_eq!(home.rows().feeds().len(), 5);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
    let traces = home.rows().texts::<1>("SELECT CAST(count(*) AS TEXT) FROM photo_trace");
    assert_eq!(traces, [["6".to_owned()]], "rejected photos are not recorded");
    let counted = service.client().get("/metrics").text();
    assert!(
        counted.contains(r#"injeung_replays_total{action="rejected",kind="same_pixels"} 4"#),
        "{counted}"
    );
}

/// Checks that of concurrent copies, sent to several services, one is accepted.
pub(crate) fn one_of_concurrent_copies_is_accepted(home: Home) {
    let home = home.with("RULES__REPLAY", "reject");
    let services = [home.serve_open(), home.serve()];
    register(&services[0], 1);
    let picture = shot(1);
    let near = jpeg(&resized(&picture, 560, 420));
    for (round, files) in
        [[jpeg(&picture), jpeg(&picture)], [jpeg(&shot(7)), jpeg(&resized(&shot(7), 560, 420))]]
            .into_iter()
            .enumerate()
    {
        let mut outcomes: Vec<_> = thread::scope(|scope| {
            let tries: Vec<_> = (0..8)
                .map(|nth| {
                    let client = services[nth % 2].client();
                    let body = body(1, &files[nth / 2 % 2]);
                    scope.spawn(move || client.post("/img_feature", &body).outcome())
                })
                .collect();
            tries.into_iter().map(|tried| tried.join().unwrap()).collect()
        });
        outcomes.sort();
        assert_eq!(outcomes[0], (200, None), "round {round}");
        assert!(outcomes[1..].iter().all(|outcome| *outcome == (409, Some(105))), "{outcomes:?}");
        assert_eq!(home.rows().feeds().len(), round + 1);
    }
    reject(&services[1], 1, &near);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
}

/// Checks whose photos count in each scope. Participations 1 and 2 are in one group, 3 in another.
pub(crate) fn the_scope_decides_whose_photos_count(home: Home) {
    let home = home.with("RULES__REPLAY", "reject");
    home.put_open(1);
    home.put_open(3);
    home.succeed(&["participation", "put", "2", "--group", "1"]);
    {
        let service = home.serve();
        for id in 1..=3 {
            register(&service, id);
        }
        accept(&service, 1, &jpeg(&shot(1)));
        accept(&service, 1, &jpeg(&shot(2)));
    }
    let copies = |nth| [jpeg(&shot(nth)), jpeg(&resized(&shot(nth), 520, 390))];
    let home = home.with("RULES__REPLAY_SCOPE", "group");
    {
        let service = home.serve();
        for copy in copies(1) {
            reject(&service, 2, &copy);
            reject(&service, 1, &copy);
        }
        accept(&service, 3, &copies(1)[1]);
    }
    let home = home.with("RULES__REPLAY_SCOPE", "all");
    {
        let service = home.serve();
        for copy in copies(2) {
            reject(&service, 3, &copy);
            reject(&service, 2, &copy);
        }
        accept(&service, 3, &jpeg(&shot(9)));
    }
    let home = home.with("RULES__REPLAY_SCOPE", "participation");
    let service = home.serve();
    accept(&service, 2, &copies(2)[0]);
    reject(&service, 2, &copies(2)[1]);
}

/// Checks that the rule "flag" changes no response, and stores, logs and counts replays.
pub(crate) fn flagged_replays_are_accepted_stored_logged_and_counted(home: Home) {
    let home = home.with("RULES__REPLAY", "flag");
    let service = home.serve_open();
    register(&service, 1);
    accept(&service, 1, &jpeg(&shot(1)));
    accept(&service, 1, &jpeg(&shot(1)));
    accept(&service, 1, &jpeg(&resized(&shot(1), 480, 360)));
    accept(&service, 1, &jpeg(&shot(2)));
    let query = "SELECT coalesce(replay, ''), coalesce(replay_of, '') FROM photo_trace
                 ORDER BY photo_trace_id";
    let stored = home.rows().texts::<2>(query);
    let first = home.rows().feeds()[0].url.clone();
    let kinds: Vec<&str> = stored.iter().map(|[kind, _]| kind.as_str()).collect();
    assert_eq!(kinds, ["", "", "same_pixels", "near_copy", ""]);
    assert_eq!(stored[2][1], first);
    assert!(stored[3][1].contains("feature_1"), "{stored:?}");
    let log = service.log();
    assert_eq!(log.matches("an accepted photo was sent before").count(), 2, "{log}");
    let counted = service.client().get("/metrics").text();
    for kind in ["same_pixels", "near_copy"] {
        let line = format!("injeung_replays_total{{action=\"flagged\",kind=\"{kind}\"}} 1");
        assert!(counted.contains(&line), "{counted}");
    }
}

/// Checks that a retry under the key of an accepted photo gets its response again.
pub(crate) fn a_retry_under_its_key_is_no_replay(home: Home) {
    let home = home.with("RULES__REPLAY", "reject");
    let service = home.serve_open();
    register(&service, 1);
    let photo = body(1, &jpeg(&shot(1))).to_string();
    let send = |key: &str| {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
        service.client().request("POST", "/img_feature", &headers, photo.as_bytes()).outcome()
    };
    assert_eq!(send("first"), (200, None));
    assert_eq!(send("first"), (200, None));
    assert_eq!(send("second"), (409, Some(105)));
    assert_eq!(send("first"), (200, None));
    assert_eq!(home.rows().feeds().len(), 1);
}
