/// ORB or SIFT points of one photo. All lists have the same length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    /// Columns of the upright photo at working size, in pixels.
    pub(crate) width: u32,
    /// Rows of the upright photo at working size, in pixels.
    pub(crate) height: u32,
    /// Column and row of each point in pixels of the working size, from the top left.
    pub(crate) points: Vec<[f32; 2]>,
    /// Direction of each point: clockwise from the right, in 1/256 of a turn.
    pub(crate) angles: Vec<u8>,
    /// Size of each point's surroundings: the binary logarithm of the diameter in pixels, in 1/16.
    pub(crate) sizes: Vec<u8>,
    /// Appearance of each point.
    pub(crate) descriptors: Descriptors,
}

impl Features {
    /// Places of the points as fractions of the width and of the height.
    pub(crate) fn places(&self) -> Vec<[f32; 2]> {
        let (width, height) = (self.width as f32, self.height as f32);
        self.points.iter().map(|[x, y]| [x / width, y / height]).collect()
    }

    /// Keeps the points whose place passes, in their order.
    pub(crate) fn retain(&mut self, passes: impl Fn([f32; 2]) -> bool) {
        let keep: Vec<bool> = self.points.iter().map(|place| passes(*place)).collect();
        retain(&mut self.points, &keep);
        retain(&mut self.angles, &keep);
        retain(&mut self.sizes, &keep);
        match &mut self.descriptors {
            Descriptors::Sift(descriptors) => retain(descriptors, &keep),
            Descriptors::Orb(descriptors) => retain(descriptors, &keep),
        }
    }
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    items.retain(|_| keep.next() == Some(&true));
}

/// Descriptors of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Descriptors {
    /// RootSIFT.
    Sift(Vec<SiftDescriptor>),
    /// ORB.
    Orb(Vec<OrbDescriptor>),
}

/// Square roots of the entries' shares in a SIFT descriptor, in 1/512, at most 255. With 16 bits, products of neighbours are
/// added without widening.
pub(crate) type SiftDescriptor = [i16; 128];

/// 256 comparisons of brightness, one bit each.
pub(crate) type OrbDescriptor = [u64; 4];

/// Points that are stored of a reference, all at one working size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReferencePoints {
    /// ORB points, the strongest.
    pub(crate) orb: Features,
    /// SIFT points, the strongest, with the stored, coarse descriptors.
    pub(crate) sift: Features,
}

/// A point of the reference and a point of the photo that match, by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Index in the reference.
    pub reference: usize,
    /// Index in the photo.
    pub photo: usize,
}

/// The binary logarithm of a diameter in pixels, in 1/16; 0 for one pixel or less.
pub(crate) fn size(diameter: f32) -> u8 {
    // The cast turns NaN into 0 and saturates.
    (16.0 * diameter.log2()).round() as u8
}

/// A direction in degrees, in 1/256 of a turn.
pub(crate) fn angle(degrees: f32) -> u8 {
    // A remainder of 256 is a whole turn.
    ((degrees / 360.0 * 256.0).round().rem_euclid(256.0)) as u8
}
