//! Results of responses, and of missing ones.

use injeung_domain::ports::Classifier;
use injeung_vision::ClarifaiSettings;

use super::fake::{FakeClarifai, Play};
use super::*;

const PERMANENT: Outcome = Outcome::Fault(FaultKind::Permanent);
const TRANSIENT: Outcome = Outcome::Fault(FaultKind::Transient);

/// A response without outputs. `code` is JSON: a number, or a string in quotes.
fn bare(status: u16, code: &str, description: &str) -> Play {
    Play::Answer(
        status,
        format!(r#"{{"status":{{"code":{code},"description":"{description}","req_id":"5e9f"}}}}"#),
    )
}

/// A response whose only output failed.
fn failed(status: u16, top: &str, code: u32, description: &str) -> Play {
    Play::Answer(
        status,
        format!(
            r#"{{"status":{top},"outputs":[{{"id":"a1",
            "status":{{"code":{code},"description":"{description}"}},"data":{{}}}}]}}"#
        ),
    )
}

const FAILURE: &str = r#"{"code":10020,"description":"Failure","req_id":"5e9f"}"#;
const MIXED: &str = r#"{"code":10010,"description":"Mixed Success","req_id":"5e9f"}"#;

/// Asserts that a response is not retried.
async fn assert_final(play: Play, expected: Outcome) {
    assert_eq!(classify([play, success()]).await, (expected, 1));
}

/// Asserts that a response is retried, and that the retries are limited.
async fn assert_passes(play: Play) {
    let passed = classify([play.clone(), success()]).await;
    assert_eq!(passed, (Outcome::Concepts(train()), 2));
    assert_eq!(classify(vec![play; 4]).await, (TRANSIENT, 3));
}

async fn with(
    plays: impl IntoIterator<Item = Play>,
    adjust: impl FnOnce(&mut ClarifaiSettings),
) -> (Outcome, usize) {
    let server = FakeClarifai::start(plays);
    let mut settings = settings(&server);
    adjust(&mut settings);
    let result = classifier(settings).classify(&photos::textured(), &keyword()).await;
    (result.into(), server.received().len())
}

#[tokio::test]
async fn concepts_below_the_minimum_are_dropped_and_the_rest_is_sorted() {
    let concepts = r#"{"status":{"code":10000},"outputs":[{"status":{"code":10000},"data":
        {"concepts":[{"name":"a","value":0.91},{"name":"b"},{"name":"c","value":0.95},
        {"name":"d","value":0.89},{"name":"","value":0.99}]}}]}"#;
    let (outcome, _) = classify([Play::Answer(200, concepts.to_owned())]).await;
    let Outcome::Concepts(concepts) = outcome else { panic!("{outcome:?}") };
    let names: Vec<_> = concepts.iter().map(|concept| concept.name.as_str()).collect();
    assert_eq!(names, ["c", "a"]);
}

