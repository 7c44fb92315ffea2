use std::fmt;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use tracing::field::Empty;
use tracing::{Instrument, Span, error_span, info};
use uuid::Uuid;

use crate::envelope::{self, EnvelopeStyle, Errcode};
use crate::error::UNFORESEEN;
use crate::excerpt::excerpt;
use crate::server::Server;
use crate::{log, panics, routes};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Id of a request, stored in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(String);

/// Id of a request; empty outside [`observe`].
pub(crate) fn id_of(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone()).unwrap_or_default()
}

/// Gives every request an id, a span and one line in the access log. Turns a panic into a response.
pub(crate) async fn observe<B: MessageBody + 'static>(
    server: web::Data<Server>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = request_id(request.headers());
    // Error level, so that no log filter removes the id from the lines that need it.
    let path = excerpt(request.path());
    let span = match routes::is_probe(request.path()) {
        // Traces leave this target out.
        true => {
            error_span!(target: "injeung_http::probe", "request", request_id = %id, route = path)
        }
        false => error_span!("request", request_id = %id, route = path, caller = Empty),
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut line = AccessLine::begin(&request, path, &span, server.clone());
    let outcome = panics::caught(next.call(request)).instrument(span.clone()).await;
    match outcome {
        Ok(Ok(mut response)) => {
            if let Ok(id) = HeaderValue::try_from(id) {
                response.headers_mut().insert(REQUEST_ID, id);
            }
            let errcode = response.response().extensions().get::<Errcode>().copied();
            line.answered(response.status(), errcode.map(|Errcode(errcode)| errcode));
            Ok(response)
        }
        Ok(Err(error)) => {
            span.in_scope(|| log::outcome(&UNFORESEEN, None, None, &error));
            Err(line.unanswered(server.settings.envelope, id))
        }
        Err(panic) => {
            span.in_scope(|| log::outcome(&UNFORESEEN, None, None, &panic));
            Err(line.unanswered(server.settings.envelope, id))
        }
    }
}

/// The client's id if it is short and plain enough to be logged and returned; otherwise a new one.
fn request_id(headers: &HeaderMap) -> String {
    const MAX_LEN: usize = 64;
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sane = |id: &&str| {
        (1..=MAX_LEN).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    given.filter(sane).map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Access log line of one request, written and counted when the response is sent or the client disconnects.
struct AccessLine {
    server: web::Data<Server>,
    span: Span,
    method: String,
    path: String,
    route: &'static str,
    begun: Instant,
    answer: Option<(StatusCode, Option<u16>)>,
}

impl AccessLine {
    fn begin(
        request: &ServiceRequest,
        path: String,
        span: &Span,
        server: web::Data<Server>,
    ) -> Self {
        Self {
            server,
            span: span.clone(),
            method: excerpt(request.method().as_str()),
            path,
            route: routes::of_path(request.path()),
            begun: Instant::now(),
            answer: None,
        }
    }

    fn answered(&mut self, status: StatusCode, errcode: Option<u16>) {
        self.answer = Some((status, errcode));
    }

    fn unanswered(&mut self, style: EnvelopeStyle, id: String) -> Error {
        self.answered(UNFORESEEN.status, UNFORESEEN.errcode);
        Unanswered { style, id }.into()
    }
}

impl Drop for AccessLine {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        let took = self.begun.elapsed();
        self.server.metrics.request(self.route, self.answer, took);
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let (method, path) = (&self.method, &self.path);
        match self.answer {
            Some((status, errcode)) => {
                let status = status.as_u16();
                info!(method, path, status, errcode, milliseconds, "answered a request");
            }
            None => info!(method, path, milliseconds, "the client left before the response"),
        }
    }
}

/// A request whose handler returned no response.
#[derive(Debug)]
struct Unanswered {
    style: EnvelopeStyle,
    id: String,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "answer request {}", self.id)
    }
}

impl ResponseError for Unanswered {
    fn error_response(&self) -> HttpResponse {
        let mut response = envelope::render(self.style, &UNFORESEEN);
        if let Ok(id) = HeaderValue::try_from(&self.id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}
