//! Log lines of requests.

use std::io;
use std::sync::{Arc, Mutex, Once};

use injeung_domain::Fault;
use injeung_domain::ports::MockClassifier;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::client::{request, send};
use crate::pictures;
use crate::world::{PATIENCE, World, classification, img_feature, std_img, with};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Capture;

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Capture {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Captures every log line of this process from now on.
pub(crate) fn capture() {
    static CAPTURING: Once = Once::new();
    CAPTURING.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::INFO)
            .with_writer(Capture)
            .init();
    });
}

/// Captured lines of one request.
fn lines(request_id: &str) -> Vec<Value> {
    let lines = String::from_utf8(LINES.lock().unwrap().clone()).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["span"]["request_id"] == request_id).collect()
}

/// Captured lines of one request, after one of them contains `message`.
pub(crate) async fn lines_until(request_id: &str, message: &str) -> Vec<Value> {
    let wait = async {
        loop {
            let lines = lines(request_id);
            if lines.iter().any(|line| line["fields"]["message"] == message) {
                return lines;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the line")
}

pub(crate) fn request_with_id(path: &str, id: &str, body: &Value) -> Vec<u8> {
    let headers = [("Content-Type", "application/json"), ("X-Request-Id", id)];
    request("POST", path, &headers, body.to_string().as_bytes())
}

#[tokio::test]
async fn a_fault_is_logged_once_with_its_request() {
    let mut world = World::new().await;
    let mut classifier = MockClassifier::new();
    classifier.expect_classify().returning(|_, _| {
        let source = io::Error::new(io::ErrorKind::TimedOut, "no answer within 20 s");
        Err(Fault::transient(source).into())
    });
    world.ports.classifier = Arc::new(classifier);
    let service = world.start();
    let request = request_with_id("/classification", "fault-1", &classification());
    assert_eq!(send(service.address, &request).await.status, 500);

    let lines = lines_until("fault-1", "answered a request").await;
    let faults: Vec<_> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(faults.len(), 1, "{lines:?}");
    let (fields, span) = (&faults[0]["fields"], &faults[0]["span"]);
    assert_eq!(fields["error"], "classify the photo: no answer within 20 s");
    assert_eq!((&fields["participation"], &fields["errcode"]), (&json!(1), &json!(2)));
    assert_eq!(span["route"], "/classification");
}

#[tokio::test]
async fn a_rejection_is_logged_with_its_errcode_and_probability() {
    let service = World::new().await.start();
    assert_eq!(crate::client::post(service.address, "/std_img", &std_img()).await.status, 200);
    let other = pictures::base64(&pictures::jpeg(b"another desk"));
    let body = with(img_feature(), "feed_img", Some(json!(other)));
    let reply = send(service.address, &request_with_id("/img_feature", "refusal-1", &body)).await;
    assert_eq!(reply.status, 400);

    let mut lines = lines_until("refusal-1", "answered a request").await;
    // The record is written at the same time, and its line can come before.
    lines.retain(|line| line["fields"]["message"] != "a verified photo has flags");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let refusal = &lines[0];
    assert_eq!(refusal["level"], "INFO");
    assert_eq!(refusal["fields"]["errcode"], 4);
    assert_eq!(refusal["fields"]["probability"], 0.0);
    assert_eq!(refusal["fields"]["participation"], 1);
    let access = &lines[1]["fields"];
    assert_eq!((&access["method"], &access["path"]), (&json!("POST"), &json!("/img_feature")));
    assert_eq!((&access["status"], &access["errcode"]), (&json!(400), &json!(4)));
    assert!(access["milliseconds"].is_u64());
}

#[tokio::test]
async fn long_input_does_not_flood_the_log() {
    let service = World::new().await.start();
    let body = json!("secret ".repeat(50_000));
    let reply = send(service.address, &request_with_id("/std_img", "flood-1", &body)).await;
    assert_eq!(reply.status, 400);
    let lines = lines_until("flood-1", "answered a request").await;
    assert!(lines.iter().all(|line| line.to_string().len() < 1000));
}

#[tokio::test]
async fn a_long_path_or_method_does_not_flood_the_log() {
    let service = World::new().await.start();
    let long = "x".repeat(60_000);
    for (id, method, path) in [
        ("path-1", "GET", format!("/{long}")),
        ("query-1", "GET", format!("/nowhere?{long}")),
        ("path-2", "POST", format!("/objects/{long}")),
        ("method-1", &*long, "/nowhere".to_owned()),
    ] {
        let headers = [("X-Request-Id", id)];
        assert_ne!(send(service.address, &request(method, &path, &headers, b"")).await.status, 200);
        let lines = lines_until(id, "answered a request").await;
        assert!(lines.iter().all(|line| line.to_string().len() < 1000), "{id}");
    }
}
