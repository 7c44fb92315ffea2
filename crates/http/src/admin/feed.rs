use injeung_domain::{Feed, FeedId, FeedQuery, ParticipationId, ReferenceId, StoredReference};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::access::{AdminError, AdminRequest, Content, optional_id};
use super::page::{Limit, page};

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
    #[serde(default, deserialize_with = "optional_id")]
    participation_id: Option<ParticipationId>,
    since: Option<String>,
    until: Option<String>,
    #[serde(default, deserialize_with = "optional_id")]
    before: Option<FeedId>,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferenceParameters {
    #[serde(default, deserialize_with = "optional_id")]
    before: Option<ReferenceId>,
    #[serde(default)]
    limit: Limit,
}

/// `GET /admin/v1/feed`: accepted photos, newest first.
pub(super) async fn list(request: AdminRequest) -> Result<Content, AdminError> {
    let Parameters { participation_id, since, until, before, limit } = request.query()?;
    let since = since.as_deref().map(instant).transpose()?;
    let until = until.as_deref().map(instant).transpose()?;
    let query = FeedQuery { participation_id, since, until, before, limit: limit.0 };
    let rows = request.repository().feed(&query).await?;
    Ok(page("feed", limit, &rows, |row| row.id.get(), |row| json!(FeedView::from(row))))
}

/// `GET /admin/v1/participations/{id}/references`: reference photos, newest first.
pub(super) async fn references(request: AdminRequest) -> Result<Content, AdminError> {
    let ReferenceParameters { before, limit } = request.query()?;
    let rows = request.repository().latest_references(request.id()?, before, limit.0).await?;
    let view = |row: &_| json!(ReferenceView::from(row));
    Ok(page("references", limit, &rows, |row| row.id.get(), view))
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

impl From<&Feed> for FeedView {
    fn from(row: &Feed) -> Self {
        Self {
            id: row.id.get(),
            participation_id: row.participation_id.get(),
            created_at: rfc3339(row.created_at),
            feed_img: row.image_url.clone(),
            feed_content: row.content.as_str().to_owned(),
        }
    }
}

impl From<&StoredReference> for ReferenceView {
    fn from(StoredReference { id, image_url }: &StoredReference) -> Self {
        Self { id: id.get(), std_img: image_url.clone() }
    }
}

/// An instant in RFC 3339, in UTC.
pub(super) fn rfc3339(at: OffsetDateTime) -> String {
    // Only years beyond 9999 cannot be formatted.
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}
