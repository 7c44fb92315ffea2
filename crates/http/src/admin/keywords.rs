use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::Keyword;
use serde::Deserialize;
use serde_json::json;

use super::access::{Admin, AdminError, query, respond};
use crate::envelope::field;
use crate::server::Server;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    keyword: String,
}

/// `GET /admin/v1/keywords?keyword=...`: whether the classifier can find what the keyword names in any photo. Null: it
/// takes any phrase.
pub(super) async fn show(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let checked = query(&request).and_then(|Parameters { keyword }| {
        let keyword: Keyword = keyword.parse().map_err(AdminError::invalid)?;
        Ok(field("known", json!(server.ports.classifier.knows(&keyword))))
    });
    respond(&server, checked)
}
