use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use maud::Markup;

use super::Language;

/// Scripts, styles and photos of this service only, and no inline script or style. `blob:` are photos that the user of
/// the page picked.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Response with a page. It keeps the language that the request's query chooses.
pub(crate) fn page(request: &HttpRequest, status: StatusCode, page: Markup) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "same-origin"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("permissions-policy", "camera=(self), microphone=(), geolocation=()"))
        .insert_header((CACHE_CONTROL, "no-store"));
    if let Some(language) = Language::chosen(request) {
        response.cookie(language.cookie());
    }
    response.body(page.into_string())
}

/// Response with a photo that only this user may see.
pub(crate) fn photo(
    content_type: &'static str,
    bytes: Bytes,
    cache_control: &'static str,
) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((CACHE_CONTROL, cache_control))
        .body(bytes)
}
