//! The console at `/console`, in which operators review rejected photos.
//!
//! One file a page, and its view beside it. Pages are read with `GET`; a decision is a form with a token against forged
//! requests, and ends in a redirect.

mod access;
mod attempts;
mod charts;
mod decision;
mod detail;
mod filter;
mod frame;
mod journal;
mod login;
mod participation;
mod photos;
mod queue;
mod session;
mod statistics;
mod table;
mod webhooks;
mod words;

use std::net::IpAddr;

use actix_web::{FromRequest, Handler, HttpResponse, Resource, web};

pub(crate) use session::Sessions;

use crate::routes::{posted, read, resource};
use crate::server::Server;

/// Whether the console has routes: it is on, and its users log in or are on this machine.
pub(crate) fn is_shown(server: &Server, address: IpAddr) -> bool {
    let is_local = address.to_canonical().is_loopback();
    server.pages.console && (server.authentication.is_required() || is_local)
}

/// Registers the routes of the console.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let log_in = resource("/console/login", "GET, HEAD, POST, OPTIONS");
    config
        .service(page("/console", queue::show))
        .service(page("/console/attempts", attempts::show))
        .service(page("/console/attempts/{id}", detail::show))
        .service(posted("/console/attempts/{id}/decision").route(web::post().to(decision::decide)))
        .service(page("/console/statistics", statistics::show))
        .service(page("/console/participations", participation::find))
        .service(page("/console/participations/{id}", participation::show))
        .service(page("/console/log", journal::show))
        .service(page("/console/webhooks", webhooks::show))
        .service(posted("/console/webhooks/{id}/again").route(web::post().to(webhooks::send_again)))
        .service(page("/console/photos/{key}", photos::show))
        .service(log_in.get(login::show).post(login::log_in).route(web::head().to(login::show)))
        .service(posted("/console/logout").route(web::post().to(login::log_out)));
}

fn page<F, Args>(path: &str, show: F) -> Resource
where
    F: Handler<Args, Output = HttpResponse> + Clone,
    Args: FromRequest + 'static,
{
    read(path).get(show.clone()).route(web::head().to(show))
}
