//! Stop, crash and restart of the service, and what services share.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again};
use crate::support::rows::{key_of, sql_digest};
use crate::support::{base64, raw};

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

fn reference() -> Value {
    json!({ "participation_id": 1, "std_img": base64(&desk()) })
}

fn feature() -> Value {
    json!({ "participation_id": 1, "feed_img": base64(&desk_again()), "feed_content": "x" })
}

/// Polls a condition for at most 20 seconds.
#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Checks that every row has its object, and every object a row or a reservation.
#[track_caller]
fn assert_consistent(home: &Home) {
    let objects: BTreeSet<String> = home.objects().into_iter().collect();
    let rows: BTreeSet<String> = home.rows().object_keys().into_iter().collect();
    let reserved: BTreeSet<String> = home.rows().reservations().into_iter().collect();
    assert!(rows.is_subset(&objects), "rows without an object: {rows:?}, {objects:?}");
    assert!(rows.is_disjoint(&reserved), "rows that are reserved: {rows:?}, {reserved:?}");
    // A half-written file of a killed process is not an object.
    let whole = objects.iter().filter(|name| !name.starts_with('.'));
    let owned = |name: &&String| rows.contains(*name) || reserved.contains(*name);
    let lost: Vec<&String> = whole.filter(|name| !owned(name)).collect();
    assert!(lost.is_empty(), "objects of nobody: {lost:?}");
}

#[test]
fn a_service_without_its_networks_compares_without_them_and_logs_it() {
    let home = Home::new()
        .with("VISION__NEURAL__ENABLED", "true")
        .with("VISION__NEURAL__XFEAT", "nowhere/xfeat.safetensors");
    let service = home.serve_open();
    let client = service.client();
    let log = service.log();
    assert!(
        log.contains("the neural tier is off") && log.contains("nowhere/xfeat.safetensors"),
        "{log}"
    );
    let ready = client.get("/readyz");
    assert_eq!(
        (ready.status, &ready.json()["data"]["checks"]["extractor"]),
        (200, &json!("reduced"))
    );
    let metrics = client.get("/metrics").text();
    for tier in ["xfeat", "lighterglue", "aligned"] {
        let line = format!("injeung_tier_missing{{tier=\"{tier}\"}} 1");
        assert!(metrics.lines().any(|found| found == line), "{metrics}");
    }
    assert_eq!(client.post("/std_img", &reference()).outcome(), (200, None));
}

#[test]
fn a_service_with_its_networks_is_whole() {
    let home = Home::new().with_neural_tier();
    let service = home.serve_open();
    assert!(!service.log().contains("the neural tier is off"));
    let client = service.client();
    assert_eq!(client.get("/readyz").json()["data"]["checks"]["extractor"], "ok");
    assert!(!client.get("/metrics").text().contains("injeung_tier_missing{"));
}

#[test]
fn a_service_with_a_malformed_network_does_not_start() {
    let home = Home::new().with_neural_tier().with("VISION__NEURAL__XFEAT", "xfeat.safetensors");
    fs::write(home.path().join("xfeat.safetensors"), b"no network").unwrap();
    let refused = home.run(&["serve"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("xfeat.safetensors"), "{refused:?}");
}

#[test]
fn sigterm_finishes_a_request_whose_body_is_on_its_way() {
    let home = Home::new();
    let mut service = home.serve_open();
    let body = reference().to_string();
    let more = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len());
    let mut slow = raw::connect(service.address);
    slow.write_all(raw::head("/std_img", JSON[0].1, &more).as_bytes()).unwrap();
    raw::await_continue(&mut slow);
    let (first, second) = body.split_at(body.len() / 2);
    slow.write_all(first.as_bytes()).unwrap();

    service.terminate();
    wait_until("connections are refused", || TcpStream::connect(service.address).is_err());
    slow.write_all(second.as_bytes()).unwrap();
    raw::receive(slow).expect("an answer").assert(200, None, "완료 되었습니다.");
    let (status, _) = service.wait();
    assert_eq!(status.code(), Some(0));
    assert_eq!(home.rows().references().len(), 1);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
}

