use std::net::IpAddr;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use injeung_adapter::on_behalf_of;
use injeung_domain::{
    Claim, EvidenceCollector, Fingerprint, PhotoLimits, RequestContext, RequestKey,
};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{Instrument, Span};

use crate::error::{Answer, UNFORESEEN};
use crate::idempotency::Outcome;
use crate::server::Server;
use crate::upload::{Body, Format, UploadError};
use crate::{envelope, error, idempotency, log, observe, panics, rates, refusal, upload};

/// The parts in which the three calls differ.
pub(crate) struct Call<C, F> {
    /// Parses a body into a command.
    pub(crate) parse: fn(&mut Body, &PhotoLimits) -> Result<C, UploadError>,
    /// Distinguishes a command from others with the same key.
    pub(crate) fingerprint: fn(&C) -> Fingerprint,
    pub(crate) run: fn(Arc<Server>, C, RequestContext) -> F,
    /// Response after the row is added.
    pub(crate) accepted: Answer,
}

/// The common steps of the three calls: read a body, parse it into a command, run the use case and render the response.
/// With a key, the use case runs once.
///
/// As soon as the body is read, the work runs in its own task. A client that disconnects cancels nothing that has
/// started, and a stop waits for the task. A photo that still waits for a worker is not examined. Parsing runs on a thread that can block, because a photo's base64 is megabytes.
pub(crate) async fn answer<C, F>(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
    call: Call<C, F>,
) -> HttpResponse
where
    C: Send + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    let style = server.settings.envelope;
    let answer = perform(
        &server,
        &request,
        payload,
        call,
        EvidenceCollector::new(&observe::id_of(&request)),
    )
    .await;
    envelope::render(style, &answer)
}

/// Like [`answer`], without rendering. `collector` collects what the use case finds.
pub(crate) async fn perform<C, F>(
    server: &web::Data<Server>,
    request: &HttpRequest,
    payload: web::Payload,
    call: Call<C, F>,
    collector: EvidenceCollector,
) -> Answer
where
    C: Send + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    // The time of the request is the arrival of its head; the body can take longer.
    let received_at = server.ports.clock.now();
    let caller = match server.authentication.caller(&server.ports, request).await {
        Ok(caller) => caller,
        Err(error) => return refusal::answer(&error),
    };
    let (address, bytes) = (rates::address(request), rates::body_bytes(server, request));
    if let Err(error) = server.rates.admit(&caller, bytes) {
        return rates::refuse(server, &error);
    }
    match receive(server, request, payload).await {
        Ok(Received { held, key, format, bytes }) => {
            let key = key.map(|key| key.scoped(&caller));
            let context = RequestContext { collector, ..RequestContext::new(received_at, caller) };
            let work =
                work(server.clone().into_inner(), context, key, format, bytes, call, address);
            let task = async move {
                let answer = match panics::caught(work).await {
                    Ok(answer) => answer,
                    Err(panic) => {
                        log::outcome(&UNFORESEEN, None, None, &panic);
                        UNFORESEEN
                    }
                };
                drop(held);
                answer
            };
            // Dropped with this handler when the client leaves.
            let client = Arc::new(());
            let task = on_behalf_of(&client, task).instrument(Span::current());
            // Only a runtime that shuts down cancels a task.
            server.tasks.spawn_on(task, &server.runtime).await.unwrap_or(UNFORESEEN)
        }
        Err(error) => refuse(&error),
    }
}

/// An unparsed body with the permits for its bytes.
struct Received {
    held: OwnedSemaphorePermit,
    key: Option<RequestKey>,
    format: Format,
    bytes: Bytes,
}

async fn receive(
    server: &Server,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Received, UploadError> {
    let format = Format::announced(request, server.settings.max_body_bytes)?;
    let key = idempotency::key(request.headers())?;
    if server.is_stopping() || server.is_full() {
        return Err(UploadError::Busy);
    }
    let (bytes, held) = upload::read(server, request, payload).await?;
    Ok(Received { held, key, format, bytes })
}

async fn work<C, F>(
    server: Arc<Server>,
    context: RequestContext,
    key: Option<RequestKey>,
    format: Format,
    bytes: Bytes,
    call: Call<C, F>,
    address: Option<IpAddr>,
) -> Answer
where
    C: Send + 'static,
    F: Future<Output = Outcome>,
{
    let Call { parse, fingerprint, run, accepted } = call;
    let run = async |command, context: RequestContext| {
        let (caller, collector) = (context.caller.clone(), context.collector.clone());
        let outcome = run(server.clone(), command, context).await;
        collector.read(|evidence| server.metrics.evidence(evidence));
        if outcome.rejected_photo {
            server.rates.charge_rejected_photo(&caller, address);
        }
        outcome
    };
    let limits = server.photo_limits;
    let parsed = tokio::task::spawn_blocking(move || {
        let command = parse(&mut format.parse(bytes)?, &limits)?;
        let keyed = key.map(|key| (key, fingerprint(&command)));
        Ok((command, keyed))
    });
    match parsed.await {
        Ok(Ok((command, None))) => run(command, context).await.answer,
        Ok(Ok((command, Some((key, fingerprint))))) => {
            let run = |claim: Claim| {
                let context = RequestContext { claim: Some(claim), ..context };
                run(command, context)
            };
            idempotency::answer(&server, key, fingerprint, &accepted, run).await
        }
        Ok(Err(error)) => refuse(&error),
        Err(panic) => {
            log::outcome(&UNFORESEEN, None, None, &panic);
            UNFORESEEN
        }
    }
}

/// Logs why a body was not accepted, and returns the response.
pub(crate) fn refuse(error: &UploadError) -> Answer {
    let answer = error::upload(error);
    log::outcome(&answer, None, None, error);
    answer
}
