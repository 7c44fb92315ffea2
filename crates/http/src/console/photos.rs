use actix_web::{HttpResponse, web};
use injeung_domain::ObjectKey;

use super::access::{Operator, failed};
use crate::error::NOT_FOUND;
use crate::server::Server;
use crate::{envelope, pages};

/// `GET /console/photos/{key}`: a stored or kept photo, wherever it is stored.
pub(super) async fn show(
    server: web::Data<Server>,
    _operator: Operator,
    key: web::Path<String>,
) -> HttpResponse {
    let style = server.settings.envelope;
    let Ok(key) = key.parse::<ObjectKey>() else { return envelope::render(style, &NOT_FOUND) };
    // A bucket can have other objects than photos.
    if key.participation_id().is_none() {
        return envelope::render(style, &NOT_FOUND);
    }
    match server.ports.objects.get(&key).await {
        Ok(Some(bytes)) => pages::photo("image/jpeg", bytes, "private, max-age=600"),
        Ok(None) => envelope::render(style, &NOT_FOUND),
        Err(fault) => failed(&server, &fault),
    }
}

/// Address of a photo in the console; `None` if its URL is that of no object.
pub(super) fn address(url: &str) -> Option<String> {
    ObjectKey::from_url(url).ok().map(|key| format!("/console/photos/{key}"))
}
