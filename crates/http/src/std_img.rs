use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{
    PhotoLimits, RegisterReference, RegisterReferenceError, RequestContext, register_reference,
};
use serde::Deserialize;

use crate::call::{self, Call};
use crate::idempotency::Outcome;
use crate::log::Seen;
use crate::server::Server;
use crate::upload::{Body, Id, PhotoField, UploadError};
use crate::{error, log};

/// `POST /std_img`: registers a reference photo that later photos are compared with.
pub(crate) async fn handle(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    call::answer(server, request, payload, call()).await
}

/// The steps of this call.
pub(crate) fn call() -> Call<RegisterReference, impl Future<Output = Outcome> + Send + 'static> {
    Call { parse, fingerprint: RegisterReference::fingerprint, run, accepted: error::STD_IMG }
}

#[derive(Deserialize)]
struct Fields {
    participation_id: Id,
    std_img: PhotoField,
}

/// Parses the fields. The command contains the photo's error, because an unknown participation is reported first.
fn parse(body: &mut Body, limits: &PhotoLimits) -> Result<RegisterReference, UploadError> {
    let Fields { participation_id: Id(participation_id), std_img } = body.fields()?;
    Ok(RegisterReference { participation_id, photo: std_img.photo(limits) })
}

async fn run(server: Arc<Server>, command: RegisterReference, request: RequestContext) -> Outcome {
    let participation_id = command.participation_id;
    let result = register_reference(&server.ports, &server.policy, command, request).await;
    let answer = error::std_img(&result);
    match &result {
        Ok(registered) => log::registered(participation_id, registered),
        Err(error) => log::outcome(&answer, Some(participation_id), seen(error), error),
    }
    let rejected_photo = matches!(result, Err(RegisterReferenceError::Unverifiable(_)));
    let is_final = result.is_err_and(|error| error.is_final());
    Outcome { answer, is_final, rejected_photo }
}

fn seen(error: &RegisterReferenceError) -> Option<Seen<'_>> {
    match error {
        RegisterReferenceError::Unverifiable(quality) => Some(Seen::Reference(quality)),
        RegisterReferenceError::UnknownParticipation(_)
        | RegisterReferenceError::NotOwner(_)
        | RegisterReferenceError::Photo(_)
        | RegisterReferenceError::Vision(_)
        | RegisterReferenceError::Objects(_)
        | RegisterReferenceError::Database(_) => None,
    }
}
