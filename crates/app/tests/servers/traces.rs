//! Traces that the service sends to a collector.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use crate::support::base64;
use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again};

/// A collector that confirms each request and keeps the bytes of all.
struct Collector {
    endpoint: String,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<u8>>>::default();
        let kept = received.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = kept.clone();
                thread::spawn(move || receive(&mut stream.unwrap(), &kept));
            }
        });
        Self { endpoint, received }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.received.lock().unwrap()).into_owned()
    }
}

/// Confirms one request. Its length is in its head.
fn receive(stream: &mut TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let mut fields = head.lines().filter_map(|line| line.split_once(": "));
            let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length: usize = length.unwrap().1.parse().unwrap();
            let begin = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
            if request.len() >= begin + length {
                break;
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "a whole request");
        request.extend(&buffer[..read]);
    }
    kept.lock().unwrap().extend(request);
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
}

fn one_photo(home: &Home) {
    home.put_open(1);
    let mut service = home.serve();
    let client = service.client();
    let reference = json!({ "participation_id": 1, "std_img": base64(&desk()) });
    assert_eq!(client.post("/std_img", &reference).outcome(), (200, None));
    let photo =
        json!({ "participation_id": 1, "feed_img": base64(&desk_again()), "feed_content": "" });
    assert_eq!(client.post("/img_feature", &photo).outcome(), (200, None));
    service.terminate();
    assert!(service.wait().0.success());
}

#[test]
fn requests_and_their_steps_are_traced_whatever_the_log_shows() {
    let collector = Collector::start();
    let home =
        Home::new().with("TRACES__ENDPOINT", &collector.endpoint).with("LOG__FILTER", "error");
    one_photo(&home);
    let text = collector.text();
    assert!(text.starts_with("POST /v1/traces "), "{text}");
    for part in ["injeung", "request", "/img_feature", "admit", "encode", "examine", "store"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

#[test]
fn a_step_that_does_not_begin_has_no_span() {
    let collector = Collector::start();
    let home = Home::new().with("TRACES__ENDPOINT", &collector.endpoint);
    home.put_open(1);
    let mut service = home.serve();
    let client = service.client();
    assert_eq!(client.get("/healthz").status, 200);
    let photo = json!({ "participation_id": 1, "feed_img": base64(&desk()), "feed_content": "" });
    assert_eq!(client.post("/img_feature", &photo).outcome(), (400, Some(2)));
    service.terminate();
    assert!(service.wait().0.success());
    let text = collector.text();
    assert!(text.contains("/img_feature") && text.contains("admit"), "{text}");
    for part in ["encode", "examine", "store", "/healthz", "a request was rejected"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_ratio_of_zero_and_a_dead_collector_cost_no_photo() {
    let collector = Collector::start();
    one_photo(
        &Home::new().with("TRACES__ENDPOINT", &collector.endpoint).with("TRACES__RATIO", "0"),
    );
    assert_eq!(collector.text(), "");
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let home = Home::new().with("TRACES__ENDPOINT", &format!("http://{dead}"));
    one_photo(&home);
}
