use std::sync::Arc;

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::ports::{FeatureExtractor, VisionError};
use injeung_domain::{Comparison, FeatureFormat, Photo, ReferenceFeatures, ReferenceQuality};

use super::comparer::Cascade;

/// Runs a [`Cascade`] on a thread pool for the use cases.
#[derive(Clone)]
pub struct CascadeExtractor {
    cascade: Arc<Cascade>,
    pool: Workers,
}

impl CascadeExtractor {
    /// Creates an extractor that runs on `pool`.
    pub fn new(cascade: Arc<Cascade>, pool: Workers) -> Self {
        Self { cascade, pool }
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
        let (cascade, reference, photo) = (self.cascade.clone(), reference.clone(), photo.clone());
        let work = move || {
            let reference = cascade.read(&reference)?;
            Ok(cascade.compare(&reference, &cascade.query(&photo)?)?.comparison)
        };
        self.pool.run_blocking(work).await?
    }
}
