use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};
use injeung_domain::{Fault, Scope};

use crate::error::{self, NOT_FOUND};
use crate::server::Server;
use crate::{envelope, log, pages};

/// Session of the user of this machine when authentication is off.
const LOCAL: &str = "local";

/// An admitted user of the console.
pub(super) struct Operator {
    /// Name in the log of decisions: that of the API key and its id.
    pub(super) name: String,
    /// Token that forms contain.
    pub(super) form_token: String,
    /// Session to which the token belongs.
    session: String,
    /// Whether the user can log out.
    pub(super) is_logged_in: bool,
}

impl Operator {
    /// Whether a form of this user has the right token.
    pub(super) fn sent(&self, server: &Server, token: &str) -> bool {
        server.sessions.is_form_token(&self.session, token)
    }
}

/// The user of a request: the holder of a session with an API key of the scope `console`, or, without authentication,
/// the user of this machine.
///
/// # Errors
/// The response for a request without a valid session: the log-in.
pub(super) async fn operator(
    server: &Server,
    request: &HttpRequest,
) -> Result<Operator, HttpResponse> {
    if !server.authentication.is_required() {
        if !pages::is_addressed_locally(request) {
            return Err(envelope::render(server.settings.envelope, &NOT_FOUND));
        }
        return Ok(new(server, "local".to_owned(), LOCAL.to_owned(), false));
    }
    let now = server.ports.clock.now();
    let Some(session) = server.sessions.of(request, now) else { return Err(to_log_in(request)) };
    let found = server.ports.repository.find_api_key(&session.key_id).await;
    let Some(key) = found.map_err(|fault| failed(server, &fault))? else {
        return Err(to_log_in(request));
    };
    match key.check_validity(Scope::Console, now) {
        Ok(()) => Ok(new(server, format!("{} ({})", key.name, key.id), session.text, true)),
        Err(_) => Err(to_log_in(request)),
    }
}

fn new(server: &Server, name: String, session: String, is_logged_in: bool) -> Operator {
    let form_token = server.sessions.form_token(&session);
    Operator { name, form_token, session, is_logged_in }
}

/// Sends the user to the log-in and back to the page.
fn to_log_in(request: &HttpRequest) -> HttpResponse {
    let address = request.uri().path_and_query().map_or("/console", |address| address.as_str());
    let query = query_pair("next", address);
    HttpResponse::SeeOther().insert_header((LOCATION, format!("/console/login?{query}"))).finish()
}

/// `name=value` of a query.
pub(super) fn query_pair(name: &str, value: &str) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.append_pair(name, value).finish()
}

/// Logs a fault and returns its response.
pub(super) fn failed(server: &Server, fault: &Fault) -> HttpResponse {
    let answer = error::database(fault);
    log::outcome(&answer, None, None, fault);
    envelope::render(server.settings.envelope, &answer)
}