#[test]
fn sigterm_rejects_a_request_on_an_open_connection_as_busy() {
    let home = Home::new();
    let mut service = home.serve_open();
    // A slow request keeps the service from ending before the others have sent theirs.
    let mut slow = raw::connect(service.address);
    let more = "Content-Length: 2\r\nExpect: 100-continue\r\n";
    slow.write_all(raw::head("/std_img", JSON[0].1, more).as_bytes()).unwrap();
    raw::await_continue(&mut slow);
    let mut open = raw::connect(service.address);
    let body = reference().to_string();
    let request = raw::request("/std_img", JSON[0].1, body.as_bytes());
    // The head begins before the stop and ends after it.
    open.write_all(&request[..20]).unwrap();
    thread::sleep(Duration::from_millis(200));

    service.terminate();
    wait_until("connections are refused", || TcpStream::connect(service.address).is_err());
    let _ = open.write_all(&request[20..]);
    if let Some(reply) = raw::receive(open) {
        reply.assert(503, 110, "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.");
    }
    slow.write_all(b"{}").unwrap();
    assert_eq!(raw::receive(slow).expect("an answer").outcome(), (400, Some(1)));
    assert_eq!(service.wait().0.code(), Some(0));
    home.assert_nothing_stored();
}

#[test]
fn sigterm_in_a_burst_keeps_what_was_answered() {
    let home = Home::new();
    let mut service = home.serve_open();
    let (accepted, client) = (AtomicUsize::new(0), service.client());
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let body = reference().to_string();
                // The loop ends when the service is gone.
                while let Ok(reply) = client.try_request("POST", "/std_img", &JSON, &body) {
                    match reply.outcome() {
                        (200, None) => accepted.fetch_add(1, Ordering::SeqCst),
                        (503, Some(110)) => break,
                        other => panic!("{other:?}"),
                    };
                }
            });
        }
        wait_until("a few are accepted", || accepted.load(Ordering::SeqCst) >= 5);
        service.terminate();
        let (status, _) = service.wait();
        assert_eq!(status.code(), Some(0));
    });
    assert_eq!(home.rows().references().len(), accepted.into_inner());
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
}

