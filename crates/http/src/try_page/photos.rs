use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{Fault, ObjectKey, ParticipationId};

use super::{is_addressed, samples};
use crate::auth::AuthError;
use crate::error::NOT_FOUND;
use crate::server::Server;
use crate::{envelope, error, log, pages, refusal};

/// `GET /try/reference/{id}`: the newest reference photo of a participation, for callers that may act for it; 204 if there
/// is none.
pub(crate) async fn reference(
    server: web::Data<Server>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let style = server.settings.envelope;
    let Ok(id) = id.parse::<ParticipationId>() else {
        return envelope::render(style, &NOT_FOUND);
    };
    if !is_addressed(&server, &request) {
        return envelope::render(style, &NOT_FOUND);
    }
    let caller = match server.authentication.caller(&server.ports, &request).await {
        Ok(caller) => caller,
        Err(error) => return refusal::render(style, &error),
    };
    let repository = &server.ports.repository;
    let found = async {
        let Some(participation) = repository.find_participation(id).await? else { return Ok(None) };
        if !caller.may_act_for(&participation) {
            return Ok(Some(None));
        }
        let Some(reference) = repository.newest_reference(id).await? else { return Ok(None) };
        let Ok(key) = ObjectKey::from_url(&reference.image_url) else { return Ok(None) };
        Ok(server.ports.objects.get(&key).await?.map(Some))
    };
    let found: Result<_, Fault> = found.await;
    match found {
        Ok(Some(Some(bytes))) => pages::photo("image/jpeg", bytes, "private, no-store"),
        Ok(Some(None)) => refusal::render(style, &AuthError::NotOwner(id)),
        Ok(None) => HttpResponse::NoContent().finish(),
        Err(fault) => {
            let answer = error::objects(&fault);
            log::outcome(&answer, Some(id), None, &fault);
            envelope::render(style, &answer)
        }
    }
}

/// `GET /try/samples/{name}`
pub(crate) async fn sample(server: web::Data<Server>, name: web::Path<String>) -> HttpResponse {
    let style = server.settings.envelope;
    let Some(content_type) = samples::content_type(&name) else {
        return envelope::render(style, &NOT_FOUND);
    };
    let path = server.pages.samples.join(name.as_str());
    match web::block(move || std::fs::read(path)).await {
        Ok(Ok(bytes)) => pages::photo(content_type, bytes.into(), "private, max-age=3600"),
        Ok(Err(_)) | Err(_) => envelope::render(style, &NOT_FOUND),
    }
}
