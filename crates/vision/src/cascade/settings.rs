use injeung_adapter::settings::{check, defaults, if_enabled, within};
use injeung_domain::FeatureFormat;
use serde::{Deserialize, Deserializer};

use super::tier::Tier;
use crate::{NeuralSettings, OperatingPoint, QualityBounds};

/// Version of the stored bytes of a reference (`reference.rs`) and of their meaning.
const VERSION: u32 = 6;

/// Tiers that run and the agreement that they have to reach: a part of the section `[vision]` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CascadeSettings {
    /// Trade-off that sets the minimum probability of an accepted photo.
    #[serde(rename = "operating_point")]
    pub point: OperatingPoint,
    /// Longer side that photos are reduced to before the search for ORB and SIFT points, in pixels, 160 to 1600. A
    /// smaller photo is never enlarged.
    #[serde(deserialize_with = "within::<_, _, 160, 1600>")]
    pub points_side: u32,
    /// Quick tier; `None` if it is off.
    #[serde(deserialize_with = "if_enabled")]
    pub quick: Option<PointSettings>,
    /// SIFT tier; `None` if it is off.
    #[serde(deserialize_with = "if_enabled")]
    pub sift: Option<PointSettings>,
    /// Neural tier; `None` if it is off.
    #[serde(deserialize_with = "if_enabled")]
    pub neural: Option<NeuralSettings>,
    /// Number of SIFT points that a reference should have, before its contrast is equalised. If the neural tier is on,
    /// its own bounds apply instead.
    #[serde(flatten)]
    pub quality: QualityBounds,
}

/// Detection and matching of points of one kind: `[vision.quick]` and `[vision.sift]`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct PointSettings {
    /// Maximum number of points of a new photo, 200 to 8000; the strongest are used. A reference keeps at most 400 ORB
    /// and 1,360 SIFT points, in 37 bytes each.
    #[serde(deserialize_with = "within::<_, _, 200, 8000>")]
    pub max_features: u32,
    /// Maximum distance of a point's nearest neighbour, as a share of the distance of the second nearest: 0.5 to 1. A
    /// ratio of 1 accepts every pair.
    #[serde(deserialize_with = "ratio")]
    pub ratio: f64,
}

fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    check(f64::deserialize(deserializer)?, 0.5, 1.0)
}

impl CascadeSettings {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let neural = self.neural.as_ref();
        let bounds = neural.map(|neural| ("neural.", neural.quality));
        for (section, bounds) in bounds.into_iter().chain([("", self.quality)]) {
            if bounds.warn_features < bounds.min_features {
                problems.push(format!("{section}warn_features: must be at least min_features"));
            }
        }
        if neural.is_some_and(|neural| neural.quality.warn_features as usize > neural.max_points) {
            problems.push("neural.warn_features: must be at most max_features".to_owned());
        }
        // The neural tier can be off because its files are missing.
        if self.quick.is_none() && self.sift.is_none() {
            problems.push("quick.enabled: must be on if sift.enabled is off".to_owned());
        }
        problems
    }

    /// Enabled tiers, in the order in which they run.
    pub fn tiers(&self) -> Vec<Tier> {
        let is_on = |tier: &Tier| match tier {
            Tier::Quick => self.quick.is_some(),
            Tier::Sift => self.sift.is_some(),
            Tier::Xfeat => self.neural.is_some(),
            Tier::LighterGlue => self.neural.as_ref().is_some_and(|neural| neural.matcher_enabled),
            Tier::Aligned => self.neural.as_ref().is_some_and(|neural| neural.aligned_enabled),
        };
        Tier::ALL.into_iter().filter(is_on).collect()
    }

    /// Format of the features that these settings write and read. A reference contains ORB's and SIFT's points even if
    /// these tiers are off.
    pub fn format(&self) -> FeatureFormat {
        let algorithm = if self.neural.is_some() { "points+xfeat" } else { "points" };
        FeatureFormat { algorithm: algorithm.to_owned(), version: VERSION }
    }

    /// Largest working size of all tiers: the longer side in pixels.
    pub(super) fn working_side(&self) -> u32 {
        let neural = self.neural.as_ref().map_or(0, |neural| neural.working_side);
        self.points_side.max(neural)
    }
}

impl Default for CascadeSettings {
    /// Section `[vision]` of config/default.toml. docs/data/experiments.md has the figures behind it.
    fn default() -> Self {
        defaults("vision")
    }
}
