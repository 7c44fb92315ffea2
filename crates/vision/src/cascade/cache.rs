use std::sync::Arc;

use bytes::Bytes;
use injeung_domain::Fault;
use quick_cache::sync::Cache;

use super::reference::Reference;

/// The references that were used most recently and most often, by their stored bytes.
pub(super) struct ReferenceCache(Cache<Bytes, Arc<Reference>>);

impl ReferenceCache {
    /// Keeps at most `count` references.
    pub(super) fn new(count: usize) -> Self {
        Self(Cache::new(count))
    }

    /// Returns the reference of these bytes, and calls `read` if the cache does not contain it. If several threads need
    /// the same reference at once, one reads it and the others wait.
    ///
    /// # Errors
    /// The errors of `read`, which are not cached.
    pub(super) fn get_or_read(
        &self,
        bytes: &Bytes,
        read: impl FnOnce() -> Result<Reference, Fault>,
    ) -> Result<Arc<Reference>, Fault> {
        self.0.get_or_insert_with(bytes, || read().map(Arc::new))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::thread;

    use super::super::picture::Picture;
    use super::*;
    use crate::points::{Descriptors, Features, ReferencePoints};

    fn reference(width: u32) -> Reference {
        let nothing = |descriptors| Features {
            width,
            height: 1,
            points: Vec::new(),
            angles: Vec::new(),
            sizes: Vec::new(),
            descriptors,
        };
        let orb = nothing(Descriptors::Orb(Vec::new()));
        let sift = nothing(Descriptors::Sift(Vec::new()));
        let picture = Picture::from_fn(1, 1, |_, _| 0);
        Reference { points: ReferencePoints { orb, sift }, xfeat: None, picture }
    }

    fn key(number: u32) -> Bytes {
        number.to_le_bytes().to_vec().into()
    }

    #[test]
    fn what_is_remembered_is_not_read_again() {
        let cache = ReferenceCache::new(4);
        let first = cache.get_or_read(&key(1), || Ok(reference(1))).unwrap();
        let again = cache.get_or_read(&key(1), || Err(Fault::permanent("it is read"))).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let other = cache.get_or_read(&key(2), || Ok(reference(2))).unwrap();
        assert_eq!(*other, reference(2));
    }

    #[test]
    fn no_more_are_remembered_than_asked_for() {
        for count in [0, 1, 64] {
            let cache = ReferenceCache::new(count);
            let all = 0..1000;
            let kept: Vec<_> = all
                .map(|number| cache.get_or_read(&key(number), || Ok(reference(number))).unwrap())
                .map(|reference| Arc::downgrade(&reference))
                .collect();
            let alive = kept.iter().filter(|reference| reference.strong_count() > 0).count();
            assert_eq!(alive, count);
        }
    }

    #[test]
    fn an_error_is_not_remembered() {
        let cache = ReferenceCache::new(4);
        assert!(cache.get_or_read(&key(1), || Err(Fault::permanent("they are corrupt"))).is_err());
        assert!(cache.get_or_read(&key(1), || Ok(reference(1))).is_ok());
    }

    #[test]
    fn many_threads_get_what_they_ask_for() {
        let cache = ReferenceCache::new(8);
        thread::scope(|scope| {
            for offset in 0..4 {
                let cache = &cache;
                scope.spawn(move || {
                    for turn in 0..500 {
                        let number = (offset + turn * 7) % 24;
                        let found = cache.get_or_read(&key(number), || Ok(reference(number)));
                        assert_eq!(*found.unwrap(), reference(number));
                    }
                });
            }
        });
    }
}
