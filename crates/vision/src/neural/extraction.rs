use injeung_domain::Fault;
use injeung_domain::ports::VisionError;
use injeung_neural::{Features, GreyImage};
use opencv::core::{CV_8UC1, Mat, Size};
use opencv::imgproc::{INTER_LINEAR, resize};
use opencv::prelude::*;

use super::runtime::NeuralRuntime;
use crate::opencv::{fault, use_one_thread};

/// The `max_points` best points of upright grey pixels of 8 bits, in these pixels. Blocks.
///
/// The network receives the pixels resized to sides that it accepts, which may change the proportions.
///
/// # Errors
/// A permanent fault if the pixels are of another kind or OpenCV fails; a fault of the network.
pub fn xfeat(
    networks: &dyn NeuralRuntime,
    grey: &Mat,
    max_points: usize,
) -> Result<Features, VisionError> {
    let size = grey.size().map_err(fault)?;
    if grey.typ() != CV_8UC1 || size.empty() {
        return Err(Fault::permanent("find points: the pixels are not grey with 8 bits").into());
    }
    let [width, height] = [size.width, size.height].map(i32::unsigned_abs);
    let [columns, rows] = [width, height].map(GreyImage::side);
    use_one_thread();
    let mut resized = Mat::default();
    let size = Size::new(columns.cast_signed(), rows.cast_signed());
    resize(grey, &mut resized, size, 0.0, 0.0, INTER_LINEAR).map_err(fault)?;
    let image = GreyImage::new(columns, rows, resized.data_bytes().map_err(fault)?);
    let features = networks.features(image.map_err(Fault::permanent)?, max_points)?;
    Ok(features.scaled_to(width, height))
}
