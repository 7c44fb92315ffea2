use injeung_domain::Keyword;
use serde::Deserialize;
use serde_json::json;

use super::access::{AdminError, AdminRequest, Content};
use crate::envelope::field;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    keyword: String,
}

/// `GET /admin/v1/keywords?keyword=...`: whether the classifier can find what the keyword names in any photo. Null: it
/// takes any phrase.
pub(super) async fn show(request: AdminRequest) -> Result<Content, AdminError> {
    let Parameters { keyword } = request.query()?;
    let keyword: Keyword = keyword.parse().map_err(AdminError::invalid)?;
    Ok(field("known", json!(request.server.ports.classifier.knows(&keyword))))
}
