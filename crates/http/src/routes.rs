use std::net::IpAddr;

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpResponse, Resource, web};

use crate::error::{NOT_FOUND, WRONG_METHOD};
use crate::server::Server;
use crate::{
    admin, appeals, classification, console, envelope, health, img_feature, objects, openapi,
    pages, photo_url, std_img, try_page,
};

/// Registers all routes; any other path gets [`NOT_FOUND`].
///
/// `address` is the one on which the service listens.
pub(crate) fn configure(config: &mut web::ServiceConfig, server: &Server, address: IpAddr) {
    config
        .service(posted("/std_img").route(web::post().to(std_img::handle)))
        .service(posted("/img_feature").route(web::post().to(img_feature::handle)))
        .service(posted("/classification").route(web::post().to(classification::handle)))
        .service(
            resource("/appeals", "GET, HEAD, POST, OPTIONS")
                .get(appeals::find)
                .post(appeals::file)
                .route(web::head().to(appeals::find)),
        )
        .service(read("/healthz").get(health::live).route(web::head().to(health::live)))
        .service(read("/readyz").get(health::ready).route(web::head().to(health::ready)))
        .service(read("/metrics").get(health::metrics).route(web::head().to(health::metrics)))
        .service(
            read("/objects/{key}/url")
                .get(photo_url::handle)
                .route(web::head().to(photo_url::handle)),
        )
        .service(read("/openapi.json").get(openapi::json).route(web::head().to(openapi::json)))
        .service(read("/docs").get(openapi::page).route(web::head().to(openapi::page)))
        .service(read("/docs/{file:.*}").get(openapi::page).route(web::head().to(openapi::page)))
        .default_service(web::to(not_found));
    if admin::is_shown(server, address) {
        admin::configure(config);
    }
    if server.pages.try_page.on(address) {
        config
            .service(read("/").get(try_page::show).route(web::head().to(try_page::show)))
            .service(posted("/try/std_img").route(web::post().to(try_page::std_img)))
            .service(posted("/try/img_feature").route(web::post().to(try_page::img_feature)))
            .service(posted("/try/classification").route(web::post().to(try_page::classification)))
            .service(read("/try/reference/{id}").get(try_page::reference))
            .service(read("/try/samples/{name}").get(try_page::sample));
    }
    let has_console = console::is_shown(server, address);
    if has_console {
        console::configure(config);
    }
    if has_console || server.pages.try_page.on(address) {
        config.service(read("/assets/{name}").get(pages::asset));
    }
    if server.objects_dir.is_some() {
        let objects = read("/objects/{key}");
        config.service(objects.get(objects::handle).route(web::head().to(objects::handle)));
    }
}

/// Whether the path is that of a probe or of the metrics.
pub(crate) fn is_probe(path: &str) -> bool {
    ["/healthz", "/readyz", "/metrics"].contains(&path)
}

/// The route of a path, used as the label of request counters.
pub(crate) fn of_path(path: &str) -> &'static str {
    const WHOLE: [&str; 9] = [
        "/",
        "/std_img",
        "/img_feature",
        "/classification",
        "/appeals",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    ];
    match WHOLE.into_iter().find(|route| *route == path) {
        Some(route) => route,
        None if path.starts_with("/objects/") && path.ends_with("/url") => "/objects/{key}/url",
        None if path.starts_with("/objects/") => "/objects/{key}",
        None if path == "/docs" || path.starts_with("/docs/") => "/docs",
        None if path.starts_with("/try/") => "/try/{part}",
        None if path == "/console" || path.starts_with("/console/") => "/console",
        None if path.starts_with("/admin/") => "/admin/v1",
        None if path.starts_with("/assets/") => "/assets/{name}",
        None => "other",
    }
}

async fn not_found(server: web::Data<Server>) -> HttpResponse {
    envelope::render(server.settings.envelope, &NOT_FOUND)
}

pub(crate) fn posted(path: &str) -> Resource {
    resource(path, "POST, OPTIONS")
}

pub(crate) fn read(path: &str) -> Resource {
    resource(path, "GET, HEAD, OPTIONS")
}

/// A route that lists its methods in response to OPTIONS and to other methods.
pub(crate) fn resource(path: &str, allow: &'static str) -> Resource {
    let options =
        move || async move { HttpResponse::NoContent().insert_header((ALLOW, allow)).finish() };
    let wrong_method = move |server: web::Data<Server>| async move {
        let mut response = envelope::render(server.settings.envelope, &WRONG_METHOD);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        response
    };
    web::resource(path)
        .route(web::method(Method::OPTIONS).to(options))
        .default_service(web::to(wrong_method))
}
