use injeung_domain::Comparison;

/// A comparison with the pairs of points of the tier that found most.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// What was found.
    pub comparison: Comparison,
    /// Columns and rows of the upright reference as that tier saw it, in pixels.
    pub reference_size: (u32, u32),
    /// The same of the photo.
    pub photo_size: (u32, u32),
    /// That tier's inliers, in pixels of these sizes.
    pub inliers: Vec<PointPair>,
}

/// A point of the reference and the point of the photo that shows the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointPair {
    /// Column and row in the reference.
    pub reference: [f32; 2],
    /// Column and row in the photo.
    pub photo: [f32; 2],
}
