use crate::QualityBounds;

/// How photos are compared by the neural tier. docs/neural.md has the figures behind the defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuralSettings {
    /// The longer side that photos are shrunk to before points are looked for, in pixels: 160 to
    /// 1,024. A smaller photo is never enlarged.
    pub working_side: u32,
    /// The most points taken of a photo, the best: 100 to 8,000. Stored, a point takes 70 bytes.
    pub max_points: usize,
    /// How many points with a score of 0.05 a reference should have; docs/data/experiments.md has the figures.
    pub quality: QualityBounds,
    /// The least cosine of the descriptors of a pair of nearest neighbours, from 0 to 1.
    pub min_cosine: f32,
    /// Whether LighterGlue is asked.
    pub matcher_enabled: bool,
    /// Whether the photo is looked at again, laid over the reference, where the other tiers leave it open.
    pub aligned_enabled: bool,
    /// The most points of a photo that LighterGlue looks at, the best: 100 to 2,048. Its time grows
    /// with the square.
    pub matcher_points: usize,
    /// The least probability of a pair of LighterGlue's, from 0 to 1.
    pub min_confidence: f32,
    /// LighterGlue drops points on the way that have a counterpart with a smaller probability than
    /// this, from 0, which drops none, to below 1. The more it drops the faster it is.
    pub min_matchable: f32,
}

impl Default for NeuralSettings {
    fn default() -> Self {
        Self {
            working_side: 640,
            max_points: 2048,
            quality: QualityBounds { min_features: 100, warn_features: 300 },
            min_cosine: 0.82,
            matcher_enabled: true,
            aligned_enabled: true,
            matcher_points: 1024,
            min_confidence: 0.1,
            min_matchable: 0.25,
        }
    }
}
