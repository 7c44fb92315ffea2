use std::sync::Arc;

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::ports::{FeatureExtractor, VisionError};
use injeung_domain::{
    Comparison, Fault, FeatureFormat, Photo, ReferenceFeatures, ReferenceQuality,
};

use super::cache::ReferenceCache;
use super::comparer::Cascade;
use super::reference::Reference;

/// Runs a [`Cascade`] on a thread pool for the use cases.
#[derive(Clone)]
pub struct CascadeExtractor {
    cascade: Arc<Cascade>,
    cache: Arc<ReferenceCache>,
    pool: Workers,
}

impl CascadeExtractor {
    /// Creates an extractor that runs on `pool` and caches up to `cached_references` parsed references. Each takes 0.8
    /// MB of memory, or 1.7 MB with the neural tier, including its stored bytes. Parsing one takes less than a
    /// millisecond (docs/performance.md).
    pub fn new(cascade: Arc<Cascade>, cached_references: usize, pool: Workers) -> Self {
        Self { cascade, cache: Arc::new(ReferenceCache::new(cached_references)), pool }
    }

    fn reference(&self, features: &ReferenceFeatures) -> Result<Arc<Reference>, Fault> {
        self.cascade.check_format(features)?;
        self.cache.get_or_read(&features.bytes, || self.cascade.read(features))
    }
}

#[async_trait]
impl FeatureExtractor for CascadeExtractor {
    fn format(&self) -> FeatureFormat {
        self.cascade.settings().format()
    }

    fn missing(&self) -> Vec<&'static str> {
        self.cascade.missing().iter().map(|tier| tier.name()).collect()
    }

    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        let (cascade, photo) = (self.cascade.clone(), photo.clone());
        self.pool.run_blocking(move || cascade.extract(&photo)).await?
    }

    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
    ) -> Result<Comparison, VisionError> {
        let (this, reference, photo) = (self.clone(), reference.clone(), photo.clone());
        let work = move || {
            let reference = this.reference(&reference)?;
            Ok(this.cascade.compare(&reference, &this.cascade.query(&photo)?)?.comparison)
        };
        self.pool.run_blocking(work).await?
    }
}
