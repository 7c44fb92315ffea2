/// Content of a decoded pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// One byte of brightness.
    Grey,
    /// Three bytes: blue, green, red.
    Bgr,
}

/// Size of a decoded photo; the proportions stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The size of the photo.
    Full,
    /// The longer side has this many pixels, or fewer if the photo has fewer.
    LongSide(u32),
    /// The longer side has `least` to `most` pixels, at the size that is the cheapest to decode, or fewer if the photo has
    /// fewer.
    Between {
        /// Lower limit.
        least: u32,
        /// Upper limit.
        most: u32,
    },
    /// The shorter side has exactly this many pixels.
    ShortSide(u32),
}
