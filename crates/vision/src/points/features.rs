/// The feature points of one photo.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    /// Columns of the upright photo at working size, in pixels.
    pub(crate) width: u32,
    /// Rows of the upright photo at working size, in pixels.
    pub(crate) height: u32,
    /// Where the points are: column and row in pixels of the working size, from the top left.
    pub(crate) points: Vec<[f32; 2]>,
    /// Which way they point, in the points' order: clockwise from the right in 1/256 of a turn.
    pub(crate) angles: Vec<u8>,
    /// How large their surroundings are, in the points' order: the binary logarithm of their diameter
    /// in pixels, in 1/16.
    pub(crate) sizes: Vec<u8>,
    /// What they look like, in the points' order.
    pub(crate) descriptors: Descriptors,
}

/// What points look like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Descriptors {
    /// RootSIFT.
    Sift(Vec<SiftDescriptor>),
    /// ORB.
    Orb(Vec<OrbDescriptor>),
}

/// The square roots of a SIFT descriptor's shares, in 1/512, at most 255. Held in 16 bits, so that
/// products of neighbours are added without widening.
pub(crate) type SiftDescriptor = [i16; 128];

/// 256 comparisons of brightness.
pub(crate) type OrbDescriptor = [u64; 4];

/// What is kept of a reference: points of every kind, all on one photo of one working size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReferencePoints {
    /// ORB points, the strongest.
    pub(crate) orb: Features,
    /// SIFT points, the strongest, whose descriptors are as coarse as they are kept.
    pub(crate) sift: Features,
}

/// A point of one photo and the point of another that looks like it, by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The point of the reference.
    pub reference: usize,
    /// The point of the photo.
    pub photo: usize,
}

/// A diameter in pixels, as its binary logarithm in 1/16: 0 for one pixel or less.
pub(crate) fn size(diameter: f32) -> u8 {
    // What is no number, or too small or too large, becomes the nearest by the cast.
    (16.0 * diameter.log2()).round() as u8
}

/// A direction in degrees, in 1/256 of a turn.
pub(crate) fn angle(degrees: f32) -> u8 {
    // The remainder of 256 is a whole turn.
    ((degrees / 360.0 * 256.0).round().rem_euclid(256.0)) as u8
}
