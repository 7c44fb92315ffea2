//! The calls on PostgreSQL and S3, with the same results as on files.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::home::{Home, demo_photo};
use crate::support::pictures::{desk, desk_again, street};
use crate::support::rows::key_of;
use crate::support::{base64, raw};

fn reference() -> Value {
    json!({ "participation_id": 1, "std_img": base64(&desk()) })
}

fn feature(photo: &[u8]) -> Value {
    json!({ "participation_id": 1, "feed_img": base64(photo), "feed_content": "오늘도 했다 🏃" })
}

#[test]
fn the_three_calls_store_rows_and_objects_at_their_urls() {
    let home = Home::on_servers().classifying();
    let service = home.serve_open();
    let client = service.client();
    assert_eq!(client.get("/readyz").outcome(), (200, None));
    assert_eq!(client.post("/img_feature", &feature(&desk_again())).outcome(), (400, Some(2)));
    client.post("/std_img", &reference()).assert(200, None, "완료 되었습니다.");
    client.post("/img_feature", &feature(&desk_again())).assert(200, None, "완료되었습니다.");
    assert_eq!(client.post("/img_feature", &feature(&street())).outcome(), (400, Some(4)));
    let photo = demo_photo("squirrel_cls.jpg");
    let mut keyword = feature(&photo);
    keyword["classification_keyword"] = json!("다람쥐");
    client.post("/classification", &keyword).assert(200, None, "완료");
    keyword["classification_keyword"] = json!("자전거");
    assert_eq!(client.post("/classification", &keyword).outcome(), (400, Some(3)));

    let rows = home.rows();
    let (references, feeds) = (rows.references(), rows.feeds());
    assert_eq!((references.len(), feeds.len()), (1, 2));
    assert_eq!(rows.reservations(), [""; 0]);
    assert_eq!(home.objects(), rows.object_keys());
    for feed in &feeds {
        assert_eq!((feed.feed_type.as_str(), feed.participation_id), ("auth", 1));
        assert_eq!(feed.content, "오늘도 했다 🏃");
    }
    let urls = [&references[0].url, &feeds[0].url, &feeds[1].url];
    for (url, kind) in urls.into_iter().zip(["std_1_", "feature_1_", "classification_1_"]) {
        let base = home.servers().bucket.url("");
        assert!(url.starts_with(&format!("{base}{kind}")), "{url}");
        let reply = client.fetch(url);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("image/jpeg")));
        assert!(reply.body.starts_with(&[0xff, 0xd8]), "{url}");
        // The bucket serves the photos, not the service.
        assert_eq!(client.get(&format!("/objects/{}", key_of(url))).outcome(), (404, Some(102)));
    }
    let log = service.log();
    assert!(!log.contains("s3cret"), "{log}");
}

#[test]
fn an_object_of_another_program_is_never_overwritten() {
    let home = Home::on_servers();
    let service = home.serve_open();
    // The photo gets its name in any of these seconds.
    let now = crate::support::times::now(None);
    let keys: Vec<String> = (0..60)
        .map(|second| {
            let then = now + time::Duration::seconds(second);
            format!("std_1_{}.jpg", crate::support::times::stamp(then))
        })
        .collect();
    for key in &keys {
        home.servers().bucket.put(key, b"somebody else's");
    }
    assert_eq!(service.client().post("/std_img", &reference()).outcome(), (200, None));
    let stored = home.rows().object_keys();
    assert!(stored[0].ends_with("_2.jpg"), "{stored:?}");
    for key in &keys {
        assert_eq!(home.object(key).unwrap(), b"somebody else's");
    }
    assert_eq!(home.rows().reservations(), [""; 0]);
}

#[test]
fn ten_concurrent_migrations_create_the_tables() {
    let home = Home::on_servers().with("DATABASE__MIGRATE_AT_START", "false");
    let service = home.serve();
    assert_eq!(service.client().readiness().outcome(), (503, Some(110)));
    assert_eq!(service.client().post("/std_img", &reference()).outcome(), (500, Some(111)));
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| home.succeed(&["migrate"]));
        }
    });
    home.put_open(1);
    assert_eq!(service.client().readiness().outcome(), (200, None));
    assert_eq!(service.client().post("/std_img", &reference()).outcome(), (200, None));
}

#[test]
fn a_photo_of_a_private_bucket_has_a_url_on_demand() {
    let home = Home::on_servers();
    let service = home.serve_open();
    assert_eq!(service.client().post("/std_img", &reference()).outcome(), (200, None));
    let url = home.rows().references()[0].url.clone();
    for photo in [key_of(&url), &url] {
        let told = home.succeed(&["url", photo, "--valid-s", "60"]).stdout;
        assert!(told.contains("X-Amz-Expires=60") && told.contains("X-Amz-Signature="), "{told}");
        let stored = home.servers().bucket.agent.get(told.trim_end()).call().unwrap();
        assert_eq!(stored.status(), 200);
    }
    assert_eq!(home.run(&["url", "std_1_a.jpg", "--valid-s", "0"]).code, Some(2));
}

#[test]
fn ten_that_start_at_once_all_serve() {
    let home = Home::on_servers();
    thread::scope(|scope| {
        let starts: Vec<_> = (0..10).map(|_| scope.spawn(|| home.serve())).collect();
        for start in starts {
            let service = start.join().unwrap();
            assert_eq!(service.client().get("/readyz").outcome(), (200, None));
        }
    });
}

#[test]
fn sigterm_finishes_a_request_whose_body_is_on_its_way() {
    let home = Home::on_servers();
    let mut service = home.serve_open();
    let body = reference().to_string();
    let more = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len());
    let mut slow = raw::connect(service.address);
    slow.write_all(raw::head("/std_img", "application/json", &more).as_bytes()).unwrap();
    raw::await_continue(&mut slow);
    let (first, second) = body.split_at(body.len() / 2);
    slow.write_all(first.as_bytes()).unwrap();
    service.terminate();
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(service.address).is_ok() {
        assert!(Instant::now() < deadline, "connections are not refused");
        thread::sleep(Duration::from_millis(20));
    }
    slow.write_all(second.as_bytes()).unwrap();
    raw::receive(slow).expect("an answer").assert(200, None, "완료 되었습니다.");
    assert_eq!(service.wait().0.code(), Some(0));
    assert_eq!(home.rows().references().len(), 1);
    assert_eq!(home.objects(), home.rows().object_keys());
    assert_eq!(home.rows().reservations(), [""; 0]);
}
