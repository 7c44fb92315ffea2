use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::appeals::AppealState;
use crate::error::Answer;

/// Format of the JSON around a response's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvelopeStyle {
    /// `{"status": S, "data": {"message": "...", "errcode": N}}`.
    #[default]
    Wrapped,
    /// `{"message": "...", "errcode": N}` alone, for clients such as axios whose responses already
    /// have the fields `status` and `data`.
    Bare,
}

/// Errcode of a response for the access log, stored in its extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errcode(pub(crate) u16);

/// Results of a readiness probe.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checks {
    pub(crate) accepting: State,
    pub(crate) database: State,
    pub(crate) objects: State,
    pub(crate) extractor: State,
    /// Each classifier by its name.
    pub(crate) classifiers: BTreeMap<&'static str, State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Ok,
    /// It works with fewer tiers than configured.
    Reduced,
    Failed,
}

/// Renders a response.
pub(crate) fn render(style: EnvelopeStyle, answer: &Answer) -> HttpResponse {
    render_content(style, answer, Map::new())
}

/// Renders a response with the results of a readiness probe.
pub(crate) fn render_checks(style: EnvelopeStyle, answer: &Answer, checks: Checks) -> HttpResponse {
    render_content(style, answer, field("checks", json!(checks)))
}

/// Renders a response with the URL of a photo.
pub(crate) fn render_url(style: EnvelopeStyle, answer: &Answer, url: &str) -> HttpResponse {
    let mut response = render_content(style, answer, field("url", json!(url)));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Further data of a response: one field.
pub(crate) fn field(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

/// Renders a response with the state of an appeal.
pub(crate) fn render_appeal(
    style: EnvelopeStyle,
    answer: &Answer,
    state: AppealState,
) -> HttpResponse {
    render_content(style, answer, field("state", json!(state)))
}

/// The body of a response, for a page that shows it.
pub(crate) fn to_value(style: EnvelopeStyle, answer: &Answer) -> Value {
    let content = Map::new();
    let data = Data { message: &answer.message, errcode: answer.errcode, content };
    match style {
        EnvelopeStyle::Wrapped => {
            json!(Wrapped { status: answer.status.as_u16(), data })
        }
        EnvelopeStyle::Bare => json!(data),
    }
}

/// Renders a response with further data beside its message.
pub(crate) fn render_content(
    style: EnvelopeStyle,
    answer: &Answer,
    content: Map<String, Value>,
) -> HttpResponse {
    let mut response = HttpResponse::build(answer.status);
    response.insert_header((CONTENT_TYPE, "application/json; charset=utf-8"));
    if let Some(seconds) = answer.retry_after {
        // Clients that were rejected together must not return together.
        let is_busy = answer.status == StatusCode::SERVICE_UNAVAILABLE;
        let jitter = if is_busy { fastrand::u64(..=MAX_JITTER_S) } else { 0 };
        response.insert_header((RETRY_AFTER, seconds + jitter));
    }
    if answer.status == StatusCode::UNAUTHORIZED {
        response.insert_header((WWW_AUTHENTICATE, "Bearer"));
    }
    if let Some(errcode) = answer.errcode {
        response.extensions_mut().insert(Errcode(errcode));
    }
    let data = Data { message: &answer.message, errcode: answer.errcode, content };
    match style {
        EnvelopeStyle::Wrapped => response.json(Wrapped { status: answer.status.as_u16(), data }),
        EnvelopeStyle::Bare => response.json(data),
    }
}

/// Maximum number of seconds added to the `Retry-After` of a busy service.
const MAX_JITTER_S: u64 = 4;

#[derive(Serialize)]
struct Wrapped<'a> {
    status: u16,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<u16>,
    #[serde(flatten)]
    content: Map<String, Value>,
}
