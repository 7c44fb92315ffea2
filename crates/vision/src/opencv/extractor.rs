use async_trait::async_trait;
use injeung_domain::ports::{FeatureExtractor, VisionError};
use injeung_domain::{Comparison, FeatureFormat, Photo, ReferenceFeatures, ReferenceQuality};

use super::compare::compare;
use super::detail::{extract_features, read};
use super::extract::extract;
use super::settings::ExtractorSettings;
use crate::BlockingPool;

/// Compares photos by feature points and the geometry of the camera's motion.
#[derive(Debug, Clone)]
pub struct OpenCvFeatureExtractor {
    settings: ExtractorSettings,
    pool: BlockingPool,
}

impl OpenCvFeatureExtractor {
    /// An extractor that works on `pool`.
    pub fn new(settings: ExtractorSettings, pool: BlockingPool) -> Self {
        Self { settings, pool }
    }
}

#[async_trait]
impl FeatureExtractor for OpenCvFeatureExtractor {
    fn format(&self) -> FeatureFormat {
        self.settings.format()
    }

    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        let (settings, photo) = (self.settings, photo.clone());
        self.pool.run(move || extract_features(&settings, &photo)).await
    }

    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
    ) -> Result<Comparison, VisionError> {
        let (settings, reference, photo) = (self.settings, reference.clone(), photo.clone());
        let work = move || {
            let reference = read(&settings, &reference)?;
            Ok(compare(&settings, &reference, &extract(&settings, &photo)?).0)
        };
        self.pool.run(work).await
    }
}
