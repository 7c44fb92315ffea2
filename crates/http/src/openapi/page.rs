use std::sync::{Arc, LazyLock};

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, ContentType, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::Config;

use crate::envelope;
use crate::error::{NOT_FOUND, UNFORESEEN};
use crate::server::Server;

/// Only own scripts and styles, and the one inline style of Swagger UI 5.32.6 by its hash; icons are data URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /openapi.json`: the description of the service.
pub(crate) async fn json(server: web::Data<Server>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(server.openapi.clone())
}

/// `GET /docs/`: Swagger UI with the description, from files within the program.
pub(crate) async fn page(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    static CONFIG: LazyLock<Arc<Config<'static>>> =
        LazyLock::new(|| Arc::new(Config::from("/openapi.json")));

    // Relative links of the page need the slash.
    if request.path() == "/docs" {
        return HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish();
    }
    let file = request.match_info().query("file");
    match utoipa_swagger_ui::serve(file, CONFIG.clone()) {
        Ok(Some(file)) => HttpResponse::Ok()
            .content_type(file.content_type)
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(file.bytes.into_owned()),
        Ok(None) => envelope::render(server.settings.envelope, &NOT_FOUND),
        Err(error) => {
            tracing::error!(%error, "failed to render Swagger UI");
            envelope::render(server.settings.envelope, &UNFORESEEN)
        }
    }
}
