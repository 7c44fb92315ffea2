use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Fault, JpegPhoto, ObjectKey};

/// Stores photos under their keys.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Stores a photo under a free key.
    ///
    /// Atomic: the object exists completely or not at all, and of two writers of one key exactly
    /// one succeeds. Durable: a stored object survives a crash of this process.
    ///
    /// # Errors
    /// [`PutError::AlreadyExists`] when the key is taken; its object does not change. After a fault
    /// the object may or may not exist.
    async fn put_new(&self, key: &ObjectKey, photo: &JpegPhoto) -> Result<(), PutError>;

    /// Reads an object; `None` if it does not exist.
    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault>;

    /// Deletes an object. A missing object is not an error.
    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault>;

    /// URL of the object for clients; its last path segment is the key. Makes no request.
    fn url(&self, key: &ObjectKey) -> String;

    /// A URL with which anyone can fetch the object until `valid` has passed. The object need not
    /// exist. The last path segment is the key. `None` if the store has no such URLs; use
    /// [`url`](Self::url) then.
    async fn signed_url(&self, key: &ObjectKey, valid: Duration) -> Result<Option<String>, Fault>;

    /// Checks that the store responds, for readiness probes. Does not wait for other calls.
    async fn check(&self) -> Result<(), Fault>;
}

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The key already has an object.
    #[error("store the object: its key already has one")]
    AlreadyExists,
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
