//! Signs in the pixels that a photo shows a screen, or is a picture of one (docs/replay.md).

mod moire;
mod screenshot;

use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, PhotoFlag};

use crate::opencv::{Colour, Fit, decode, fault};

/// Maximum number of pixels of an examined photo, which bounds the memory of a decode at full size.
const MAX_PIXELS: u64 = 50_000_000;

/// Flags of what the pixels of a photo show; none for a photo of more than 50 megapixels. Blocks for a decode at full size:
/// resizing removes the grid of a screen.
///
/// # Errors
/// [`VisionError::Photo`] if the pixels cannot be decoded, otherwise a fault.
pub fn pixel_flags(photo: &Photo) -> Result<Vec<PhotoFlag>, VisionError> {
    if u64::from(photo.width()) * u64::from(photo.height()) > MAX_PIXELS {
        return Ok(Vec::new());
    }
    let grey = decode(photo, Colour::Grey, Fit::Full)?;
    let mut flags = Vec::new();
    if moire::prominence(&grey).map_err(fault)? >= moire::MIN_PROMINENCE {
        flags.push(PhotoFlag::Screen);
    }
    if screenshot::is_screenshot(&grey).map_err(fault)? {
        flags.push(PhotoFlag::Screenshot);
    }
    Ok(flags)
}

/// Measure of the periodic structure of a screen in a photo; [`PhotoFlag::Screen`] has a minimum of it.
///
/// # Errors
/// Those of [`pixel_flags`].
pub fn screen_prominence(photo: &Photo) -> Result<f32, VisionError> {
    moire::prominence(&decode(photo, Colour::Grey, Fit::Full)?).map_err(fault)
}
