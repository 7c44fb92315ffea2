use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::lock;
use crate::ports::{ObjectStore, PutError};
use crate::{Fault, JpegPhoto, ObjectKey};

/// An object store in memory; its URLs begin with `memory:///`.
#[derive(Debug, Default)]
pub struct MemoryObjectStore(Mutex<HashMap<ObjectKey, Bytes>>);

impl MemoryObjectStore {
    /// The keys of all objects, sorted.
    pub fn keys(&self) -> Vec<ObjectKey> {
        let mut keys: Vec<_> = lock(&self.0).keys().cloned().collect();
        keys.sort();
        keys
    }
}

#[async_trait]
impl ObjectStore for MemoryObjectStore {
    async fn put_new(&self, key: &ObjectKey, photo: &JpegPhoto) -> Result<(), PutError> {
        let mut objects = lock(&self.0);
        if objects.contains_key(key) {
            return Err(PutError::AlreadyExists);
        }
        objects.insert(key.clone(), photo.bytes().clone());
        Ok(())
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault> {
        Ok(lock(&self.0).get(key).cloned())
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault> {
        lock(&self.0).remove(key);
        Ok(())
    }

    fn url(&self, key: &ObjectKey) -> String {
        format!("memory:///{key}")
    }

    async fn signed_url(
        &self,
        _key: &ObjectKey,
        _valid: Duration,
    ) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    async fn check(&self) -> Result<(), Fault> {
        Ok(())
    }
}
