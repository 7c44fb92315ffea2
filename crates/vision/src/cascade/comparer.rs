use std::sync::Arc;

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, Photo, ReferenceFeatures, ReferenceQuality};

use super::fusion::FusionModel;
use super::query::Query;
use super::reference::Reference;
use super::settings::CascadeSettings;
use super::tier::Tier;
use crate::neural::{Neural, NeuralRuntime};

/// Compares photos by the tiers that its settings enable.
#[derive(Clone)]
pub struct Cascade {
    settings: CascadeSettings,
    tiers: Vec<Tier>,
    /// Tiers that are enabled but off because their models are missing.
    missing: Vec<Tier>,
    /// Minimum probability of an accepted photo.
    threshold: f64,
    model: Arc<FusionModel>,
    networks: Option<Arc<dyn NeuralRuntime>>,
}

impl Cascade {
    /// Creates a cascade with these settings; without `networks` the neural tiers are off.
    ///
    /// # Errors
    /// If no tier is on.
    pub fn new(
        mut settings: CascadeSettings,
        networks: Option<Arc<dyn NeuralRuntime>>,
    ) -> Result<Self, Fault> {
        let mut missing = settings.tiers();
        if networks.is_none() {
            settings.neural = None;
        }
        let tiers = settings.tiers();
        missing.retain(|tier| !tiers.contains(tier));
        if tiers.is_empty() {
            return Err(Fault::permanent("set up the cascade: no tier is on"));
        }
        let model = FusionModel::embedded().map_err(Fault::permanent)?;
        let threshold = model.threshold(&tiers, settings.point);
        Ok(Self { settings, tiers, missing, threshold, model: Arc::new(model), networks })
    }

    /// The settings in force: a tier without its models is off.
    pub fn settings(&self) -> &CascadeSettings {
        &self.settings
    }

    /// The tiers, in the order in which they run.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The tiers that are enabled but off because their models are missing.
    pub fn missing(&self) -> &[Tier] {
        &self.missing
    }

    /// Minimum probability of an accepted photo at an operating point.
    pub fn threshold_at(&self, point: crate::OperatingPoint) -> f64 {
        self.model.threshold(&self.tiers, point)
    }

    /// Minimum probability of an accepted photo at the operating point of the settings.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Extracts the features of a reference photo, and rates how well later photos can be verified against it. Blocks.
    ///
    /// # Errors
    /// [`VisionError::Photo`] if the pixels cannot be decoded, otherwise a fault.
    pub fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        let query = self.query(photo)?;
        let quality = query.quality(self.neural(), self.settings.quality)?;
        let reference = Reference::of(self.neural(), &query)?;
        let bytes = reference.to_bytes()?.into();
        Ok((ReferenceFeatures { format: self.settings.format(), bytes }, quality))
    }

    /// Parses the stored features of a reference.
    ///
    /// # Errors
    /// A permanent fault if they are corrupt, or if their format is not that of these settings.
    pub fn read(&self, features: &ReferenceFeatures) -> Result<Reference, Fault> {
        let format = self.settings.format();
        if features.format != format {
            let problem = format!("read features of {}: {format} is required", features.format);
            return Err(Fault::permanent(problem));
        }
        let reference = Reference::from_bytes(&features.bytes)?;
        // Bytes truncated before XFeat's points would verify easy photos and fail with others.
        if reference.xfeat.is_some() != self.neural().is_some() {
            return Err(Fault::permanent("read the features of a reference: a part is missing"));
        }
        Ok(reference)
    }

    /// Decodes a new photo for [`compare`](Self::compare). Blocks.
    ///
    /// # Errors
    /// [`VisionError::Photo`] if the pixels cannot be decoded, otherwise a fault.
    pub fn query(&self, photo: &Photo) -> Result<Query, VisionError> {
        Query::new(&self.settings, photo)
    }

    pub(super) fn model(&self) -> &FusionModel {
        &self.model
    }

    /// The networks of the neural tiers and their settings, if these tiers are on.
    pub(super) fn neural(&self) -> Option<Neural<'_>> {
        self.networks.as_deref().zip(self.settings.neural.as_ref())
    }
}
