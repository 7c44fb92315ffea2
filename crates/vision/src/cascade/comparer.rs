use std::sync::Arc;

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, Photo, ReferenceFeatures, ReferenceQuality};

use super::fusion::FusionModel;
use super::query::Query;
use super::reference::Reference;
use super::settings::CascadeSettings;
use super::tier::Tier;
use crate::neural::{Neural, NeuralRuntime};

/// Compares photos by the tiers that its settings turn on.
#[derive(Clone)]
pub struct Cascade {
    settings: CascadeSettings,
    tiers: Vec<Tier>,
    /// The tiers that the settings turned on and that are off for want of their models.
    missing: Vec<Tier>,
    /// The least probability that is accepted.
    threshold: f64,
    model: Arc<FusionModel>,
    networks: Option<Arc<dyn NeuralRuntime>>,
}

impl Cascade {
    /// A cascade of these settings; without `networks` the neural tiers are off.
    ///
    /// # Errors
    /// When no tier is on.
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
            return Err(Fault::permanent("no tier is on"));
        }
        let model = FusionModel::embedded().map_err(Fault::permanent)?;
        let threshold = model.threshold(&tiers, settings.point);
        Ok(Self { settings, tiers, missing, threshold, model: Arc::new(model), networks })
    }

    /// The settings, as far as they are in force.
    pub fn settings(&self) -> &CascadeSettings {
        &self.settings
    }

    /// The tiers, in the order that they are asked in.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The tiers that the settings turned on and that are off for want of their models.
    pub fn missing(&self) -> &[Tier] {
        &self.missing
    }

    /// The least probability that an operating point accepts.
    pub fn threshold_at(&self, point: crate::OperatingPoint) -> f64 {
        self.model.threshold(&self.tiers, point)
    }

    /// The least probability that is accepted.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Takes the features of a reference photo and tells how well others can be verified against
    /// it. Blocks.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded, else a fault.
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

    /// Reads the features of a reference.
    ///
    /// # Errors
    /// A permanent fault when they are corrupt or of another format than these settings'.
    pub fn read(&self, features: &ReferenceFeatures) -> Result<Reference, Fault> {
        self.check_format(features)?;
        let reference = Reference::from_bytes(&features.bytes)?;
        // Bytes that were cut off between the two would serve easy photos and fail at others.
        if reference.xfeat.is_some() != self.neural().is_some() {
            return Err(Fault::permanent("the reference's features lack a part"));
        }
        Ok(reference)
    }

    /// Whether the features are of these settings' format, a permanent fault where they are not.
    pub(super) fn check_format(&self, features: &ReferenceFeatures) -> Result<(), Fault> {
        let format = self.settings.format();
        if features.format == format {
            return Ok(());
        }
        Err(Fault::permanent(format!("the features are of {}, not of {format}", features.format)))
    }

    /// Decodes a new photo. Blocks.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded, else a fault.
    pub fn query(&self, photo: &Photo) -> Result<Query, VisionError> {
        Query::new(&self.settings, photo)
    }

    pub(super) fn model(&self) -> &FusionModel {
        &self.model
    }

    /// The networks of the neural tiers and their settings, if the tiers are on.
    pub(super) fn neural(&self) -> Option<Neural<'_>> {
        self.networks.as_deref().zip(self.settings.neural.as_ref())
    }
}