#[tokio::test]
async fn a_success_without_concepts_shows_nothing() {
    assert_final(failed(200, r#"{"code":10000}"#, 10_000, "Ok"), Outcome::Concepts(vec![])).await;
}

#[tokio::test]
async fn a_success_without_outputs_is_not_understood() {
    assert_final(bare(200, "10000", "Ok"), PERMANENT).await;
}

#[tokio::test]
async fn mixed_success_with_our_photo_among_the_successes() {
    let mixed = SUCCESS.replace(
        r#""code":10000,"description":"Ok","req_id""#,
        r#""code":10010,"description":"Mixed Success","req_id""#,
    );
    assert_ne!(mixed, SUCCESS);
    assert_final(Play::Answer(200, mixed), Outcome::Concepts(train())).await;
}

#[tokio::test]
async fn mixed_success_with_our_photo_among_the_failures() {
    assert_final(failed(200, MIXED, 30_300, "Invalid bytes"), Outcome::Photo).await;
    assert_final(failed(200, MIXED, 30_002, "Download failed"), PERMANENT).await;
    assert_passes(failed(200, MIXED, 21_354, "Model busy")).await;
}

#[tokio::test]
async fn every_input_failed_with_invalid_bytes() {
    assert_final(failed(400, FAILURE, 30_300, "Invalid bytes"), Outcome::Photo).await;
}

#[tokio::test]
async fn every_input_failed_to_be_downloaded() {
    assert_final(failed(400, FAILURE, 30_002, "Download failed"), PERMANENT).await;
}

#[tokio::test]
async fn failure_without_outputs() {
    assert_final(bare(400, "10020", "Failure"), PERMANENT).await;
}

#[tokio::test]
async fn a_bare_input_code() {
    assert_final(bare(400, "30104", "Input invalid"), Outcome::Photo).await;
    assert_final(bare(400, "30002", "Download failed"), PERMANENT).await;
}

#[tokio::test]
async fn unknown_key() {
    assert_final(bare(401, "11009", "API key not found"), PERMANENT).await;
}

#[tokio::test]
async fn an_answer_that_repeats_the_key_does_not_bring_it_into_errors() {
    assert_final(bare(401, "11009", &format!("no key {KEY}")), PERMANENT).await;
    assert_final(bare(401, &format!("\"{KEY}\""), ""), PERMANENT).await;
    assert_final(Play::Answer(401, format!(r#"{{"status":"{KEY}"}}"#)), PERMANENT).await;
}

#[tokio::test]
async fn malformed_key() {
    assert_final(bare(401, "11008", "API key invalid"), PERMANENT).await;
}

#[tokio::test]
async fn no_authorization_header() {
    assert_final(bare(401, "11102", "Invalid request"), PERMANENT).await;
}

#[tokio::test]
async fn no_such_model() {
    assert_final(bare(404, "21200", "Model does not exist"), PERMANENT).await;
}

#[tokio::test]
async fn invalid_model_argument() {
    assert_final(bare(400, "21202", "Invalid model argument"), PERMANENT).await;
}

#[tokio::test]
async fn throttled_with_a_number_as_code() {
    assert_passes(bare(429, "11005", "Too many requests")).await;
}

#[tokio::test]
async fn throttled_with_a_string_as_code() {
    assert_passes(bare(429, r#""CONN_THROTTLED""#, "Too many requests")).await;
}

#[tokio::test]
async fn throttled_with_another_status() {
    assert_passes(bare(400, r#""CONN_THROTTLED""#, "Too many requests")).await;
    assert_passes(bare(403, "11005", "Too many requests")).await;
}

#[tokio::test]
async fn model_busy() {
    assert_passes(bare(400, "21354", "Model busy")).await;
}

#[tokio::test]
async fn queue_full() {
    assert_passes(bare(400, "40030", "Queue full")).await;
}

#[tokio::test]
async fn unavailable() {
    assert_passes(bare(400, "40031", "Unavailable")).await;
}

#[tokio::test]
async fn quota_used_up() {
    assert_final(bare(402, "11003", "Hourly limit"), PERMANENT).await;
    assert_final(bare(402, "11004", "Monthly limit"), PERMANENT).await;
}

#[tokio::test]
async fn limit_exceeded() {
    assert_final(bare(400, "11006", "Exceeds limits"), PERMANENT).await;
}

#[tokio::test]
async fn insufficient_scope() {
    assert_final(bare(403, "11007", "Insufficient scopes"), PERMANENT).await;
}

#[tokio::test]
async fn bad_json() {
    assert_final(bare(400, "11100", "Bad request format"), PERMANENT).await;
}

#[tokio::test]
async fn bad_format() {
    assert_final(bare(400, "30101", "Format"), Outcome::Photo).await;
}

#[tokio::test]
async fn too_large() {
    assert_final(bare(400, "30105", "Too large"), PERMANENT).await;
}

#[tokio::test]
async fn connect_failed_behind_clarifai() {
    assert_final(bare(400, "39996", "Connect failed"), PERMANENT).await;
    assert_passes(bare(500, "39996", "Connect failed")).await;
}

#[tokio::test]
async fn an_unknown_code() {
    assert_final(bare(400, r#""SOMETHING_NEW""#, "New"), PERMANENT).await;
    assert_passes(bare(500, r#""SOMETHING_NEW""#, "New")).await;
}

#[tokio::test]
async fn too_many_requests_without_json_then_success() {
    assert_passes(Play::Answer(429, "slow down".to_owned())).await;
}

#[tokio::test]
async fn a_gateway_that_fails_then_success() {
    for status in [500, 502, 503, 504] {
        assert_passes(Play::Answer(status, "<html>Bad Gateway</html>".to_owned())).await;
    }
}

#[tokio::test]
async fn a_success_with_the_status_of_a_failure_is_none() {
    assert_final(Play::Answer(403, SUCCESS.to_owned()), PERMANENT).await;
    assert_passes(Play::Answer(503, SUCCESS.to_owned())).await;
}

#[tokio::test]
async fn unauthorized_without_json() {
    assert_final(Play::Answer(401, String::new()), PERMANENT).await;
}

#[tokio::test]
async fn invalid_json() {
    for body in ["", "{", "[]", "null", "not JSON", r#"{"status":{}}"#, &SUCCESS[..300]] {
        assert_final(Play::Answer(200, body.to_owned()), PERMANENT).await;
    }
}

#[tokio::test]
async fn a_body_without_an_end() {
    assert_final(Play::Endless, PERMANENT).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = FakeClarifai::start([success()]);
    assert_final(Play::Redirect(elsewhere.base_url()), PERMANENT).await;
    assert_eq!(elsewhere.received().len(), 0);
}

#[tokio::test]
async fn a_cut_connection_then_success() {
    assert_passes(Play::Cut).await;
}

#[tokio::test]
async fn a_slow_body_then_success() {
    let hurry = |settings: &mut ClarifaiSettings| {
        settings.calls.request_timeout = Duration::from_millis(300);
    };
    let passed = with([Play::SlowBody, success()], hurry).await;
    assert_eq!(passed, (Outcome::Concepts(train()), 2));
    assert_eq!(with(vec![Play::SlowBody; 4], hurry).await, (TRANSIENT, 3));
}

#[tokio::test]
async fn no_answer_at_all_then_success() {
    let hurry = |settings: &mut ClarifaiSettings| {
        settings.calls.request_timeout = Duration::from_millis(300);
    };
    let passed = with([Play::Silence, success()], hurry).await;
    assert_eq!(passed, (Outcome::Concepts(train()), 2));
}

#[tokio::test]
async fn no_server_listens() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    drop(server);
    let settings = ClarifaiSettings {
        base_url: format!("http://{address}"),
        calls: quick(),
        key: Secret::new(KEY),
        ..ClarifaiSettings::default()
    };
    let result = classifier(settings).classify(&photos::textured(), &keyword()).await;
    assert_eq!(Outcome::from(result), TRANSIENT);
}

#[tokio::test]
async fn one_attempt_is_one_request() {
    let once = |settings: &mut ClarifaiSettings| settings.calls.max_attempts = 1;
    let outcome = with([bare(429, "11005", "Too many requests"), success()], once).await;
    assert_eq!(outcome, (TRANSIENT, 1));
}

#[tokio::test]
async fn the_deadline_ends_an_attempt() {
    let hurry = |settings: &mut ClarifaiSettings| {
        settings.calls.deadline = Duration::from_secs(1);
        settings.calls.request_timeout = Duration::from_secs(3600);
    };
    assert_eq!(with([Play::Silence, success()], hurry).await, (TRANSIENT, 1));
}

#[tokio::test]
async fn a_pause_past_the_deadline_is_not_begun() {
    // The pause is a random share of about 30 years.
    let patient = |settings: &mut ClarifaiSettings| {
        settings.calls.base_backoff = Duration::from_secs(1_000_000_000);
    };
    let outcome = with([bare(429, "11005", "Too many requests"), success()], patient).await;
    assert_eq!(outcome, (TRANSIENT, 1));
}

#[tokio::test]
async fn a_fault_contains_clarifais_description() {
    let server = FakeClarifai::start([bare(401, "11009", "API key not found")]);
    let error =
        classifier(settings(&server)).classify(&photos::textured(), &keyword()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "get concepts from Clarifai: status 401 Unauthorized, code 11009: API key not found"
    );
}
