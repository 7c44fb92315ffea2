use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::web::{self, Data, Query};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use injeung_domain::{Fault, Scope};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::envelope::{self, field};
use crate::error::{ADMIN, Answer, NOT_FOUND};
use crate::server::Server;
use crate::upload::{self, Format, UploadError};
use crate::{error, log, pages, refusal};

/// Proof that the caller may use the admin API: it has an API key with the scope, or, without authentication, it is on
/// this machine.
pub(crate) struct Admin;

impl FromRequest for Admin {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, server) = (request.clone(), Data::<Server>::extract(request));
        Box::pin(async move {
            let refused =
                |response| InternalError::from_response("the caller is not admitted", response);
            let server = server.await?;
            let style = server.settings.envelope;
            if !server.authentication.is_required() && !pages::is_addressed_locally(&request) {
                return Err(refused(envelope::render(style, &NOT_FOUND)).into());
            }
            let admitted = server.authentication.check_scope(&server.ports, &request, Scope::Admin);
            match admitted.await {
                Ok(()) => Ok(Self),
                Err(error) => Err(refused(refusal::render(style, &error)).into()),
            }
        })
    }
}

/// Why a request of the admin API was rejected.
#[derive(Debug, thiserror::Error)]
pub(super) enum AdminError {
    #[error("no record has this id")]
    Unknown,
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error("{0}")]
    Invalid(String),
    #[error("reach the database: {0}")]
    Database(#[from] Fault),
}

impl AdminError {
    pub(super) fn invalid(reason: impl ToString) -> Self {
        Self::Invalid(reason.to_string())
    }

    fn answer(&self) -> Answer {
        match self {
            Self::Unknown => NOT_FOUND,
            Self::Upload(error) => error::upload(error),
            Self::Invalid(reason) => error::upload(&UploadError::malformed(reason)),
            Self::Database(fault) => error::database(fault),
        }
    }
}

/// Renders a result: its content, or the reason of its rejection.
pub(super) fn respond(
    server: &Server,
    result: Result<Map<String, Value>, AdminError>,
) -> HttpResponse {
    let style = server.settings.envelope;
    match result {
        Ok(content) => envelope::render_content(style, &ADMIN, content),
        Err(error) => {
            let answer = error.answer();
            log::outcome(&answer, None, None, &error);
            let content = match &error {
                // A fault concerns operators, who have the log.
                AdminError::Database(_) => Map::new(),
                AdminError::Unknown | AdminError::Upload(_) | AdminError::Invalid(_) => {
                    field("reason", json!(error.to_string()))
                }
            };
            envelope::render_content(style, &answer, content)
        }
    }
}

/// The id in the path.
///
/// # Errors
/// If the text is no id, which no record has.
pub(super) fn path_id<T: FromStr>(request: &HttpRequest) -> Result<T, AdminError> {
    request.match_info().query("id").parse().map_err(|_| AdminError::Unknown)
}

/// The parameters of the query.
///
/// # Errors
/// If one is unknown or has the wrong type.
pub(super) fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, AdminError> {
    let query = Query::<T>::from_query(request.query_string());
    query.map(Query::into_inner).map_err(AdminError::invalid)
}

/// Reads a body of JSON.
///
/// # Errors
/// If it is too long, too slow or no such JSON.
pub(super) async fn json_body<T: DeserializeOwned>(
    server: &Server,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<T, AdminError> {
    match Format::announced(request, server.settings.max_body_bytes)? {
        Format::Json => {}
        Format::Form(_) => return Err(UploadError::Unsupported.into()),
    }
    let (bytes, _held) = upload::read(server, request, payload).await?;
    serde_json::from_slice(&bytes).map_err(AdminError::invalid)
}
