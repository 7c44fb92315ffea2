//! The classifier of Rekognition with a server that plays every documented response and error, and with moto.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    unreachable_pub,
    reason = "tests fail by panicking, and share files"
)]

#[path = "../clarifai/fake.rs"]
mod fake;
#[path = "../clarifai/photos.rs"]
mod photos;

use std::time::Duration;

use injeung_adapter::{Limits, Secret, Workers};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{Concept, FaultKind, conformance};
use injeung_vision::{CallSettings, RekognitionClassifier, RekognitionSettings};
use serde_json::{Value, json};

// The server plays any script.
use fake::{FakeClarifai as FakeServer, Play};

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";

fn settings(endpoint: String) -> RekognitionSettings {
    let settings = RekognitionSettings::default();
    let calls = CallSettings { base_backoff: Duration::from_millis(1), ..settings.calls };
    RekognitionSettings {
        endpoint: Some(endpoint),
        access_key_id: Some(KEY_ID.to_owned()),
        secret_access_key: Secret::new(SECRET),
        calls,
        ..settings
    }
}

fn classifier(settings: RekognitionSettings) -> RekognitionClassifier {
    RekognitionClassifier::new(settings, Workers::new(Limits::untimed(2, 16)))
}

/// The documented response.
fn shoe() -> Play {
    let body = json!({
        "Labels": [
            { "Name": "Running Shoe", "Confidence": 97.0, "Instances": [],
              "Parents": [{ "Name": "Shoe" }, { "Name": "Footwear" }], "Aliases": [{ "Name": "Sneaker" }],
              "Categories": [{ "Name": "Apparel and Accessories" }] },
            { "Name": "Chair", "Confidence": 60.0, "Instances": [], "Parents": [], "Aliases": [] },
        ],
        "LabelModelVersion": "3.0",
    });
    Play::Answer(200, body.to_string())
}

fn failure(status: u16, name: &str) -> Play {
    let body = json!({ "__type": name, "message": format!("no, {SECRET}") });
    Play::Answer(status, body.to_string())
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Concepts(Vec<String>),
    Photo,
    Fault(FaultKind),
}

impl From<Result<Vec<Concept>, VisionError>> for Outcome {
    fn from(result: Result<Vec<Concept>, VisionError>) -> Self {
        match result {
            Ok(concepts) => Self::Concepts(concepts.into_iter().map(|one| one.name).collect()),
            Err(VisionError::Photo(error)) => {
                assert_plain(&error.to_string());
                Self::Photo
            }
            Err(VisionError::Fault(fault)) => {
                assert_plain(&fault.to_string());
                Self::Fault(fault.kind)
            }
        }
    }
}

/// Result of the classifier for these actions, and the number of requests.
async fn classify(plays: impl IntoIterator<Item = Play>) -> (Outcome, usize) {
    classify_with(plays, |_| ()).await
}

async fn classify_with(
    plays: impl IntoIterator<Item = Play>,
    adjust: impl FnOnce(&mut RekognitionSettings),
) -> (Outcome, usize) {
    let server = FakeServer::start(plays);
    let mut settings = settings(server.base_url());
    adjust(&mut settings);
    let result = classifier(settings).classify(&photos::textured(), &"dog".parse().unwrap()).await;
    (result.into(), server.received().len())
}

/// Checks that the text of an error is short and has no secret.
fn assert_plain(text: &str) {
    assert!(
        text.len() < 1000 && !text.contains(SECRET) && !text.contains("ServiceError {"),
        "{text}"
    );
}

fn is_shoe(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Concepts(names) if names.iter().any(|name| name == "Running Shoe"))
}

