use injeung_domain::FeatureFormat;

use super::tier::Tier;
use crate::{NeuralSettings, OperatingPoint, QualityBounds};

/// Version of the stored bytes of a reference (`reference.rs`) and of their meaning.
const VERSION: u32 = 5;

/// How two photos are compared: which tiers are asked, and how much they have to agree.
#[derive(Debug, Clone, PartialEq)]
pub struct CascadeSettings {
    /// The probability that is enough for a photo to be accepted.
    pub point: OperatingPoint,
    /// The longer side that photos are shrunk to before ORB and SIFT points are looked for, in
    /// pixels: 160 to 1,600. A smaller photo is never enlarged.
    pub points_side: u32,
    /// The quick tier; nothing where it is off.
    pub quick: Option<PointSettings>,
    /// The SIFT tier; nothing where it is off.
    pub sift: Option<PointSettings>,
    /// The neural tier; nothing where it is off.
    pub neural: Option<NeuralSettings>,
    /// How many SIFT points, counted before its contrast is evened out, a reference should have where the
    /// neural tier is off. Where it is on its own bounds count.
    pub quality: QualityBounds,
}

/// How points of one kind are found and paired.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointSettings {
    /// The most points taken of a new photo, the strongest: 200 to 8,000. Of a reference at most
    /// 400 ORB and 1,360 SIFT points are kept, in 37 bytes each.
    pub max_features: u32,
    /// How much nearer than the second nearest a point's nearest look-alike has to be, as a
    /// proportion of the distances: 0.5 to 1, where 1 asks for nothing.
    pub ratio: f64,
}

impl CascadeSettings {
    /// The tiers that are asked, in their order.
    pub fn tiers(&self) -> Vec<Tier> {
        let is_on = |tier: &Tier| match tier {
            Tier::Quick => self.quick.is_some(),
            Tier::Sift => self.sift.is_some(),
            Tier::Xfeat => self.neural.is_some(),
            Tier::LighterGlue => self.neural.is_some_and(|neural| neural.matcher_enabled),
            Tier::Aligned => self.neural.is_some_and(|neural| neural.aligned_enabled),
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
        self.neural.map_or(self.points_side, |neural| self.points_side.max(neural.working_side))
    }
}

impl Default for CascadeSettings {
    /// The settings that were measured to be best; docs/data/experiments.md has the figures.
    fn default() -> Self {
        Self {
            point: OperatingPoint::Balanced,
            points_side: 480,
            quick: Some(PointSettings { max_features: 1000, ratio: 0.95 }),
            sift: Some(PointSettings { max_features: 2000, ratio: 0.98 }),
            neural: Some(NeuralSettings::default()),
            quality: QualityBounds { min_features: 50, warn_features: 300 },
        }
    }
}
