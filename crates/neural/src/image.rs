/// Upright grey pixels at a size that [`XFeat`](crate::XFeat) accepts: each side is a multiple of 32,
/// from 32 to 1,024 pixels.
#[derive(Debug, Clone, Copy)]
pub struct GreyImage<'a> {
    /// Columns.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// Brightness, row by row.
    pub(crate) pixels: &'a [u8],
}

/// An image that the network does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "accept {pixels} pixels as an image of {width}x{height}: each side must be a multiple of {STEP}, {STEP} to {MAX_SIDE}"
)]
pub struct ImageError {
    width: u32,
    height: u32,
    pixels: usize,
}

impl<'a> GreyImage<'a> {
    /// An image of these columns, rows and brightness values, row by row.
    ///
    /// # Errors
    /// If a side is not [`side`](Self::side) of itself, or `pixels` has another length than `width * height`.
    pub fn new(width: u32, height: u32, pixels: &'a [u8]) -> Result<Self, ImageError> {
        let (columns, rows) = (width as usize, height as usize);
        let is_accepted = [width, height].iter().all(|side| Self::side(*side) == *side);
        if !is_accepted || pixels.len() != columns * rows {
            return Err(ImageError { width, height, pixels: pixels.len() });
        }
        Ok(Self { width: columns, height: rows, pixels })
    }

    /// Columns and rows.
    pub fn size(&self) -> [u32; 2] {
        [self.width, self.height].map(|side| side as u32)
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &'a [u8] {
        self.pixels
    }

    /// The side, in pixels, that a photo's side must be resized to: the next lower multiple of 32,
    /// at least 32 and at most 1,024.
    pub fn side(side: u32) -> u32 {
        (side / STEP * STEP).clamp(STEP, MAX_SIDE)
    }
}

/// The deepest layer has one cell for 32x32 pixels.
const STEP: u32 = 32;
/// Bounds the memory: the network takes about 60 MB at 1,024 by 1,024 pixels.
const MAX_SIDE: u32 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_rounded_down_and_kept_in_bounds() {
        for (side, expected) in [(0, 32), (31, 32), (32, 32), (427, 416), (640, 640), (5000, 1024)]
        {
            assert_eq!(GreyImage::side(side), expected, "{side}");
        }
    }

    #[test]
    fn other_sizes_are_errors() {
        let pixels = [0; 64 * 32];
        assert!(GreyImage::new(64, 32, &pixels).is_ok());
        for (width, height) in [(0, 0), (2048, 1), (1, 2048), (33, 62), (64, 64), (u32::MAX, 32)] {
            let error = GreyImage::new(width, height, &pixels).err();
            assert!(error.is_some_and(|error| error.to_string().contains(&width.to_string())));
        }
    }
}
