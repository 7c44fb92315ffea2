use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::web::{self, Bytes, Data, Query};
use actix_web::{Error, FromRequest, Handler, HttpRequest, HttpResponse};
use injeung_domain::ports::Repository;
use injeung_domain::{Fault, IdError, Scope};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use tokio::sync::OwnedSemaphorePermit;

use crate::envelope::{self, field};
use crate::error::{ADMIN, Answer, NOT_FOUND};
use crate::server::Server;
use crate::upload::{self, Format, UploadError};
use crate::{error, log, pages, refusal};

/// An admitted request: its sender has an API key with the scope, or, without authentication, is on this machine.
pub(super) struct AdminRequest {
    pub(super) server: Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
}

impl FromRequest for AdminRequest {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (server, payload) =
            (Data::<Server>::extract(request), web::Payload::from_request(request, payload));
        let request = request.clone();
        Box::pin(async move {
            let (server, payload) = (server.await?, payload.await?);
            let style = server.settings.envelope;
            let refused = |answer: Answer| {
                let response = envelope::render(style, &answer);
                InternalError::from_response("the sender is not admitted", response)
            };
            if !server.authentication.is_required() && !pages::is_addressed_locally(&request) {
                return Err(refused(NOT_FOUND).into());
            }
            let admitted = server.authentication.check_scope(&server.ports, &request, Scope::Admin);
            match admitted.await {
                Ok(()) => Ok(Self { server, request, payload }),
                Err(error) => Err(refused(refusal::answer(&error)).into()),
            }
        })
    }
}

impl AdminRequest {
    pub(super) fn repository(&self) -> &dyn Repository {
        &*self.server.ports.repository
    }

    /// The id in the path.
    ///
    /// # Errors
    /// If the text is no id, which no record has.
    pub(super) fn id<T: FromStr>(&self) -> Result<T, AdminError> {
        self.request.match_info().query("id").parse().map_err(|_| AdminError::Unknown)
    }

    /// The parameters of the query.
    ///
    /// # Errors
    /// If one is unknown or invalid.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, AdminError> {
        let query = Query::<T>::from_query(self.request.query_string());
        query.map(Query::into_inner).map_err(AdminError::invalid)
    }

    /// Reads a body of JSON.
    ///
    /// # Errors
    /// If it is too long, too slow or no such JSON.
    pub(super) async fn json<T: DeserializeOwned>(self) -> Result<T, AdminError> {
        match Format::announced(&self.request, self.server.settings.max_body_bytes)? {
            Format::Json => {}
            Format::Form(_) => return Err(UploadError::Unsupported.into()),
        }
        let (bytes, _held) = self.body().await?;
        serde_json::from_slice(&bytes).map_err(AdminError::invalid)
    }

    /// Reads a body of any type. It counts as held in memory until the permit is dropped.
    ///
    /// # Errors
    /// If it is too long or too slow.
    pub(super) async fn body(self) -> Result<(Bytes, OwnedSemaphorePermit), AdminError> {
        Ok(upload::read(&self.server, &self.request, self.payload).await?)
    }
}

/// Data of a response beside its message.
pub(super) type Content = Map<String, Value>;

/// Why a request was rejected.
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

/// Turns a function that returns the content of its response into a handler. A rejected request gets its reason.
pub(super) fn handled<F, Fut>(function: F) -> impl Handler<(AdminRequest,), Output = HttpResponse>
where
    F: Fn(AdminRequest) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<Content, AdminError>> + 'static,
{
    move |request: AdminRequest| {
        let style = request.server.settings.envelope;
        let ended = function(request);
        async move {
            let error = match ended.await {
                Ok(content) => return envelope::render_content(style, &ADMIN, content),
                Err(error) => error,
            };
            let answer = error.answer();
            log::outcome(&answer, None, None, &error);
            let content = match &error {
                // A fault concerns operators, who have the log.
                AdminError::Database(_) => Content::new(),
                AdminError::Unknown | AdminError::Upload(_) | AdminError::Invalid(_) => {
                    field("reason", json!(error.to_string()))
                }
            };
            envelope::render_content(style, &answer, content)
        }
    }
}

/// Deserializes the id of a query, if it is there.
pub(super) fn optional_id<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64, Error = IdError>,
{
    let number = Option::<i64>::deserialize(deserializer)?;
    number.map(T::try_from).transpose().map_err(serde::de::Error::custom)
}
