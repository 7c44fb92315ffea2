use injeung_domain::Photo;
use injeung_domain::ports::VisionError;
use opencv::boxed_ref::BoxedRef;
use opencv::core::{CV_32F, Mat, Rect, Scalar, Size, ToInputArray, Vector};
use opencv::dnn::{
    DNN_BACKEND_OPENCV, DNN_TARGET_CPU, Net, blob_from_image, read_net_from_onnx_buffer,
};
use opencv::prelude::*;

use crate::opencv::{Colour, Fit, decode};
use crate::opencv::{fault, use_one_thread};

/// Side of EfficientNet-Lite2's input, in pixels, as `scripts/model` builds it.
const SIDE: i32 = 260;
/// Fraction of a photo's shorter side that the network receives, as in its training and evaluation:
/// <https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite>.
const CENTRE: f64 = 0.875;
/// Value subtracted from each 8-bit channel before the division by [`SCALE`].
const MEAN: f64 = 127.0;
const SCALE: f64 = 128.0;

/// A convolutional network that assigns a probability to each of its classes.
pub(super) struct Network(Net);

impl Network {
    /// Loads a network from the bytes of an ONNX file.
    pub(super) fn load(model: &Vector<u8>) -> opencv::Result<Self> {
        use_one_thread();
        let mut net = read_net_from_onnx_buffer(model)?;
        net.set_preferable_backend(DNN_BACKEND_OPENCV)?;
        net.set_preferable_target(DNN_TARGET_CPU)?;
        Ok(Self(net))
    }

    /// Probability of each class for the centre of a photo.
    pub(super) fn classify(&mut self, photo: &Photo) -> Result<Vec<f32>, VisionError> {
        let pixels = decode(photo, Colour::Bgr, fit(photo))?;
        let centre = centre(&pixels).map_err(fault)?;
        self.probabilities(&centre).map_err(fault)
    }

    /// Probability of each class for blue, green and red pixels, which are resized to the network's input.
    pub(super) fn probabilities(&mut self, pixels: &impl ToInputArray) -> opencv::Result<Vec<f32>> {
        let (size, mean) = (Size::new(SIDE, SIDE), Scalar::all(MEAN));
        // The network expects red first, so the channels are swapped. The centre is already cropped.
        let blob = blob_from_image(pixels, 1.0 / SCALE, size, mean, true, false, CV_32F)?;
        self.0.set_input(&blob, "", 1.0, Scalar::default())?;
        let probabilities = self.0.forward_single("")?;
        Ok(probabilities.data_typed::<f32>()?.to_vec())
    }
}

/// Shrinks a photo so that its centre has the size of the input. A smaller photo is enlarged after cropping, because a
/// long, narrow one would not fit into memory.
fn fit(photo: &Photo) -> Fit {
    let side = (f64::from(SIDE) / CENTRE).round() as u32;
    if photo.width().min(photo.height()) > side { Fit::ShortSide(side) } else { Fit::Full }
}

/// The central square with sides of [`CENTRE`] times the shorter side.
fn centre(pixels: &Mat) -> opencv::Result<BoxedRef<'_, Mat>> {
    let size = pixels.size()?;
    let side = (f64::from(size.width.min(size.height)) * CENTRE).round() as i32;
    let corner = |length: i32| (length - side) / 2;
    Mat::roi(pixels, Rect::new(corner(size.width), corner(size.height), side, side))
}
