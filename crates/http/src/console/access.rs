use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data, Query};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use injeung_domain::{Fault, Scope};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::warn;

use crate::error::{self, NOT_FOUND};
use crate::server::Server;
use crate::upload::{self, UploadError};
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
    /// Reads the fields of a form that this user sent from a page.
    ///
    /// # Errors
    /// The response to an invalid form, or, if its token is not that of the session, the way back to the page.
    pub(super) async fn posted<T: DeserializeOwned>(
        &self,
        server: &Server,
        request: &HttpRequest,
        payload: web::Payload,
        page: &str,
    ) -> Result<T, HttpResponse> {
        let Form { token, fields } = posted(server, request, payload).await?;
        if server.sessions.is_form_token(&self.session, &token) {
            return Ok(fields);
        }
        warn!(operator = self.name, "a form of the console had no valid token");
        Err(see_other(&format!("{page}?problem=expired")))
    }
}

/// A form of a page with its token against forged requests.
#[derive(Deserialize)]
struct Form<T> {
    token: String,
    #[serde(flatten)]
    fields: T,
}

/// A form without fields.
#[derive(Deserialize)]
pub(super) struct NoFields {}

/// The user of a request: the holder of a session with an API key of the scope `console`, or, without authentication,
/// the user of this machine. Everybody else gets the log-in.
impl FromRequest for Operator {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, server) = (request.clone(), Data::<Server>::extract(request));
        Box::pin(async move {
            let refused =
                |response| InternalError::from_response("the user is not admitted", response);
            let server = server.await?;
            Ok(operator(&server, &request).await.map_err(refused)?)
        })
    }
}

/// # Errors
/// The response for a request without a valid session: the log-in.
async fn operator(server: &Server, request: &HttpRequest) -> Result<Operator, HttpResponse> {
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

/// Sends the user to the log-in and back to the page. What a form has sent is lost.
fn to_log_in(request: &HttpRequest) -> HttpResponse {
    let page = request.uri().path_and_query().filter(|_| request.method() == Method::GET);
    let query = query_pair("next", page.map_or("/console", |page| page.as_str()));
    see_other(&format!("/console/login?{query}"))
}

/// Sends the browser to a page.
pub(super) fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
}

/// The fields of a form, read within the limits of all bodies.
///
/// # Errors
/// The response to a body that is too long or too slow, or whose fields are not those of the form.
pub(super) async fn posted<T: DeserializeOwned>(
    server: &Server,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<T, HttpResponse> {
    let fields = async {
        let (body, _held) = upload::read(server, request, payload).await?;
        let text = str::from_utf8(&body).map_err(UploadError::malformed)?;
        Query::<T>::from_query(text).map(Query::into_inner).map_err(UploadError::malformed)
    };
    fields.await.map_err(|error| {
        let answer = error::upload(&error);
        log::outcome(&answer, None, None, &error);
        envelope::render(server.settings.envelope, &answer)
    })
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
