use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use injeung_domain::{PhotoLimits, Ports};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{Instrument, Span};

use crate::error::{Answer, UNFORESEEN};
use crate::server::Server;
use crate::upload::{Body, Format, UploadError};
use crate::{envelope, error, log, panics, upload};

/// What the three calls have in common: read a body, parse it into a command, run the use case,
/// render the answer.
///
/// From the moment the body is there, the work belongs to a task of its own: a client that goes
/// away cancels nothing half-way, and a stop waits for it. `parse` runs on a thread that may block,
/// since a photo's base64 is megabytes.
pub(crate) async fn answer<C, F>(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
    parse: fn(&Body, &PhotoLimits) -> Result<C, UploadError>,
    run: fn(Arc<Ports>, C) -> F,
) -> HttpResponse
where
    C: Send + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let style = server.settings.envelope;
    let answer = match receive(&server, &request, payload).await {
        Ok(Received { permit, format, bytes }) => {
            let parse = move |limits: &PhotoLimits| parse(&format.parse(bytes)?, limits);
            let work = work(server.clone().into_inner(), parse, run);
            let task = async move {
                let answer = match panics::caught(work).await {
                    Ok(answer) => answer,
                    Err(panic) => {
                        log::outcome(&UNFORESEEN, None, None, &panic);
                        UNFORESEEN
                    }
                };
                drop(permit);
                answer
            };
            let task = task.instrument(Span::current());
            // Only a runtime that is going down cancels a task.
            server.tasks.spawn_on(task, &server.runtime).await.unwrap_or(UNFORESEEN)
        }
        Err(error) => refuse(&error),
    };
    envelope::render(style, &answer)
}

/// A body as it came, with the permit to hold it.
struct Received {
    permit: OwnedSemaphorePermit,
    format: Format,
    bytes: Bytes,
}

async fn receive(
    server: &Server,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Received, UploadError> {
    let settings = &server.settings;
    let limit = settings.max_body_bytes;
    let format = Format::announced(request, limit)?;
    let permit = server.in_flight.clone().try_acquire_owned().map_err(|_| UploadError::Busy)?;
    let bytes = upload::read(request, payload, limit, settings.body_timeout).await?;
    Ok(Received { permit, format, bytes })
}

async fn work<C, F>(
    server: Arc<Server>,
    parse: impl FnOnce(&PhotoLimits) -> Result<C, UploadError> + Send + 'static,
    run: fn(Arc<Ports>, C) -> F,
) -> Answer
where
    C: Send + 'static,
    F: Future<Output = Answer>,
{
    let limits = server.settings.photo_limits;
    match tokio::task::spawn_blocking(move || parse(&limits)).await {
        Ok(Ok(command)) => run(server.ports.clone(), command).await,
        Ok(Err(error)) => refuse(&error),
        Err(panic) => {
            log::outcome(&UNFORESEEN, None, None, &panic);
            UNFORESEEN
        }
    }
}

fn refuse(error: &UploadError) -> Answer {
    let answer = error::upload(error);
    log::outcome(&answer, None, None, error);
    answer
}
