use std::borrow::Cow;

use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{
    AppealError, Attempt, Caller, FeedContent, FileAppeal, ParticipationId, ReviewState,
    file_appeal, find_appeal,
};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::error::Answer;
use crate::server::Server;
use crate::upload::{self, Body, Format, Id, UploadError};
use crate::{call, envelope, error, log, rates, refusal};

/// State of an appeal on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AppealState {
    /// No operator has decided yet.
    Open,
    /// The photo is accepted.
    Accepted,
    /// The rejection stays.
    Rejected,
}

impl AppealState {
    fn of(attempt: &Attempt) -> Self {
        match attempt.review {
            None => Self::Open,
            Some(ReviewState::Accepted) => Self::Accepted,
            Some(ReviewState::Confirmed) => Self::Rejected,
        }
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    participation_id: Id,
    #[serde(borrow)]
    request_id: Cow<'a, str>,
    #[serde(borrow, default)]
    text: Cow<'a, str>,
}

/// Query of `GET /appeals`.
#[derive(Deserialize)]
struct Sought {
    participation_id: String,
    request_id: String,
}

/// `POST /appeals`: requests a review of a rejected photo.
pub(crate) async fn file(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let now = server.ports.clock.now();
    let filed = async {
        let caller = admitted(&server, &request).await?;
        let command =
            received(&server, &request, payload).await.map_err(|error| call::refuse(&error))?;
        let id = command.participation_id;
        let filed = file_appeal(&server.ports, command, &caller, now).await;
        if let Ok(attempt) = &filed {
            info!(participation = id.get(), attempt = attempt.id.get(), "an appeal was filed");
        }
        ended(id, filed)
    };
    respond(&server, &error::APPEAL_FILED, filed.await)
}

/// `GET /appeals?participation_id=...&request_id=...`: the state of an appeal.
pub(crate) async fn find(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let found = async {
        let caller = admitted(&server, &request).await?;
        let (id, request_id) = sought(&request).map_err(|error| call::refuse(&error))?;
        ended(id, find_appeal(&server.ports, id, request_id, &caller).await)
    };
    respond(&server, &error::APPEAL_STATE, found.await)
}

/// The caller, within its rates.
async fn admitted(server: &web::Data<Server>, request: &HttpRequest) -> Result<Caller, Answer> {
    let caller = server.authentication.caller(&server.ports, request).await;
    let caller = caller.map_err(|error| refusal::answer(&error))?;
    let bytes = rates::body_bytes(server, request);
    server.rates.admit(&caller, bytes).map_err(|error| rates::refuse(server, &error))?;
    Ok(caller)
}

async fn received(
    server: &Server,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<FileAppeal, UploadError> {
    let format = Format::announced(request, server.settings.max_body_bytes)?;
    if server.is_stopping() {
        return Err(UploadError::Busy);
    }
    let (bytes, _held) = upload::read(server, request, payload).await?;
    let parsed = server.runtime.spawn_blocking(move || parse(&mut format.parse(bytes)?)).await;
    // Only a runtime that shuts down cancels the task.
    parsed.unwrap_or(Err(UploadError::Busy))
}

fn parse(body: &mut Body) -> Result<FileAppeal, UploadError> {
    let Fields { participation_id: Id(participation_id), request_id, text } = body.fields()?;
    Ok(FileAppeal {
        participation_id,
        request_id: request_id_of(&request_id)?,
        text: text.parse::<FeedContent>().map_err(UploadError::malformed)?,
    })
}

fn sought(request: &HttpRequest) -> Result<(ParticipationId, String), UploadError> {
    let query = Query::<Sought>::from_query(request.query_string());
    let Sought { participation_id, request_id } =
        query.map(Query::into_inner).map_err(UploadError::malformed)?;
    let id = participation_id.parse().map_err(UploadError::malformed)?;
    Ok((id, request_id_of(&request_id)?))
}

/// A request id as the service can have given it. PostgreSQL rejects a text with NUL.
fn request_id_of(text: &str) -> Result<String, UploadError> {
    if text.is_empty() || text.contains('\0') {
        return Err(UploadError::malformed("the request id must not be empty or contain NUL"));
    }
    Ok(text.to_owned())
}

fn ended(id: ParticipationId, result: Result<Attempt, AppealError>) -> Result<AppealState, Answer> {
    result.map(|attempt| AppealState::of(&attempt)).map_err(|error| {
        let answer = error::appeal(&error);
        log::outcome(&answer, Some(id), None, &error);
        answer
    })
}

fn respond(server: &Server, success: &Answer, result: Result<AppealState, Answer>) -> HttpResponse {
    let style = server.settings.envelope;
    match result {
        Ok(state) => envelope::render_appeal(style, success, state),
        Err(answer) => envelope::render(style, &answer),
    }
}
