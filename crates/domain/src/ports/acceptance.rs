//! What a repository stores of a photo until its row is added.

use bytes::Bytes;
use time::OffsetDateTime;

use crate::{Claim, ClaimId, ObjectKey};

/// An object key that is reserved for a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Name of the photo's object.
    pub key: ObjectKey,
    /// URL of the object once it is stored.
    pub image_url: String,
    /// SHA-256 digest of the photo, which distinguishes it from an object that another program
    /// stored under this key.
    pub content_sha256: [u8; 32],
    /// Instant of the reservation.
    pub reserved_at: OffsetDateTime,
}

/// A reserved key in a list sorted by age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedKey {
    /// Instant of the reservation, to the microsecond.
    pub reserved_at: OffsetDateTime,
    /// Name of the photo's object.
    pub key: ObjectKey,
}

/// Changes that are committed with a photo's row: its reservation is deleted, and the request's key
/// is answered.
///
/// The call adds no row and returns a fault in two cases. The fault is permanent if the key is no
/// longer reserved, because its object is being deleted. It is transient if the claim was lost,
/// because another process may have added the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Name of the photo's object.
    pub key: ObjectKey,
    /// Claim on the request's key; `None` for a request without a key.
    pub claim: Option<Claim>,
}

/// Result of claiming a request key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claiming {
    /// The caller holds the claim.
    Claimed(ClaimId),
    /// The same request holds the claim and is not answered yet.
    Pending,
    /// Stored answer of the same request.
    Answered(Bytes),
    /// Another request holds the key, answered or not.
    OtherRequest,
}
