use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::ports::{FeatureExtractor, VisionError};
use injeung_domain::{
    Examination, FeatureFormat, MatchMode, MatchedPoints, Photo, ReferenceFeatures,
    ReferenceQuality, ViewSearch,
};

use super::comparer::Cascade;
use super::finding::{Detail, Finding};
use super::operating_point::OperatingPoint;

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

    fn operating_points(&self) -> Vec<(&'static str, f64)> {
        let points = OperatingPoint::ALL.into_iter();
        points.map(|point| (point.name(), self.cascade.threshold_at(point))).collect()
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
        mode: MatchMode,
    ) -> Result<Examination, VisionError> {
        let (cascade, reference, photo) = (self.cascade.clone(), reference.clone(), photo.clone());
        let work = move || {
            let reference = cascade.read(&reference)?;
            let (detail, took) = cascade.timed(&reference, &cascade.query(&photo)?, mode)?;
            Ok(examination(detail, took))
        };
        self.pool.run_blocking(work).await?
    }

    async fn compare_views(
        &self,
        views: &[ReferenceFeatures],
        photo: &Photo,
        mode: MatchMode,
        search: ViewSearch,
    ) -> Result<Vec<(usize, Examination)>, VisionError> {
        let (cascade, views, photo) = (self.cascade.clone(), views.to_vec(), photo.clone());
        let work = move || {
            let found = cascade.compare_views(&views, &cascade.query(&photo)?, mode, search)?;
            let found = found.into_iter();
            Ok(found.map(|one| (one.place, examination(one.detail, one.took))).collect())
        };
        self.pool.run_blocking(work).await?
    }
}

fn examination(detail: Detail, took: Vec<Duration>) -> Examination {
    let matches = matched_points(&detail.clearest);
    Examination { comparison: detail.comparison, matches, took }
}

/// The inliers as shares of the photos' sides: every one, or every second, third, ... of too many.
fn matched_points(found: &Finding) -> Vec<MatchedPoints> {
    let share = |[x, y]: [f32; 2], (width, height): (u32, u32)| {
        [x / width.max(1) as f32, y / height.max(1) as f32].map(|share| share.clamp(0.0, 1.0))
    };
    let step = found.inliers.len().div_ceil(Examination::MAX_MATCHES).max(1);
    let shown = found.inliers.iter().step_by(step);
    shown
        .map(|pair| MatchedPoints {
            reference: share(pair.reference, found.reference_size),
            photo: share(pair.photo, found.photo_size),
        })
        .collect()
}
