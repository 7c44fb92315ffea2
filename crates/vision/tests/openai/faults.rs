//! Results of errors, and of missing responses.

use super::*;

/// An error in OpenAI's form. `code` is JSON.
fn error(status: u16, kind: &str, code: &str) -> Play {
    Play::Answer(
        status,
        format!(r#"{{"error":{{"message":"no","type":"{kind}","param":null,"code":{code}}}}}"#),
    )
}

fn headed(status: u16, headers: &'static str) -> Play {
    Play::Headed(status, headers, r#"{"error":{"message":"wait"}}"#.to_owned())
}

#[tokio::test]
async fn a_wrong_key_model_or_address_is_permanent() {
    for status in [301, 400, 401, 402, 403, 404, 405, 413, 415, 422] {
        assert_final(error(status, "invalid_request_error", "null"), PERMANENT).await;
        assert_final(Play::Answer(status, String::new()), PERMANENT).await;
    }
    assert_final(error(400, "invalid_request_error", r#""context_length_exceeded""#), PERMANENT)
        .await;
    assert_final(error(400, "exceed_context_size_error", "400"), PERMANENT).await;
}

#[tokio::test]
async fn a_response_that_repeats_the_key_does_not_bring_it_into_errors() {
    let body = json!({ "error": { "message": format!("Incorrect API key: {KEY}"), "code": KEY } });
    assert_final(Play::Answer(401, body.to_string()), PERMANENT).await;
    assert_final(Play::Answer(200, format!("{KEY}{{")), PERMANENT).await;
}

#[tokio::test]
async fn a_long_message_is_cut() {
    let body = json!({ "error": { "message": "x\n".repeat(5000), "code": "c".repeat(5000) } });
    assert_final(Play::Answer(400, body.to_string()), PERMANENT).await;
}

#[tokio::test]
async fn a_picture_that_the_service_cannot_read_is_the_photos_fault() {
    for code in ["invalid_image", "image_parse_error", "image_too_small", "empty_image_file"] {
        let play = error(400, "invalid_request_error", &format!("\"{code}\""));
        assert_final(play, Outcome::Photo).await;
    }
}

#[tokio::test]
async fn overload_and_failures_are_retried_in_every_form_of_an_error() {
    for status in [408, 409, 429, 500, 502, 503, 504, 529] {
        assert_passes(error(status, "server_error", "null")).await;
    }
    for body in [
        r#"{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}"#,
        r#"[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}]"#,
        r#"{"object":"error","message":"slow down","type":"RateLimitError","code":429}"#,
        r#"{"error":"slow down"}"#,
        r#"{"error":null}"#,
        "<html>Too Many Requests</html>",
        "",
    ] {
        assert_passes(Play::Answer(429, body.to_owned())).await;
    }
}

#[tokio::test]
async fn an_account_without_credit_is_not_retried() {
    assert_final(error(429, "insufficient_quota", "null"), PERMANENT).await;
    assert_final(error(429, "insufficient_quota", r#""insufficient_quota""#), PERMANENT).await;
    assert_final(error(429, "billing", r#""credit_balance_exhausted""#), PERMANENT).await;
}

#[tokio::test]
async fn an_error_with_status_200_has_the_status_of_its_code() {
    let body = |code| format!(r#"{{"error":{{"message":"upstream","code":{code}}}}}"#);
    assert_passes(Play::Answer(200, body(502))).await;
    assert_final(Play::Answer(200, body(401)), PERMANENT).await;
    assert_final(Play::Answer(200, body(7)), PERMANENT).await;
}

#[tokio::test]
async fn the_service_can_forbid_or_request_a_retry() {
    assert_final(headed(503, "x-should-retry: false\r\n"), PERMANENT).await;
    assert_passes(headed(400, "x-should-retry: true\r\n")).await;
    assert_passes(headed(503, "x-should-retry: perhaps\r\n")).await;
}

#[tokio::test]
async fn a_requested_pause_within_the_deadline_delays_the_next_attempt() {
    assert_passes(headed(429, "Retry-After: 0.01\r\n")).await;
    assert_passes(headed(429, "retry-after-ms: 10\r\nRetry-After: 3600\r\n")).await;
}

#[tokio::test]
async fn a_requested_pause_past_the_deadline_ends_the_attempts() {
    for headers in ["Retry-After: 3600\r\n", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"] {
        assert_final(headed(429, headers), TRANSIENT).await;
    }
}

#[tokio::test]
async fn malformed_json_is_permanent() {
    for body in ["", "{", "not JSON", "<html></html>", "data: {\"choices\":[]}"] {
        assert_final(Play::Answer(200, body.to_owned()), PERMANENT).await;
    }
    assert_final(Play::Answer(200, "[".repeat(100_000)), PERMANENT).await;
}

#[tokio::test]
async fn a_body_without_an_end_is_permanent() {
    assert_final(Play::Endless, PERMANENT).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = FakeServer::start([yes()]);
    assert_final(Play::Redirect(elsewhere.base_url()), PERMANENT).await;
    assert_eq!(elsewhere.received().len(), 0);
}

#[tokio::test]
async fn a_lost_connection_is_retried() {
    assert_passes(Play::Cut).await;
    assert_passes(Play::Reset).await;
}

#[tokio::test]
async fn a_slow_response_is_retried() {
    let hurry = |settings: &mut OpenAiSettings| {
        settings.calls.request_timeout = Duration::from_millis(300);
    };
    for play in [Play::Silence, Play::SlowBody] {
        assert_eq!(with([play.clone(), yes()], hurry).await, (shown(0.93), 2));
        assert_eq!(with(vec![play; 4], hurry).await, (TRANSIENT, 3));
    }
}

#[tokio::test]
async fn the_deadline_ends_an_attempt() {
    let hurry = |settings: &mut OpenAiSettings| {
        settings.calls.deadline = Duration::from_secs(1);
        settings.calls.request_timeout = Duration::from_secs(3600);
    };
    assert_eq!(with([Play::Silence, yes()], hurry).await, (TRANSIENT, 1));
}

#[tokio::test]
async fn no_server_listens() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", server.local_addr().unwrap());
    drop(server);
    let outcome = with([], |settings| settings.base_url = base_url).await;
    assert_eq!(outcome, (TRANSIENT, 0));
}

#[tokio::test]
async fn a_fault_contains_the_services_description() {
    let server = FakeServer::start([error(404, "not_found_error", r#""model_not_found""#)]);
    let result = classifier(settings(&server)).classify(&photos::transparent(), &keyword()).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "get an answer from the model: status 404 Not Found, code model_not_found: no"
    );
}