#[test]
fn sigkill_in_a_burst_loses_nothing_that_was_answered() {
    let home = Home::new().with("CLEAN_UP__GRACE_S", "60");
    let mut service = home.serve_open();
    let client = service.client();
    assert_eq!(client.post("/std_img", &reference()).outcome(), (200, None));
    let accepted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for burst in 0..6 {
            let (accepted, client) = (&accepted, &client);
            scope.spawn(move || {
                let (path, body) = if burst % 2 == 0 {
                    ("/std_img", reference())
                } else {
                    ("/img_feature", feature())
                };
                let body = body.to_string();
                while let Ok(reply) = client.try_request("POST", path, &JSON, &body) {
                    assert_eq!(reply.outcome(), (200, None), "{path}");
                    accepted.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        wait_until("a few are accepted", || accepted.load(Ordering::SeqCst) >= 8);
        service.kill();
    });
    let stored = || home.rows().references().len() + home.rows().feeds().len();
    // Each request that was running may be stored although its client got no response.
    assert!(stored() > accepted.load(Ordering::SeqCst));
    assert_consistent(&home);

    // Makes the crash an hour old, and adds what it left unfinished.
    let lost = home.objects_directory().join("std_1_20260101000000.jpg");
    fs::write(&lost, desk()).unwrap();
    let digest = sql_digest(&desk());
    home.rows().execute(&format!(
        "INSERT INTO object_reservation (object_key, image_url, content_sha256, state, reserved_at)
             VALUES ('std_1_20260101000000.jpg', 'http://x/std_1_20260101000000.jpg', {digest},
                     'open', '2026-01-01 00:00:00.000000'),
                    ('std_1_20260101000001.jpg', 'http://x/std_1_20260101000001.jpg', {digest},
                     'abandoned', '2026-01-01 00:00:01.000000');
         UPDATE object_reservation SET reserved_at = '2026-01-01 00:00:00.000000';
         UPDATE lease SET held_until = '2026-01-01 00:00:00.000000'"
    ));
    let before = stored();
    let service = home.serve();
    wait_until("it is cleaned up", || home.rows().reservations().is_empty());
    assert!(!lost.exists());
    assert_eq!(stored(), before);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(service.client().post("/img_feature", &feature()).outcome(), (200, None));
}

#[test]
fn clean_up_keeps_reservations_within_the_grace() {
    let digest = sql_digest(&desk());
    let home = Home::new().with("CLEAN_UP__GRACE_S", "60").with("CLEAN_UP__INTERVAL_S", "1");
    home.succeed(&["migrate"]);
    home.rows().execute(&format!(
        "INSERT INTO object_reservation (object_key, image_url, content_sha256, state, reserved_at)
             VALUES ('old.jpg', 'http://x/old.jpg', {digest}, 'open', '2026-01-01 00:00:00.000000'),
                    ('new.jpg', 'http://x/new.jpg', {digest}, 'open',
                     strftime('%Y-%m-%d %H:%M:%S.000000', 'now'))"
    ));
    fs::create_dir(home.objects_directory()).unwrap();
    for name in ["old.jpg", "new.jpg"] {
        fs::write(home.objects_directory().join(name), desk()).unwrap();
    }
    let _service = home.serve();
    wait_until("the old one is cleaned up", || home.rows().reservations() == ["new.jpg"]);
    wait_until("its object is gone", || home.objects() == ["new.jpg"]);
    // Later rounds of the clean-up find later reservations.
    home.rows().execute("UPDATE object_reservation SET reserved_at = '2026-01-01 00:00:00.000000'");
    wait_until("the other one is cleaned up", || home.rows().reservations().is_empty());
    assert_eq!(home.objects(), [""; 0]);
}

#[test]
fn half_written_photos_are_removed_at_start() {
    let home = Home::new();
    fs::create_dir(home.objects_directory()).unwrap();
    fs::write(home.objects_directory().join(".put-abc123"), b"half").unwrap();
    let _service = home.serve();
    assert_eq!(home.objects(), [""; 0]);
}

#[test]
fn rows_and_objects_outlive_a_restart() {
    let home = Home::new().with("OBJECTS__PUBLIC_BASE", "https://cdn.example.com/");
    let mut service = home.serve_open();
    assert_eq!(service.client().post("/std_img", &reference()).outcome(), (200, None));
    service.terminate();
    assert_eq!(service.wait().0.code(), Some(0));
    let service = home.serve();
    assert_eq!(service.client().post("/img_feature", &feature()).outcome(), (200, None));
    let object = key_of(&home.rows().references()[0].url).to_owned();
    assert_eq!(service.client().get(&format!("/objects/{object}")).status, 200);
}

#[test]
fn two_services_share_rows_and_objects() {
    let home = Home::new();
    let services = [home.serve_open(), home.serve()];
    let count = 8;
    thread::scope(|scope| {
        for service in &services {
            for _ in 0..2 {
                scope.spawn(move || {
                    for _ in 0..count / 4 {
                        let client = service.client();
                        assert_eq!(client.post("/std_img", &reference()).outcome(), (200, None));
                        assert_eq!(client.post("/img_feature", &feature()).outcome(), (200, None));
                    }
                });
            }
        }
    });
    assert_eq!(home.rows().references().len(), count);
    assert_eq!(home.rows().feeds().len(), count);
    let objects: BTreeSet<String> = home.objects().into_iter().collect();
    let rows: BTreeSet<String> = home.rows().object_keys().into_iter().collect();
    assert_eq!(objects, rows);
    assert_eq!(objects.len(), 2 * count, "each row has an object of its own");
    for object in objects {
        for service in &services {
            let reply = service.client().get(&format!("/objects/{object}"));
            assert_eq!(reply.status, 200, "{object}");
        }
    }
}

#[test]
fn every_response_has_a_request_id() {
    let home = Home::new();
    let service = home.serve_open();
    let client = service.client();
    let mut ids = BTreeSet::new();
    for reply in [
        client.get("/healthz"),
        client.get("/readyz"),
        client.get("/nowhere"),
        client.get("/std_img"),
        client.get("/objects/std_1_20260101000000.jpg"),
        client.post("/std_img", &reference()),
        client.post("/img_feature", &reference()),
        client.request("POST", "/std_img", &[("Content-Type", "text/plain")], "x"),
    ] {
        ids.insert(reply.header("x-request-id").expect("a request id").to_owned());
    }
    assert_eq!(ids.len(), 8, "{ids:?}");
    // The client's own id is kept and logged.
    let headers = [JSON[0], ("X-Request-Id", "from-the-client-17")];
    let reply = client.request("POST", "/std_img", &headers, "{");
    assert_eq!(reply.header("x-request-id"), Some("from-the-client-17"));
    wait_until("it is logged", || service.log().contains("from-the-client-17"));
}
