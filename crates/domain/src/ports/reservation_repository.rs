use async_trait::async_trait;
use time::OffsetDateTime;

use crate::{Claim, Fault, ObjectKey};

/// Keeps the keys of photos that are being stored, so that whatever dies on the way leaves a trace.
///
/// A reservation is *open* from [`reserve`](Self::reserve) until the row of its photo is added,
/// which clears it, or until it is *abandoned*, after which no row can be added any more and the
/// object may be removed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReservationRepository: Send + Sync {
    /// Reserves a key, unless it is reserved already or a row points to its URL. Answers whether
    /// it was; of two callers at once exactly one succeeds.
    async fn reserve(&self, reservation: &Reservation) -> Result<bool, Fault>;

    /// Abandons an open reservation. Answers the `content_sha256` of the one that is abandoned now;
    /// where there is none, its row was added, or it was released.
    async fn abandon(&self, key: &ObjectKey) -> Result<Option<[u8; 32]>, Fault>;

    /// Forgets a reservation, whatever its state. Forgetting what is not there is no error.
    async fn release(&self, key: &ObjectKey) -> Result<(), Fault>;

    /// The keys of reservations that were made before an instant, oldest first, `limit` at most.
    async fn reserved_before(
        &self,
        instant: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<ObjectKey>, Fault>;
}

/// A claim on a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The key.
    pub key: ObjectKey,
    /// Where clients will fetch the object.
    pub image_url: String,
    /// The SHA-256 digest of the photo that is to be put there, by which it is told from somebody
    /// else's object of this name.
    pub content_sha256: [u8; 32],
    /// When it was reserved.
    pub reserved_at: OffsetDateTime,
}

/// What is settled in the transaction that adds a photo's row: the reservation of its key is
/// cleared, and the request's key answered.
///
/// It fails, and the row is not added, with a permanent fault when the key is not reserved any more,
/// since its object is being removed; and with a transient one when the claim was lost, since
/// somebody else may have done the same. After any other transient fault everything or nothing of it
/// may have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The key of the photo.
    pub key: ObjectKey,
    /// The claim on the request's key, where the request came under one.
    pub claim: Option<Claim>,
}