#[tokio::test]
async fn labels_aliases_parents_and_korean_names_above_the_minimum_are_concepts() {
    let (Outcome::Concepts(names), 1) = classify([shoe()]).await else { panic!("concepts") };
    for name in ["Running Shoe", "Sneaker", "Shoe", "Footwear", "운동화"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    assert!(!names.iter().any(|name| name == "Chair"), "below the minimum: {names:?}");
}

#[tokio::test]
async fn the_request_is_the_documented_one_and_signed() {
    let server = FakeServer::start([shoe()]);
    let classifier = classifier(settings(server.base_url()));
    classifier.classify(&photos::textured(), &"dog".parse().unwrap()).await.unwrap();
    let [request] = &server.received()[..] else { panic!("one request") };
    assert_eq!(request.start, "POST / HTTP/1.1");
    assert_eq!(request.header("x-amz-target"), Some("RekognitionService.DetectLabels"));
    assert_eq!(request.header("content-type"), Some("application/x-amz-json-1.1"));
    let authorization = request.header("authorization").unwrap();
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"),
        "{authorization}"
    );
    assert!(authorization.contains("/ap-northeast-2/rekognition/aws4_request"), "{authorization}");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((&body["MaxLabels"], &body["MinConfidence"]), (&json!(100), &json!(80.0)));
    assert!(body["Image"]["Bytes"].as_str().unwrap().starts_with("/9j/"), "a JPEG");
}

#[tokio::test]
async fn throttling_and_failures_of_the_service_are_retried() {
    for play in [
        failure(400, "ThrottlingException"),
        failure(400, "com.amazonaws.rekognition#ThrottlingException"),
        failure(400, "ProvisionedThroughputExceededException"),
        failure(500, "InternalServerError"),
        failure(503, "ServiceUnavailable"),
        Play::Answer(502, String::new()),
        Play::Reset,
        Play::Cut,
    ] {
        let (outcome, requests) = classify([play.clone(), shoe()]).await;
        assert!(is_shoe(&outcome), "{outcome:?}");
        assert_eq!(requests, 2);
        let always = classify(vec![play; 4]).await;
        assert_eq!(always, (Outcome::Fault(FaultKind::Transient), 3));
    }
}

#[tokio::test]
async fn errors_of_the_request_are_final() {
    for name in [
        "AccessDeniedException",
        "InvalidParameterException",
        "InvalidS3ObjectException",
        "ImageTooLargeException",
        "UnrecognizedClientException",
        "SomethingNew",
    ] {
        let outcome = classify([failure(400, name), shoe()]).await;
        assert_eq!(outcome, (Outcome::Fault(FaultKind::Permanent), 1), "{name}");
    }
}

#[tokio::test]
async fn a_picture_that_the_service_cannot_read_is_the_photos_fault() {
    let outcome = classify([failure(400, "InvalidImageFormatException"), shoe()]).await;
    assert_eq!(outcome, (Outcome::Photo, 1));
}

#[tokio::test]
async fn a_response_of_another_form_is_a_fault() {
    for body in ["", "{", "[]", r#"{"Labels":7}"#] {
        let (outcome, _) = classify(vec![Play::Answer(200, body.to_owned()); 3]).await;
        assert_eq!(outcome, Outcome::Fault(FaultKind::Permanent), "{body}");
    }
    let nothing = classify([Play::Answer(200, r#"{"Labels":[]}"#.to_owned())]).await;
    assert_eq!(nothing, (Outcome::Concepts(Vec::new()), 1));
}

#[tokio::test]
async fn a_service_that_does_not_respond_is_given_up_within_the_deadline() {
    let impatient = |settings: &mut RekognitionSettings| {
        settings.calls.request_timeout = Duration::from_millis(100);
        settings.calls.deadline = Duration::from_millis(150);
    };
    let (outcome, requests) = classify_with(vec![Play::Silence; 3], impatient).await;
    assert_eq!(outcome, Outcome::Fault(FaultKind::Transient));
    assert!((1..=2).contains(&requests), "{requests}");
}

#[tokio::test]
async fn the_adapter_conforms() {
    let photos = [photos::textured(), photos::turned(), photos::transparent()];
    let server = FakeServer::start(vec![shoe(); 2 * photos.len()]);
    conformance::classifier(&classifier(settings(server.base_url())), &photos).await;
    let usage = classifier(settings(server.base_url())).usage();
    assert_eq!((usage[0].name, usage[0].answered), ("rekognition", 0));
}

/// moto answers every photo with a mobile phone.
#[tokio::test]
async fn the_sdk_reaches_moto() {
    let endpoint = std::env::var("INJEUNG_TEST_S3_ENDPOINT").expect("run this by scripts/moto.sh");
    let found = classifier(settings(endpoint))
        .classify(&photos::textured(), &"phone".parse().unwrap())
        .await
        .unwrap();
    for name in ["Mobile Phone", "Cell Phone", "Phone"] {
        assert!(found.iter().any(|one| one.name == name), "{name}: {found:?}");
    }
}
