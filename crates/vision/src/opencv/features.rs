/// The feature points of one photo.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Features {
    /// Columns of the upright photo at working size, in pixels.
    pub(super) width: u32,
    /// Rows of the upright photo at working size, in pixels.
    pub(super) height: u32,
    /// Where the points are: column and row in pixels of the working size, from the top left.
    pub(super) points: Vec<[f32; 2]>,
    /// What they look like, in the points' order.
    pub(super) descriptors: Descriptors,
}

/// What points look like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Descriptors {
    /// RootSIFT.
    Sift(Vec<SiftDescriptor>),
    /// ORB.
    Orb(Vec<OrbDescriptor>),
}

/// The square roots of a SIFT descriptor's shares, in 1/512, at most 255. Held in 16 bits, so that
/// differences need no widening.
pub(super) type SiftDescriptor = [i16; 128];

/// 256 comparisons of brightness.
pub(super) type OrbDescriptor = [u64; 4];

/// A point of one photo and the point of another that looks like it, by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) reference: usize,
    pub(super) photo: usize,
}
