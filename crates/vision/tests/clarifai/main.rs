//! The remote classifier with a server that plays every documented response and fault.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests fail by panicking"
)]

#[allow(dead_code, reason = "the tests of the openai classifier use all of it")]
mod fake;
mod faults;
mod photos;
mod requests;

use std::time::Duration;

use injeung_adapter::{Limits, Secret, Workers, with_causes};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{Concept, FaultKind, Keyword, conformance};
use injeung_vision::{CallSettings, ClarifaiClassifier, ClarifaiSettings};

use fake::{FakeClarifai, Play};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The documented response with one more concept.
const SUCCESS: &str = r#"{"status":{"code":10000,"description":"Ok","req_id":"5e9f"},
 "outputs":[{"id":"a1","status":{"code":10000,"description":"Ok"},
  "created_at":"2025-02-28T09:41:55.568082659Z",
  "model":{"id":"general-image-recognition","name":"Image Recognition","app_id":"main","user_id":"clarifai",
    "model_version":{"id":"aa7f","status":{"code":21100,"description":"Model is trained and ready for deployment"}}},
  "input":{"id":"b2","data":{"image":{"url":"https://samples.clarifai.com/x.jpg","base64":"dHJ1ZQ=="}}},
  "data":{"concepts":[
   {"id":"ai_HLmqFqBf","name":"기차","value":0.99960595,"app_id":"main","user_id":"clarifai"},
   {"id":"ai_fvlBqXZR","name":"철도","value":0.9992,"app_id":"main","user_id":"clarifai"}]}}]}"#;

fn settings(server: &FakeClarifai) -> ClarifaiSettings {
    ClarifaiSettings {
        base_url: server.base_url(),
        calls: quick(),
        key: Secret::new(KEY),
        ..ClarifaiSettings::default()
    }
}

/// Limits with short pauses.
fn quick() -> CallSettings {
    CallSettings { base_backoff: Duration::from_millis(1), ..ClarifaiSettings::default().calls }
}

fn classifier(settings: ClarifaiSettings) -> ClarifaiClassifier {
    ClarifaiClassifier::new(settings, Workers::new(Limits::untimed(2, 16))).unwrap()
}

/// Clarifai lists what it finds, whatever the keyword is.
fn keyword() -> Keyword {
    "train".parse().unwrap()
}

fn success() -> Play {
    Play::Answer(200, SUCCESS.to_owned())
}

fn train() -> Vec<Concept> {
    [("기차", 0.999_605_95), ("철도", 0.9992)]
        .map(|(name, value)| Concept { name: name.to_owned(), value })
        .to_vec()
}

/// Result of the classifier for these actions, and the number of requests.
async fn classify(plays: impl IntoIterator<Item = Play>) -> (Outcome, usize) {
    let server = FakeClarifai::start(plays);
    let result = classifier(settings(&server)).classify(&photos::textured(), &keyword()).await;
    (Outcome::from(result), server.received().len())
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
        match error {
            VisionError::Photo(_) => Self::Photo,
            VisionError::Fault(fault) => Self::Fault(fault.kind),
        }
    }
}

#[tokio::test]
async fn a_success_gives_the_concepts() {
    assert_eq!(classify([success()]).await, (Outcome::Concepts(train()), 1));
}

#[tokio::test]
async fn the_adapter_conforms() {
    let photos = [photos::textured(), photos::turned(), photos::transparent()];
    let server = FakeClarifai::start(vec![success(); 2 * photos.len()]);
    conformance::classifier(&classifier(settings(&server)), &photos).await;
}
