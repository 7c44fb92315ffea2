//! The style sheet and the scripts, which are a part of the program.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};

use crate::envelope;
use crate::error::NOT_FOUND;
use crate::server::Server;

/// Name, type and content of each asset.
const ASSETS: [(&str, &str, &str); 4] = [
    ("style.css", "text/css; charset=utf-8", include_str!("../../assets/style.css")),
    (
        "try.js",
        "text/javascript; charset=utf-8",
        concat!(include_str!("../../assets/draw.js"), include_str!("../../assets/try.js")),
    ),
    (
        "console.js",
        "text/javascript; charset=utf-8",
        concat!(include_str!("../../assets/draw.js"), include_str!("../../assets/console.js")),
    ),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
];

/// URL of an asset. It changes with the content, so that browsers can keep the asset.
pub(crate) fn url(name: &str) -> String {
    let content = ASSETS.iter().find(|(known, ..)| *known == name).map(|(_, _, content)| content);
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("/assets/{name}?v={:016x}", hasher.finish())
}

/// `GET /assets/{name}`
pub(crate) async fn handle(server: web::Data<Server>, name: web::Path<String>) -> HttpResponse {
    let asset = ASSETS.iter().find(|(known, ..)| *known == name.as_str());
    let Some((_, content_type, content)) = asset else {
        return envelope::render(server.settings.envelope, &NOT_FOUND);
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, *content_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(*content)
}
