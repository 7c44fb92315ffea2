//! The classifier behind a chat completion with a server that plays every documented response and fault.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests fail by panicking"
)]

#[path = "../clarifai/fake.rs"]
mod fake;
mod faults;
#[path = "../../../domain/tests/support/logs.rs"]
mod logged;
mod logs;
#[path = "../clarifai/photos.rs"]
mod photos;
mod replies;
mod requests;
mod usage;

use std::time::Duration;

use injeung_adapter::{Limits, Secret, Workers, with_causes};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{Concept, FaultKind, Keyword, conformance};
use injeung_vision::{CallSettings, OpenAiClassifier, OpenAiSettings};
use serde_json::{Value, json};

// The server plays any script.
use fake::{FakeClarifai as FakeServer, Play};

const KEY: &str = "sk-0123456789abcdef";
const PERMANENT: Outcome = Outcome::Fault(FaultKind::Permanent);
const TRANSIENT: Outcome = Outcome::Fault(FaultKind::Transient);

fn settings(server: &FakeServer) -> OpenAiSettings {
    OpenAiSettings {
        base_url: format!("{}/v1", server.base_url()),
        calls: quick(),
        key: Secret::new(KEY),
        model: Some("eyes-1".to_owned()),
        ..OpenAiSettings::default()
    }
}

/// Limits with short pauses.
fn quick() -> CallSettings {
    CallSettings { base_backoff: Duration::from_millis(1), ..OpenAiSettings::default().calls }
}

fn classifier(settings: OpenAiSettings) -> OpenAiClassifier {
    OpenAiClassifier::new(settings, Workers::new(Limits::untimed(2, 16))).unwrap()
}

fn keyword() -> Keyword {
    "운동화".parse().unwrap()
}

/// The documented response with a message and a finish reason.
fn completion(message: &Value, finish_reason: &Value) -> Play {
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_741_570_283, "model": "eyes-1",
        "choices": [{
            "index": 0, "logprobs": null, "finish_reason": finish_reason, "message": message,
        }],
        "usage": { "prompt_tokens": 180, "completion_tokens": 12, "total_tokens": 192 },
        "system_fingerprint": "fp_1",
    });
    Play::Answer(200, body.to_string())
}

/// A complete reply with a text.
fn text(text: &str) -> Play {
    let message = json!({ "role": "assistant", "content": text, "refusal": null });
    completion(&message, &json!("stop"))
}

fn yes() -> Play {
    text(r#"{"shows":"yes","confidence":0.93}"#)
}

fn shown(value: f32) -> Outcome {
    Outcome::Concepts(vec![Concept { name: "운동화".to_owned(), value }])
}

fn not_shown() -> Outcome {
    Outcome::Concepts(Vec::new())
}

/// Result of the classifier for these actions, and the number of requests.
async fn classify(plays: impl IntoIterator<Item = Play>) -> (Outcome, usize) {
    with(plays, |_| ()).await
}

async fn with(
    plays: impl IntoIterator<Item = Play>,
    adjust: impl FnOnce(&mut OpenAiSettings),
) -> (Outcome, usize) {
    let server = FakeServer::start(plays);
    let mut settings = settings(&server);
    adjust(&mut settings);
    let result = classifier(settings).classify(&photos::textured(), &keyword()).await;
    (result.into(), server.received().len())
}

/// Asserts that a response is not retried.
async fn assert_final(play: Play, expected: Outcome) {
    assert_eq!(classify([play, yes()]).await, (expected, 1));
}

/// Asserts that a response is retried, and that the retries are limited.
async fn assert_passes(play: Play) {
    assert_eq!(classify([play.clone(), yes()]).await, (shown(0.93), 2));
    assert_eq!(classify(vec![play; 4]).await, (TRANSIENT, 3));
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Concepts(Vec<Concept>),
    Photo,
    Fault(FaultKind),
}

impl From<Result<Vec<Concept>, VisionError>> for Outcome {
    fn from(result: Result<Vec<Concept>, VisionError>) -> Self {
        let error = match result {
            Ok(concepts) => return Self::Concepts(concepts),
            Err(error) => error,
        };
        let text = with_causes(&error);
        assert!(!text.contains(KEY) && !format!("{error:?}").contains(KEY), "{text}");
        assert!(text.len() < 1000, "{text}");
        match error {
            VisionError::Photo(_) => Self::Photo,
            VisionError::Fault(fault) => Self::Fault(fault.kind),
        }
    }
}

#[tokio::test]
async fn the_adapter_conforms() {
    let photos = [photos::textured(), photos::turned(), photos::transparent()];
    for play in [yes(), text(r#"{"shows":"no","confidence":0.9}"#)] {
        let server = FakeServer::start(vec![play; 2 * photos.len()]);
        conformance::classifier(&classifier(settings(&server)), &photos).await;
    }
}
