use injeung_adapter::settings::{check, defaults, if_enabled, within};
use injeung_domain::FeatureFormat;
use serde::{Deserialize, Deserializer};

use super::tier::Tier;
use crate::{NeuralSettings, OperatingPoint, QualityBounds};

/// Version of the stored bytes of a reference (`reference.rs`) and of their meaning.
const VERSION: u32 = 5;

/// How two photos are compared: which tiers run, and how well they have to agree. A part of the
/// section `[vision]` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CascadeSettings {
    /// The probability from which a photo is accepted.
    #[serde(rename = "operating_point")]
    pub point: OperatingPoint,
    /// Longer side that photos are reduced to before ORB and SIFT points are searched, in pixels.
    /// A smaller photo is never enlarged.
    #[serde(deserialize_with = "within::<_, _, 160, 1600>")]
    pub points_side: u32,
    /// The quick tier; none if it is off.
    #[serde(deserialize_with = "if_enabled")]
    pub quick: Option<PointSettings>,
    /// The SIFT tier; none if it is off.
    #[serde(deserialize_with = "if_enabled")]
    pub sift: Option<PointSettings>,
    /// The neural tier; none if it is off.
    #[serde(deserialize_with = "if_enabled")]
    pub neural: Option<NeuralSettings>,
    /// Number of SIFT points that a reference should have, counted before its contrast is
    /// equalised, if the neural tier is off. If it is on, its own bounds apply.
    #[serde(flatten)]
    pub quality: QualityBounds,
}

/// How points of one kind are found and paired: `[vision.quick]` and `[vision.sift]`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct PointSettings {
    /// Maximum number of points of a new photo; the strongest are used. A reference keeps at most
    /// 400 ORB and 1,360 SIFT points, in 37 bytes each.
    #[serde(deserialize_with = "within::<_, _, 200, 8000>")]
    pub max_features: u32,
    /// Maximum distance of a point's nearest neighbour, as a proportion of the distance of the
    /// second nearest: 0.5 to 1; 1 accepts every pair.
    #[serde(deserialize_with = "ratio")]
    pub ratio: f64,
}

fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    check(f64::deserialize(deserializer)?, 0.5, 1.0)
}

impl CascadeSettings {
    /// The contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let neural = self.neural.as_ref();
        let bounds = neural.map(|neural| ("neural.", neural.quality));
        for (section, bounds) in bounds.into_iter().chain([("", self.quality)]) {
            if bounds.warn_features < bounds.min_features {
                problems.push(format!("{section}warn_features: is less than min_features"));
            }
        }
        if neural.is_some_and(|neural| neural.quality.warn_features as usize > neural.max_points) {
            problems.push("neural.warn_features: is more than max_features".to_owned());
        }
        // The neural tier can turn out to be off because its files are missing.
        if self.quick.is_none() && self.sift.is_none() {
            problems.push("quick.enabled: is off, as is sift.enabled".to_owned());
        }
        problems
    }

    /// The tiers that run, in their order.
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

    /// The format of the features that these settings make and read. A reference holds ORB's and
    /// SIFT's points whichever of these tiers is on.
    pub fn format(&self) -> FeatureFormat {
        let algorithm = if self.neural.is_some() { "points+xfeat" } else { "points" };
        FeatureFormat { algorithm: algorithm.to_owned(), version: VERSION }
    }

    /// The longest side that any tier looks at.
    pub(super) fn working_side(&self) -> u32 {
        let neural = self.neural.as_ref().map_or(0, |neural| neural.working_side);
        self.points_side.max(neural)
    }
}

impl Default for CascadeSettings {
    /// `[vision]` of config/default.toml. docs/data/experiments.md has the figures behind it.
    fn default() -> Self {
        defaults("vision")
    }
}
