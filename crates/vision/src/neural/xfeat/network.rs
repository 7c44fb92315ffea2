use opencv::core::{CV_8UC1, CV_32F, Mat, Scalar, Size, StsBadArg, StsUnmatchedSizes, Vector};
use opencv::dnn::{
    DNN_BACKEND_OPENCV, DNN_TARGET_CPU, Net, blob_from_image, read_net_from_onnx_buffer,
};
use opencv::prelude::*;

use super::keypoints::{CELL, Keypoints, Maps, keypoints};
use crate::neural::features::DESCRIPTOR;
use crate::opencv::use_one_thread;

/// What the sides of the network's image are multiples of, in pixels.
const STEP: i32 = 32;
/// The longest side of the network's image, in pixels: at 1,024 by 1,024 the network takes about 60 MB.
const MAX_SIDE: i32 = 1024;

/// XFeat's network, with what lies between its layers.
pub(in crate::neural) struct Network {
    net: Net,
    outputs: Vector<String>,
}

impl Network {
    /// Loads the network from the bytes of an ONNX file and tries it out.
    pub(in crate::neural) fn load(model: &[u8]) -> opencv::Result<Self> {
        use_one_thread();
        let mut net = read_net_from_onnx_buffer(&Vector::from_slice(model))?;
        net.set_preferable_backend(DNN_BACKEND_OPENCV)?;
        net.set_preferable_target(DNN_TARGET_CPU)?;
        let outputs = ["features", "keypoints", "reliability"];
        let mut network = Self { net, outputs: Vector::from_iter(outputs) };
        let black = Mat::new_rows_cols_with_default(32, 64, CV_8UC1, Scalar::default())?;
        network.keypoints(&black, 1)?;
        Ok(network)
    }

    /// The `count` best points of grey pixels of 8 bits, in their pixels.
    pub(in crate::neural) fn keypoints(
        &mut self,
        grey: &Mat,
        count: usize,
    ) -> opencv::Result<Keypoints> {
        let size = grey.size()?;
        if grey.typ() != CV_8UC1 || size.empty() {
            return Err(opencv::Error::new(StsBadArg, "the pixels are not grey ones of 8 bits"));
        }
        let [width, height] = [size.width, size.height].map(allowed);
        let mut found = self.look(grey, Size::new(width, height), count)?;
        let scale = [size.width as f32 / width as f32, size.height as f32 / height as f32];
        for point in &mut found.points {
            for (length, scale) in point.iter_mut().zip(scale) {
                *length *= scale;
            }
        }
        Ok(found)
    }

    /// The points in pixels of the network's image.
    fn look(&mut self, grey: &Mat, size: Size, count: usize) -> opencv::Result<Keypoints> {
        // The network evens out brightness and contrast itself. The blob is resized bilinearly.
        let blob = blob_from_image(grey, 1.0, size, Scalar::default(), false, false, CV_32F)?;
        self.net.set_input_def(&blob)?;
        let mut outputs = Vector::<Mat>::new();
        self.net.forward(&mut outputs, &self.outputs)?;
        let [columns, rows] = [size.width, size.height].map(|side| side as usize / CELL);
        let [features, logits, reliability] = [outputs.get(0)?, outputs.get(1)?, outputs.get(2)?];
        let maps = Maps {
            features: values(&features, DESCRIPTOR, rows, columns)?,
            keypoints: values(&logits, CELL * CELL + 1, rows, columns)?,
            reliability: values(&reliability, 1, rows, columns)?,
            rows,
            columns,
        };
        Ok(keypoints(&maps, count))
    }
}

/// The length of a side of the network's image for one of the photo.
fn allowed(side: i32) -> i32 {
    (side / STEP * STEP).clamp(STEP, MAX_SIDE)
}

fn values(map: &Mat, channels: usize, rows: usize, columns: usize) -> opencv::Result<&[f32]> {
    let expected = [1, channels, rows, columns].map(|length| length as i32);
    if *map.mat_size() != expected {
        let shape = format!("an output has the shape {:?}, not {expected:?}", &*map.mat_size());
        return Err(opencv::Error::new(StsUnmatchedSizes, shape));
    }
    map.data_typed()
}
