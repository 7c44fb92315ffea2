use time::OffsetDateTime;

use crate::Claim;

/// What a use case knows of its request beyond the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// When the head of the request arrived. This instant counts for the window, the photo's name
    /// and its row, however long the body took.
    pub received_at: OffsetDateTime,
    /// Claim on the request's key; nothing for a request without one.
    pub claim: Option<Claim>,
}
