use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use injeung_domain::Photo;
use injeung_domain::ports::VisionError;
use opencv::core::Vector;
use opencv::imgcodecs::{IMWRITE_JPEG_QUALITY, imencode};

use super::ClarifaiSettings;
use super::error::ClarifaiError;
use super::wire;
use crate::opencv::fault;
use crate::opencv::{Colour, Fit, decode};

/// Longer side of a sent photo, in pixels: above the input of Clarifai's models, but quick to send.
const LONG_SIDE: u32 = 1024;
const QUALITY: i32 = 90;

/// Body of the request for a photo: its pixels upright, reduced and without metadata.
pub(super) fn body(photo: &Photo, settings: &ClarifaiSettings) -> Result<Vec<u8>, VisionError> {
    let pixels = decode(photo, Colour::Bgr, Fit::LongSide(LONG_SIDE))?;
    let mut jpeg = Vector::new();
    let parameters = Vector::from_slice(&[IMWRITE_JPEG_QUALITY, QUALITY]);
    imencode(".jpg", &pixels, &mut jpeg, &parameters).map_err(fault)?;
    let base64 = STANDARD.encode(jpeg.as_slice());
    Ok(wire::request(&base64, settings).map_err(ClarifaiError::Request)?)
}
