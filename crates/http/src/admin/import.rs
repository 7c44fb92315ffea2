use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::access::{AdminError, AdminRequest, Content};
use super::fields::{GroupFields, ParticipationFields};
use super::participations;
use crate::envelope::field;
use crate::server::Server;

/// Maximum number of lines of an import.
const MAX_LINES: usize = 10_000;

/// A line of an import.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Group(GroupFields),
    Participation(ParticipationFields),
}

/// What happened to a line of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineReport {
    /// Number of the line, from 1.
    line: usize,
    /// Whether its record was stored.
    stored: bool,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `POST /admin/v1/import`: stores challenge groups and participations, one in each line of JSON (NDJSON), in their order.
/// A line that is rejected changes nothing, and the others are stored. After a fault the same import can be sent again.
pub(super) async fn handle(request: AdminRequest) -> Result<Content, AdminError> {
    let server = request.server.clone();
    let (bytes, _held) = request.body().await?;
    let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.len() > MAX_LINES + 1 {
        return Err(AdminError::Invalid(format!("an import has at most {MAX_LINES} lines")));
    }
    let mut reports = Vec::with_capacity(lines.len());
    for (line, text) in (1..).zip(lines).filter(|(_, text)| !text.trim_ascii().is_empty()) {
        let reason = match store(&server, text).await {
            Ok(()) => None,
            Err(AdminError::Database(fault)) => return Err(fault.into()),
            Err(error) => Some(error.to_string()),
        };
        reports.push(LineReport { line, stored: reason.is_none(), reason });
    }
    Ok(field("lines", json!(reports)))
}

async fn store(server: &Server, line: &[u8]) -> Result<(), AdminError> {
    match serde_json::from_slice(line).map_err(AdminError::invalid)? {
        Line::Group(fields) => {
            let group = fields.group(None, &server.policy.time_zone)?;
            Ok(server.ports.repository.put_group(&group).await?)
        }
        Line::Participation(fields) => participations::put_fields(server, fields, None).await,
    }
}
