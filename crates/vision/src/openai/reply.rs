//! Reading of responses, whose form differs between services; see `docs/classification.md`.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::error::OpenAiError;
use super::verdict::{self, Verdict};
use crate::web_service::Reply;

/// The content of a response about a photo, and its cost.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) opinion: Opinion,
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
    /// The service's id of the request.
    pub(super) request_id: String,
}

#[derive(Debug)]
pub(super) enum Opinion {
    Verdict(Verdict),
    /// The model, or a filter before or after it, refused to examine the photo.
    Refused,
}

/// Reads a response to a request for at most `max_tokens`.
///
/// # Errors
/// If the response reports an error, or contains no answer of the schema.
pub(super) fn read(reply: &Reply, max_tokens: u32) -> Result<Answer, OpenAiError> {
    let Reply { status, headers, body } = reply;
    let parsed = serde_json::from_slice::<Value>(body);
    let (opinion, value) = if status.is_success() {
        let value = parsed.map_err(|source| OpenAiError::NotJson { status: *status, source })?;
        let opinion = match error_of(&value) {
            // Gateways report errors of the service behind them with status 200.
            Some(error) if value.get("choices").is_none() => {
                failed(error.status().unwrap_or(*status), headers, error)?
            }
            Some(_) | None => opinion(&value, max_tokens)?,
        };
        (opinion, value)
    } else {
        let value = parsed.unwrap_or_default();
        let error = error_of(&value).unwrap_or_default();
        (failed(*status, headers, error)?, value)
    };
    let tokens = |field| value.pointer(field).and_then(Value::as_u64);
    let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    Ok(Answer {
        opinion,
        prompt_tokens: tokens("/usage/prompt_tokens"),
        completion_tokens: tokens("/usage/completion_tokens"),
        request_id: shortened(request_id.unwrap_or_default()),
    })
}

fn opinion(value: &Value, max_tokens: u32) -> Result<Opinion, OpenAiError> {
    let choice = value.pointer("/choices/0").ok_or(OpenAiError::NoVerdict("it has no choices"))?;
    match choice.get("finish_reason").and_then(Value::as_str) {
        Some("content_filter") => return Ok(Opinion::Refused),
        Some("length") => return Err(OpenAiError::CutOff(max_tokens)),
        Some(_) | None => (),
    }
    let message = choice.get("message").unwrap_or(&Value::Null);
    if is_refusal(message) {
        return Ok(Opinion::Refused);
    }
    let text = match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) if parts.iter().any(is_refusal) => return Ok(Opinion::Refused),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text")?.as_str()).collect()
        }
        Some(_) | None => return Err(OpenAiError::NoVerdict("it has no text")),
    };
    verdict::find(&text).map(Opinion::Verdict).map_err(OpenAiError::NoVerdict)
}

fn is_refusal(message: &Value) -> bool {
    message.get("refusal").and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

/// An error as the service reports it.
#[derive(Default)]
struct ServiceError {
    /// Code; without one, the type or Gemini's status.
    code: String,
    /// Code, type and status, as far as they are present.
    names: Vec<String>,
    message: String,
}

impl ServiceError {
    fn is_one_of(&self, names: &[&str]) -> bool {
        self.names.iter().any(|name| names.contains(&name.as_str()))
    }

    /// The HTTP status, from services that use it as the code.
    fn status(&self) -> Option<StatusCode> {
        let status = StatusCode::from_u16(self.code.parse().ok()?).ok()?;
        (status.is_client_error() || status.is_server_error()).then_some(status)
    }
}

/// The error in a response: `{"error": {...}}`, the same in an array, `{"error": "text"}`, or the members themselves.
fn error_of(value: &Value) -> Option<ServiceError> {
    let value = value.get(0).unwrap_or(value);
    let error = value.get("error").filter(|error| !error.is_null());
    let error = error.or_else(|| (value.get("object")? == "error").then_some(value))?;
    let text = |field| match error.get(field) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(_) | None => None,
    };
    let names: Vec<_> = ["code", "type", "status"].into_iter().filter_map(text).collect();
    let message = error.as_str().map(str::to_owned).or_else(|| text("message"));
    Some(ServiceError {
        code: names.first().cloned().unwrap_or_default(),
        names,
        message: message.unwrap_or_default(),
    })
}

/// Classifies an error of the service. A filter that rejects the photo is a refusal.
///
/// # Errors
/// For all other errors.
fn failed(
    status: StatusCode,
    headers: &HeaderMap,
    error: ServiceError,
) -> Result<Opinion, OpenAiError> {
    const REFUSED: [&str; 3] =
        ["content_filter", "content_policy_violation", "image_content_policy_violation"];
    const BAD_PICTURE: [&str; 9] = [
        "invalid_image",
        "invalid_image_format",
        "invalid_base64_image",
        "image_too_small",
        "image_parse_error",
        "invalid_image_mode",
        "image_file_too_large",
        "unsupported_image_media_type",
        "empty_image_file",
    ];
    // Accounts without credit get 429 too, but stay so until somebody pays.
    const NO_CREDIT: [&str; 2] = ["insufficient_quota", "credit_balance_exhausted"];

    let is_request = matches!(status.as_u16(), 400 | 413 | 422);
    if is_request && error.is_one_of(&REFUSED) {
        return Ok(Opinion::Refused);
    }
    let (code, message) = (shortened(&error.code), shortened(&error.message));
    if is_request && error.is_one_of(&BAD_PICTURE) {
        return Err(OpenAiError::BadPicture { code, message });
    }
    let may_pass = !error.is_one_of(&NO_CREDIT)
        && should_retry(headers).unwrap_or_else(|| {
            matches!(status.as_u16(), 408 | 409 | 429) || status.is_server_error()
        });
    let pause = pause(headers, SystemTime::now());
    Err(OpenAiError::Failed { status, code, message, may_pass, pause })
}

/// Value of the header by which the service forbids or requests a retry.
fn should_retry(headers: &HeaderMap) -> Option<bool> {
    headers.get("x-should-retry")?.to_str().ok()?.parse().ok()
}

/// The pause that the service requests: `retry-after-ms`, or `Retry-After` in seconds or as a date.
fn pause(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let seconds = text("retry-after-ms").and_then(number).map(|milliseconds| milliseconds / 1000.0);
    let after = text(RETRY_AFTER.as_str());
    if let Some(seconds) = seconds.or_else(|| after.and_then(number)) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(after?).ok()?.duration_since(now).ok()
}

/// A text of the service without control characters, cut to a length for one log line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_pause_is_in_milliseconds_in_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sat, 28 Nov 2026 12:00:00 GMT").unwrap();
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for &(name, value) in pairs {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            headers
        };
        for (pairs, expected) in [
            (&[("retry-after-ms", "1500"), ("retry-after", "9")][..], Some(1500)),
            (&[("retry-after-ms", "soon"), ("retry-after", "9")], Some(9000)),
            (&[("retry-after", "0.25")], Some(250)),
            (&[("retry-after", "Sat, 28 Nov 2026 12:00:03 GMT")], Some(3000)),
            (&[("retry-after", "Sat, 28 Nov 2026 11:00:00 GMT")], None),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "inf")], None),
            (&[("retry-after", "later")], None),
            (&[], None),
        ] {
            let found = pause(&headers(pairs), now);
            assert_eq!(found, expected.map(Duration::from_millis), "{pairs:?}");
        }
    }
}
