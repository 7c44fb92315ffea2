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
mod words;

use std::net::IpAddr;

use actix_web::web;

pub(crate) use session::Sessions;

use crate::server::Server;

/// Whether the console has routes: it is on, and its users log in or are on this machine.
pub(crate) fn is_shown(server: &Server, address: IpAddr) -> bool {
    let is_local = address.to_canonical().is_loopback();
    server.pages.console && (server.authentication.is_required() || is_local)
}

/// Registers the routes of the console.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/console")
            .route("", web::get().to(queue::show))
            .route("/attempts", web::get().to(attempts::show))
            .route("/attempts/{id}", web::get().to(detail::show))
            .route("/attempts/{id}/decision", web::post().to(decision::decide))
            .route("/statistics", web::get().to(statistics::show))
            .route("/participations", web::get().to(participation::find))
            .route("/participations/{id}", web::get().to(participation::show))
            .route("/log", web::get().to(journal::show))
            .route("/photos/{key}", web::get().to(photos::show))
            .route("/login", web::get().to(login::show))
            .route("/login", web::post().to(login::log_in))
            .route("/logout", web::post().to(login::log_out)),
    );
}
