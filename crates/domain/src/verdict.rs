/// What a comparison of a reference with a new photo found.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The verdict: whether both show the same scene.
    pub same_scene: bool,
    /// How much the geometry says so, on the extractor's own scale; 0 is nothing, and more is
    /// more certain. The verdict is this score held against the extractor's threshold.
    pub score: f64,
    /// What the score rests on.
    pub evidence: Evidence,
}

/// The counts behind a [`Comparison`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Feature points of the reference.
    pub reference_features: u32,
    /// Feature points of the new photo.
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
