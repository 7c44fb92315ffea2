use time::OffsetDateTime;

use crate::{Caller, Claim, EvidenceCollector};

/// Data of a request outside its body.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Instant at which the head of the request arrived. The window check, the photo's name and its
    /// row use this instant, however long the body took.
    pub received_at: OffsetDateTime,
    /// Sender of the request. It must be allowed to act for the participation.
    pub caller: Caller,
    /// Claim on the request's key; `None` for a request without a key.
    pub claim: Option<Claim>,
    /// Collects what the steps of the request find.
    pub collector: EvidenceCollector,
}

impl RequestContext {
    /// The context of a request without a key.
    pub fn new(received_at: OffsetDateTime, caller: Caller) -> Self {
        Self { received_at, caller, claim: None, collector: EvidenceCollector::default() }
    }
}
