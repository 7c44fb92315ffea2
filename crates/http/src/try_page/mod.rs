//! The page at `/` on which people try the three calls with photos of their own, and its routes under `/try/`.
//!
//! A call of the page is the call itself, with the same body, the same rules and the same rows. Its response also
//! contains what the use case found.

mod calls;
mod photos;
mod samples;
mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

pub(crate) use calls::{classification, img_feature, std_img};
pub(crate) use photos::{reference, sample};

use crate::error::NOT_FOUND;
use crate::pages::{self, Language};
use crate::server::Server;
use crate::{Shown, envelope};

/// `GET /`: the page.
pub(crate) async fn show(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    if !is_addressed(&server, &request) {
        return envelope::render(server.settings.envelope, &NOT_FOUND);
    }
    let language = Language::of(&request);
    let page = view::page(&view::Page {
        language,
        participation: server.pages.try_participation,
        has_console: has_console(&server, &request),
        needs_credential: server.authentication.is_required(),
        samples: samples::available(&server.pages.samples),
        max_body_bytes: server.settings.max_body_bytes,
    });
    pages::page(&request, StatusCode::OK, page)
}

/// Whether the user of a request can open the console.
fn has_console(server: &Server, request: &HttpRequest) -> bool {
    let is_local = pages::is_addressed_locally(request);
    server.pages.console && (server.authentication.is_required() || is_local)
}

/// Whether a request may see what the page shows. A page that is on because the service listens on loopback answers
/// only requests that name this machine.
fn is_addressed(server: &Server, request: &HttpRequest) -> bool {
    server.pages.try_page == Shown::On || pages::is_addressed_locally(request)
}
