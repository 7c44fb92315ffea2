use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::ObjectKey;

use crate::error::NOT_FOUND;
use crate::server::Server;
use crate::{envelope, error, log};

/// `GET /objects/{key}`: a stored photo. It never changes under its key, so clients may keep it.
pub(crate) async fn handle(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let style = server.settings.envelope;
    let Ok(key) = request.match_info().query("key").parse::<ObjectKey>() else {
        return envelope::render(style, &NOT_FOUND);
    };
    match server.ports.objects.get(&key).await {
        Ok(Some(photo)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "image/jpeg"))
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(photo),
        Ok(None) => envelope::render(style, &NOT_FOUND),
        Err(fault) => {
            let answer = error::objects(&fault);
            log::outcome(&answer, None, None, &fault);
            envelope::render(style, &answer)
        }
    }
}
