/// A point of photo A and the point of photo B that it matches, by their indices in [`Features`](crate::Features).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Index in photo A.
    pub a: usize,
    /// Index in photo B.
    pub b: usize,
    /// Probability of the match, 0 to 1, from [`LighterGlue`](crate::LighterGlue); cosine of the
    /// descriptors, -1 to 1, from [`mutual_nearest`](crate::mutual_nearest).
    pub score: f32,
}
