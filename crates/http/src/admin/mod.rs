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

use actix_web::{Resource, web};

pub(crate) use erasures::{ErasureFields, ErasureView};
pub(crate) use feed::{FeedView, ReferenceView};
pub(crate) use fields::{GroupFields, ParticipationFields};
pub(crate) use import::LineReport;

use access::{AdminError, AdminRequest, Content, handled};

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
        .service(shown(read("/admin/v1/groups"), groups::list))
        .service(shown(put("/admin/v1/groups/{id}"), groups::show).put(handled(groups::put)))
        .service(shown(read("/admin/v1/participations"), participations::list))
        .service(
            shown(put("/admin/v1/participations/{id}"), participations::show)
                .put(handled(participations::put)),
        )
        .service(shown(read("/admin/v1/participations/{id}/references"), feed::references))
        .service(shown(read("/admin/v1/feed"), feed::list))
        .service(posted("/admin/v1/import").post(handled(import::handle)))
        .service(posted("/admin/v1/erasures").post(handled(erasures::start)))
        .service(shown(read("/admin/v1/erasures/{id}"), erasures::show))
        .service(shown(read("/admin/v1/keywords"), keywords::show));
}

/// Registers a function for `GET` and `HEAD`.
fn shown<F, Fut>(resource: Resource, show: F) -> Resource
where
    F: Fn(AdminRequest) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<Content, AdminError>> + 'static,
{
    let show = handled(show);
    resource.get(show.clone()).route(web::head().to(show))
}
