use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{Feed, FeedId, FeedQuery, ParticipationId, ReferenceId, StoredReference};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::access::{Admin, AdminError, path_id, query, respond};
use super::page::{Limit, page};
use crate::server::Server;

/// An accepted photo.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FeedRow)]
pub(crate) struct FeedView {
    id: i64,
    participation_id: i64,
    /// Instant at which the request arrived, in RFC 3339.
    created_at: String,
    /// URL of the photo.
    feed_img: String,
    /// Text beside the photo.
    feed_content: String,
}

/// A reference photo.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reference)]
pub(crate) struct ReferenceView {
    id: i64,
    /// URL of the photo.
    std_img: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    participation_id: Option<i64>,
    since: Option<String>,
    until: Option<String>,
    before: Option<i64>,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferenceParameters {
    before: Option<i64>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /admin/v1/feed`: accepted photos, newest first.
pub(super) async fn list(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let listed = async {
        let Parameters { participation_id, since, until, before, limit } = query(&request)?;
        let participation_id = participation_id.map(ParticipationId::try_from).transpose();
        let query = FeedQuery {
            participation_id: participation_id.map_err(AdminError::invalid)?,
            since: since.as_deref().map(instant).transpose()?,
            until: until.as_deref().map(instant).transpose()?,
            before: before.map(FeedId::try_from).transpose().map_err(AdminError::invalid)?,
            limit: limit.0,
        };
        let rows = server.ports.repository.feed(&query).await?;
        let last = rows.last().map(|row| row.id.get());
        let rows = rows.into_iter().map(|row| json!(FeedView::from(row))).collect();
        Ok(page("feed", limit, rows, last))
    };
    respond(&server, listed.await)
}

/// `GET /admin/v1/participations/{id}/references`: reference photos, newest first.
pub(super) async fn references(
    server: web::Data<Server>,
    _: Admin,
    request: HttpRequest,
) -> HttpResponse {
    let listed = async {
        let participation_id = path_id(&request)?;
        let ReferenceParameters { before, limit } = query(&request)?;
        let before = before.map(ReferenceId::try_from).transpose().map_err(AdminError::invalid)?;
        let rows = server.ports.repository.latest_references(participation_id, before, limit.0);
        let rows = rows.await?;
        let last = rows.last().map(|row| row.id.get());
        let rows = rows.into_iter().map(|row| json!(ReferenceView::from(row))).collect();
        Ok(page("references", limit, rows, last))
    };
    respond(&server, listed.await)
}

fn instant(text: &str) -> Result<OffsetDateTime, AdminError> {
    let instant = OffsetDateTime::parse(text, &Rfc3339).ok();
    // Other years are no columns of the databases.
    instant.filter(|at| (1970..=9999).contains(&at.year())).ok_or_else(|| {
        AdminError::invalid(
            "since and until must be in RFC 3339, such as 2026-11-23T06:30:00+09:00",
        )
    })
}

impl From<Feed> for FeedView {
    fn from(row: Feed) -> Self {
        Self {
            id: row.id.get(),
            participation_id: row.participation_id.get(),
            created_at: rfc3339(row.created_at),
            feed_img: row.image_url,
            feed_content: row.content.as_str().to_owned(),
        }
    }
}

impl From<StoredReference> for ReferenceView {
    fn from(StoredReference { id, image_url }: StoredReference) -> Self {
        Self { id: id.get(), std_img: image_url }
    }
}

/// An instant in RFC 3339, in UTC.
pub(super) fn rfc3339(at: OffsetDateTime) -> String {
    // Only years beyond 9999 cannot be formatted.
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}
