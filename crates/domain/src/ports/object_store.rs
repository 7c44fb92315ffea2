use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Fault, JpegPhoto, ObjectKey};

/// Keeps photos under their keys.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Stores a photo that was not there before.
    ///
    /// Atomic: the object is there whole or not at all, and of two writers of one key exactly one
    /// succeeds. Durable: an object that was stored survives a crash of this process.
    ///
    /// # Errors
    /// [`PutError::AlreadyExists`] when the key is taken; the object there stays as it is. After a
    /// fault the object may or may not be there.
    async fn put_new(&self, key: &ObjectKey, photo: &JpegPhoto) -> Result<(), PutError>;

    /// Reads an object, or nothing where there is none.
    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault>;

    /// Removes an object. Removing what is not there is no error.
    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault>;

    /// Where clients fetch the object; the key is the last segment of its path. Makes no request.
    fn url(&self, key: &ObjectKey) -> String;

    /// A URL by which whoever has it may fetch the object for so long, whether or not there is one;
    /// the key is the last segment of its path. Nothing where the store makes no such URLs: then
    /// [`url`](Self::url) is the only one.
    async fn signed_url(&self, key: &ObjectKey, valid: Duration) -> Result<Option<String>, Fault>;

    /// Whether the store answers, for readiness probes. Does not wait for other calls.
    async fn check(&self) -> Result<(), Fault>;
}

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// There is an object of this key.
    #[error("an object of this key exists")]
    AlreadyExists,
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
