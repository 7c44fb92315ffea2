//! The admin API under `/admin/v1`, with which servers keep challenge groups and participations and read what is stored.
//!
//! Needs an API key with the scope `admin`. All bodies are JSON. A rejected request has an English `reason` beside the
//! message, for the developer who wrote it.

mod access;
mod erasures;
mod feed;
mod fields;
mod groups;
mod import;
mod keywords;
mod page;
mod participations;

use std::net::IpAddr;

use actix_web::web;

pub(crate) use erasures::{ErasureFields, ErasureView};
pub(crate) use feed::{FeedView, ReferenceView};
pub(crate) use fields::{GroupFields, ParticipationFields};
pub(crate) use import::LineReport;

use crate::routes::{posted, read, resource};
use crate::server::Server;

/// Whether the admin API has routes: its callers have keys or are on this machine.
pub(crate) fn is_shown(server: &Server, address: IpAddr) -> bool {
    server.authentication.is_required() || address.to_canonical().is_loopback()
}

/// Registers the routes of the admin API.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let put = |path: &str| resource(path, "GET, HEAD, PUT, OPTIONS");
    config
        .service(read("/admin/v1/groups").get(groups::list).route(web::head().to(groups::list)))
        .service(
            put("/admin/v1/groups/{id}")
                .get(groups::show)
                .put(groups::put)
                .route(web::head().to(groups::show)),
        )
        .service(
            read("/admin/v1/participations")
                .get(participations::list)
                .route(web::head().to(participations::list)),
        )
        .service(
            put("/admin/v1/participations/{id}")
                .get(participations::show)
                .put(participations::put)
                .route(web::head().to(participations::show)),
        )
        .service(
            read("/admin/v1/participations/{id}/references")
                .get(feed::references)
                .route(web::head().to(feed::references)),
        )
        .service(read("/admin/v1/feed").get(feed::list).route(web::head().to(feed::list)))
        .service(posted("/admin/v1/import").route(web::post().to(import::handle)))
        .service(posted("/admin/v1/erasures").route(web::post().to(erasures::start)))
        .service(
            read("/admin/v1/erasures/{id}")
                .get(erasures::show)
                .route(web::head().to(erasures::show)),
        )
        .service(
            read("/admin/v1/keywords").get(keywords::show).route(web::head().to(keywords::show)),
        );
}
