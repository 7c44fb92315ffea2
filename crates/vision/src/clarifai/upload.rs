use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use injeung_domain::Photo;
use injeung_domain::ports::VisionError;

use super::ClarifaiSettings;
use super::error::ClarifaiError;
use super::wire;
use crate::opencv::{Colour, Fit, decode, encode, fault};

/// Longer side of a sent photo, in pixels: above the input of Clarifai's models, but quick to send.
const LONG_SIDE: u32 = 1024;

/// Body of the request for a photo: its pixels upright, reduced and without metadata.
pub(super) fn body(photo: &Photo, settings: &ClarifaiSettings) -> Result<Vec<u8>, VisionError> {
    let pixels = decode(photo, Colour::Bgr, Fit::LongSide(LONG_SIDE))?;
    let base64 = STANDARD.encode(encode(&pixels).map_err(fault)?);
    Ok(wire::request(&base64, settings).map_err(ClarifaiError::Request)?)
}
