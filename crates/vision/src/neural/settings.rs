use std::path::PathBuf;

use injeung_adapter::settings::{check, defaults, share, within};
use serde::{Deserialize, Deserializer};

use crate::QualityBounds;

/// Settings of the neural tiers: `[vision.neural]` of the configuration. docs/neural.md has the figures behind the
/// defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct NeuralSettings {
    /// Path of XFeat's weights.
    pub xfeat: PathBuf,
    /// Path of LighterGlue's weights.
    pub lighterglue: PathBuf,
    /// Longer side that photos are reduced to before the search for points, in pixels, 160 to 1024. A smaller photo is
    /// never enlarged.
    #[serde(deserialize_with = "within::<_, _, 160, 1024>")]
    pub working_side: u32,
    /// Maximum number of points of a photo, 100 to 8000; the best are used. A stored point takes 70 bytes.
    #[serde(rename = "max_features", deserialize_with = "within::<_, _, 100, 8000>")]
    pub max_points: usize,
    /// Number of points with a score of at least 0.05 that a reference should have; docs/data/experiments.md has the
    /// figures.
    #[serde(flatten)]
    pub quality: QualityBounds,
    /// Minimum cosine of the descriptors of a pair of nearest neighbours.
    #[serde(deserialize_with = "share")]
    pub min_cosine: f32,
    /// Whether LighterGlue runs.
    pub matcher_enabled: bool,
    /// Whether the alignment pass runs if the other tiers cannot decide.
    pub aligned_enabled: bool,
    /// Maximum number of points of a photo that LighterGlue examines, 100 to 2048; the best are used. Its time grows
    /// with the square.
    #[serde(rename = "matcher_features", deserialize_with = "within::<_, _, 100, 2048>")]
    pub matcher_points: usize,
    /// Minimum probability of a pair of LighterGlue.
    #[serde(deserialize_with = "share")]
    pub min_confidence: f32,
    /// LighterGlue drops points early if their probability of a counterpart is below this value. It ranges from 0,
    /// which drops none, to 0.9. The more points it drops, the faster it is.
    #[serde(deserialize_with = "matchable")]
    pub min_matchable: f32,
}

fn matchable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    check(f32::deserialize(deserializer)?, 0.0, 0.9)
}

impl Default for NeuralSettings {
    /// Section `[vision.neural]` of config/default.toml.
    fn default() -> Self {
        defaults("vision.neural")
    }
}
