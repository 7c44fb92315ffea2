use opencv::core::{CV_32F, Mat, Scalar, Size, ToInputArray, Vector};
use opencv::dnn::{
    DNN_BACKEND_OPENCV, DNN_TARGET_CPU, Net, blob_from_image, read_net_from_onnx_buffer,
};
use opencv::imgproc::{INTER_AREA, INTER_LINEAR, resize};
use opencv::prelude::*;

use crate::opencv::use_one_thread;

/// Form of a network's input: red, green and blue values of a square, each minus `mean`, divided by `scale`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    /// In pixels.
    side: i32,
    mean: f64,
    scale: f64,
}

/// EfficientNet-Lite2, as `scripts/model` builds it.
pub(super) const CLASSES: Input = Input { side: 260, mean: 127.0, scale: 128.0 };
/// The object detector, as `scripts/model` builds it.
pub(super) const OBJECTS: Input = Input { side: 300, mean: 127.5, scale: 127.5 };

/// A convolutional network that assigns a probability to each of its outputs.
pub(super) struct Network {
    net: Net,
    input: Input,
}

impl Network {
    /// Loads a network from the bytes of an ONNX file.
    pub(super) fn load(model: &Vector<u8>, input: Input) -> opencv::Result<Self> {
        use_one_thread();
        let mut net = read_net_from_onnx_buffer(model)?;
        net.set_preferable_backend(DNN_BACKEND_OPENCV)?;
        net.set_preferable_target(DNN_TARGET_CPU)?;
        Ok(Self { net, input })
    }

    /// Probability of each output for blue, green and red pixels, which are stretched to the network's input.
    pub(super) fn probabilities(
        &mut self,
        pixels: &(impl MatTraitConst + ToInputArray),
    ) -> opencv::Result<Vec<f32>> {
        let Input { side, mean, scale } = self.input;
        let (size, given) = (Size::new(side, side), pixels.size()?);
        let shrinks = given.width.max(given.height) > side;
        let mut square = Mat::default();
        let interpolation = if shrinks { INTER_AREA } else { INTER_LINEAR };
        resize(pixels, &mut square, size, 0.0, 0.0, interpolation)?;
        // The network expects red first, so the channels are swapped.
        let mean = Scalar::all(mean);
        let blob = blob_from_image(&square, 1.0 / scale, size, mean, true, false, CV_32F)?;
        self.net.set_input(&blob, "", 1.0, Scalar::default())?;
        let probabilities = self.net.forward_single("")?;
        Ok(probabilities.data_typed::<f32>()?.to_vec())
    }
}
