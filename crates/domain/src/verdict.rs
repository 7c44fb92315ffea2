use std::time::Duration;

/// Result of comparing a photo with a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Verdict: whether both show the same scene, and the same things if these have to match.
    pub same_scene: bool,
    /// Estimated probability that both show the same scene, 0 to 1. The verdict compares it with
    /// the extractor's threshold.
    pub score: f64,
    /// Minimum score of an accepted photo.
    pub threshold: f64,
    /// Results of the tiers that ran, in their order.
    pub tiers: Vec<TierScore>,
    /// Difference of the things in the scene; `None` if only the place has to match, if the score is below its
    /// threshold, or if the photos could not be aligned.
    pub difference: Option<Difference>,
}

/// How much the things of an aligned scene differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Amount of the difference, from 0.
    pub amount: f64,
    /// Maximum amount of an accepted photo.
    pub limit: f64,
}

impl Difference {
    /// Whether both photos show the same things.
    pub fn is_accepted(&self) -> bool {
        self.amount <= self.limit
    }
}

impl Comparison {
    /// The tier with the most inliers, the earlier one of two with equal counts; `None` if no tier ran.
    pub fn clearest(&self) -> Option<&TierScore> {
        self.tiers.iter().rev().max_by_key(|tier| tier.inliers)
    }
}

/// A comparison with what people need to check it.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// The verdict and its scores.
    pub comparison: Comparison,
    /// Pairs of [`Comparison::clearest`] that decided, at most [`Examination::MAX_MATCHES`]; empty if
    /// there are none or the extractor has no points.
    pub matches: Vec<MatchedPoints>,
    /// Durations of the tiers that ran, in their order; empty if unknown.
    pub took: Vec<Duration>,
}

impl Examination {
    /// Maximum number of pairs; more hide the photos.
    pub const MAX_MATCHES: usize = 120;
}

impl From<Comparison> for Examination {
    fn from(comparison: Comparison) -> Self {
        Self { comparison, matches: Vec::new(), took: Vec::new() }
    }
}

/// Places of one spot in both photos, as shares of the width and height of the upright photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchedPoints {
    /// Column and row in the reference, 0 to 1.
    pub reference: [f32; 2],
    /// Column and row in the new photo, 0 to 1.
    pub photo: [f32; 2],
}

/// Counts of what one tier of an extractor found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TierScore {
    /// Name of the tier in its extractor.
    pub name: &'static str,
    /// Number of feature points of the reference.
    pub reference_features: u32,
    /// Number of feature points of the new photo.
    pub photo_features: u32,
    /// Number of one-to-one pairs of similar points.
    pub matches: u32,
    /// Number of those pairs that one camera motion explains.
    pub inliers: u32,
    /// Number of inliers with similar surroundings in both photos.
    pub confirmed: u32,
    /// Kind of motion that explains the most pairs; `None` if no motion explains any.
    pub model: Option<GeometricModel>,
}

/// Camera motion between two photos of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeometricModel {
    /// A planar scene, or a camera that only rotated: a 3x3 homography.
    Homography,
    /// A scene with depth from two positions: a 3x3 fundamental matrix.
    Fundamental,
}
