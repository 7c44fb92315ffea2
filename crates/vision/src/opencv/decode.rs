use injeung_domain::ports::VisionError;
use injeung_domain::{Orientation, Photo, PhotoError, PhotoFormat};
use opencv::core::{
    CV_8U, CV_16U, Mat, ROTATE_90_CLOCKWISE, ROTATE_90_COUNTERCLOCKWISE, ROTATE_180, Size, flip,
    rotate, transpose,
};
use opencv::imgcodecs::{IMREAD_UNCHANGED, imdecode};
use opencv::imgproc::{
    COLOR_BGR2GRAY, COLOR_GRAY2BGR, INTER_AREA, INTER_LINEAR, cvt_color_def, resize,
};
use opencv::prelude::*;

use super::channels::over_white;
use super::jpeg::decode_jpeg;
use super::pixels::{Colour, Fit};
use super::{fault, use_one_thread};
use crate::decoder::{self, Job};

/// Decodes a photo into upright pixels of 8 bits a channel. Transparent pixels become white.
///
/// A JPEG is decoded at the largest reduction of its cosine transform that still gives the wanted size, which costs a
/// fraction of a full decode. Shrinking averages over areas.
///
/// # Errors
/// A [`PhotoError`] if pixels are corrupt or missing, or if the photo crashes an isolated decoder. A fault if OpenCV or the
/// decoder fails at anything else.
pub(crate) fn decode(photo: &Photo, colour: Colour, fit: Fit) -> Result<Mat, VisionError> {
    decoder::run(photo, Job { colour, fit, is_finished: true })
}

/// The pixels in the orientation of the file, reduced if the format makes that cheap.
///
/// # Errors
/// Those of [`decode`].
pub(crate) fn decode_unturned(photo: &Photo, colour: Colour, fit: Fit) -> Result<Mat, VisionError> {
    decoder::run(photo, Job { colour, fit, is_finished: false })
}

/// Decodes a photo in this process.
///
/// # Errors
/// Those of [`decode`].
pub(crate) fn decode_here(photo: &Photo, job: Job) -> Result<Mat, VisionError> {
    let Job { colour, fit, is_finished } = job;
    use_one_thread();
    let pixels = unturned(photo, colour, fit)?;
    if !is_finished {
        return Ok(pixels);
    }
    let pixels = resized(pixels, fit).map_err(fault)?;
    let pixels = recoloured(pixels, colour).map_err(fault)?;
    upright(pixels, photo.orientation()).map_err(fault)
}

fn unturned(photo: &Photo, colour: Colour, fit: Fit) -> Result<Mat, VisionError> {
    if photo.format() == PhotoFormat::Jpeg {
        return decode_jpeg(photo, colour, fit);
    }
    let undecodable = |reason: String| VisionError::Photo(PhotoError::Undecodable(reason));
    let file = Mat::from_slice(photo.bytes()).map_err(fault)?;
    // Only unchanged pixels include transparency; this flag also ignores EXIF.
    let pixels = imdecode(&file, IMREAD_UNCHANGED).map_err(|error| undecodable(error.message))?;
    if pixels.empty() {
        return Err(undecodable("its pixels are corrupt".into()));
    }
    if pixels.channels() == 4 {
        return over_white(&pixels).map_err(fault);
    }
    to_8_bits(pixels).map_err(fault)
}

fn to_8_bits(pixels: Mat) -> opencv::Result<Mat> {
    if pixels.depth() != CV_16U {
        return Ok(pixels);
    }
    let mut result = Mat::default();
    pixels.convert_to(&mut result, CV_8U, 1.0 / 257.0, 0.0)?;
    Ok(result)
}

/// The pixels shrunk to this longer side, or unchanged if they are not larger.
pub(crate) fn shrunk(pixels: &Mat, side: u32) -> opencv::Result<Mat> {
    resized(pixels.clone(), Fit::LongSide(side))
}

fn resized(pixels: Mat, fit: Fit) -> opencv::Result<Mat> {
    let size = pixels.size()?;
    let (side, wanted) = match fit {
        Fit::Full => return Ok(pixels),
        Fit::LongSide(wanted) | Fit::Between { most: wanted, .. } => {
            let side = size.width.max(size.height);
            (side, side.min(i32::try_from(wanted).unwrap_or(i32::MAX)))
        }
        Fit::ShortSide(wanted) => {
            (size.width.min(size.height), i32::try_from(wanted).unwrap_or(i32::MAX))
        }
    };
    if side == wanted {
        return Ok(pixels);
    }
    let scale = f64::from(wanted) / f64::from(side);
    let scaled = |length: i32| ((f64::from(length) * scale).round() as i32).max(1);
    let interpolation = if scale < 1.0 { INTER_AREA } else { INTER_LINEAR };
    let mut result = Mat::default();
    let target = Size::new(scaled(size.width), scaled(size.height));
    resize(&pixels, &mut result, target, 0.0, 0.0, interpolation)?;
    Ok(result)
}

fn recoloured(pixels: Mat, colour: Colour) -> opencv::Result<Mat> {
    let conversion = match (colour, pixels.channels()) {
        (Colour::Grey, 3) => COLOR_BGR2GRAY,
        (Colour::Bgr, 1) => COLOR_GRAY2BGR,
        _ => return Ok(pixels),
    };
    let mut result = Mat::default();
    cvt_color_def(&pixels, &mut result, conversion)?;
    Ok(result)
}

fn upright(pixels: Mat, orientation: Orientation) -> opencv::Result<Mat> {
    let mut result = Mat::default();
    match orientation {
        Orientation::Upright => return Ok(pixels),
        Orientation::MirrorHorizontal => flip(&pixels, &mut result, 1)?,
        Orientation::Rotate180 => rotate(&pixels, &mut result, ROTATE_180)?,
        Orientation::MirrorVertical => flip(&pixels, &mut result, 0)?,
        Orientation::Transpose => transpose(&pixels, &mut result)?,
        Orientation::Rotate90 => rotate(&pixels, &mut result, ROTATE_90_CLOCKWISE)?,
        Orientation::Transverse => {
            let mut turned = Mat::default();
            rotate(&pixels, &mut turned, ROTATE_180)?;
            transpose(&turned, &mut result)?;
        }
        Orientation::Rotate270 => rotate(&pixels, &mut result, ROTATE_90_COUNTERCLOCKWISE)?,
    }
    Ok(result)
}
