/// What a comparison of a reference with a new photo found.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The verdict: whether both show the same scene.
    pub same_scene: bool,
    /// The estimated probability that both show the same scene, 0 to 1. The verdict is this score
    /// held against the extractor's threshold.
    pub score: f64,
    /// What each tier found that ran, in the order of running.
    pub tiers: Vec<TierScore>,
    /// What the tier went by that found most.
    pub evidence: Evidence,
}

/// What one tier of an extractor found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierScore {
    /// The extractor's name for the tier.
    pub name: &'static str,
    /// Pairs of points that one motion of the camera explains.
    pub inliers: u32,
    /// How many of the inliers have surroundings that look the same in both photos.
    pub confirmed: u32,
}

/// The counts behind a [`Comparison`], of the tier that found most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Feature points of the reference.
    pub reference_features: u32,
    /// Feature points of the new photo, as the tier saw it.
    pub photo_features: u32,
    /// One-to-one pairs of points that look alike.
    pub matches: u32,
    /// Pairs among them that one motion of the camera explains.
    pub inliers: u32,
    /// The kind of motion that explains most; nothing where none does.
    pub model: Option<GeometricModel>,
}

/// How the camera moved between two photos of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeometricModel {
    /// A plane seen twice, or a camera that only turned: a 3x3 homography.
    Homography,
    /// A scene in depth seen from two places: a 3x3 fundamental matrix.
    Fundamental,
}
