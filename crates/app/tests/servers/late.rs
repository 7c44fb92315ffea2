//! A service that was paused while the clean-up removed its reservation.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::base64;
use crate::support::home::Home;
use crate::support::pictures::desk;
use crate::support::proxy::{Proxy, Way};

fn reference() -> Value {
    json!({ "participation_id": 1, "std_img": base64(&desk()) })
}

#[test]
fn a_photo_that_arrives_after_its_reservation_was_cleaned_up_leaves_nothing() {
    let home = Home::on_servers();
    let endpoint = home.servers().bucket.endpoint.clone();
    let way = Proxy::before(endpoint.strip_prefix("http://").unwrap().parse().unwrap());
    let home = home.with("OBJECTS__S3__ENDPOINT", &format!("http://{}", way.address));
    let service = home.serve_open();
    // The photo is in transit until this test releases it.
    way.set(Way::Silent);
    thread::scope(|scope| {
        let client = service.client();
        let call = scope.spawn(move || client.post("/std_img", &reference()));
        let deadline = Instant::now() + Duration::from_secs(60);
        while home.rows().reservations().is_empty() {
            assert!(Instant::now() < deadline, "nothing is reserved");
            thread::sleep(Duration::from_millis(5));
        }
        // Another process cleans up, with open access to the bucket.
        let mut clean_up = home.command(&["clean-up", "--grace-s", "0"]);
        let cleaned = clean_up.env("INJEUNG__OBJECTS__S3__ENDPOINT", &endpoint).output().unwrap();
        assert!(String::from_utf8(cleaned.stdout).unwrap().starts_with("removed=1 failed=0"));
        way.set(Way::Open);
        call.join().unwrap().assert(500, 111, "DB 접근 오류");
    });
    home.assert_nothing_stored();
    assert_eq!(service.client().post("/std_img", &reference()).outcome(), (200, None));
    assert_eq!(home.objects(), home.rows().object_keys());
}
