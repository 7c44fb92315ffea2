use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::ObjectKey;

use crate::error::{NOT_FOUND, URL};
use crate::server::Server;
use crate::{auth, envelope, error, log, refusal};

/// Time for which a URL is valid.
const VALID: Duration = Duration::from_secs(3600);

/// `GET /objects/{key}/url`: a URL with which anyone can fetch a stored photo for an hour, for callers that may read the
/// photo themselves. It is the plain URL if the store signs none, or if nobody needs a credential: a private bucket stays
/// private then.
pub(crate) async fn handle(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let style = server.settings.envelope;
    let Ok(key) = request.match_info().query("key").parse::<ObjectKey>() else {
        return envelope::render(style, &NOT_FOUND);
    };
    let reader = auth::check_reader(&server.authentication, &server.ports, &request, &key);
    if let Err(error) = reader.await {
        return refusal::render(style, &error);
    }
    // A bucket can have other objects than photos.
    if key.participation_id().is_none() {
        return envelope::render(style, &NOT_FOUND);
    }
    let objects = &server.ports.objects;
    let signed = if server.authentication.is_required() {
        objects.signed_url(&key, VALID).await
    } else {
        Ok(None)
    };
    match signed {
        Ok(signed) => {
            envelope::render_url(style, &URL, &signed.unwrap_or_else(|| objects.url(&key)))
        }
        Err(fault) => {
            let answer = error::objects(&fault);
            log::outcome(&answer, None, None, &fault);
            envelope::render(style, &answer)
        }
    }
}
