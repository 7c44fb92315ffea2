use super::convolution::{Convolution, Form};
use super::keypoints::{CELL, Maps, keypoints};
use super::map::Map;
use crate::features::{DESCRIPTOR, Features};
use crate::image::GreyImage;
use crate::weights::{Weights, WeightsError};

/// Format that the file of the weights must state.
const FORMAT: &str = "xfeat 1";
/// Pixels on a side of the squares that the skip connection averages.
const SKIP_CELL: usize = 4;
/// Keeps an image of one brightness from being divided by zero.
const NORM_EPSILON: f64 = 1e-5;

/// XFeat: a convolutional network that finds and describes points of a photo.
///
/// Potje et al., XFeat: Accelerated Features for Lightweight Image Matching, CVPR 2024. It holds 4 MB of weights
/// that any number of threads can use. Points do not survive rotation: photos must be upright.
pub struct XFeat {
    skip: Convolution,
    /// Blocks 1 and 2, at up to a quarter of the image's size.
    quarter: [Vec<Convolution>; 2],
    /// Blocks 3, 4 and 5, at an eighth, a sixteenth and a thirty-second.
    pyramid: [Vec<Convolution>; 3],
    fusion: Vec<Convolution>,
    reliability: Vec<Convolution>,
    keypoints: Vec<Convolution>,
}

impl XFeat {
    /// Reads a safetensors file of the format `xfeat 1`, which `scripts/model/xfeat.py` writes.
    ///
    /// # Errors
    /// If the file is not of this format or lacks a tensor.
    pub fn load(file: &[u8]) -> Result<Self, WeightsError> {
        let weights = Weights::parse(file, FORMAT)?;
        let one = |name: &str, side, stride, inputs, outputs, rectified| {
            let form = Form { side, stride, inputs, outputs, rectified };
            Convolution::load(&weights, name, form)
        };
        // Consecutive layers: side of the window, stride, output channels.
        let block = |name: &str, inputs: usize, layers: &[(usize, usize, usize)]| {
            let mut inputs = inputs;
            let layer = |(index, (side, stride, outputs)): (usize, &(usize, usize, usize))| {
                let made = one(&format!("{name}.{index}"), *side, *stride, inputs, *outputs, true);
                inputs = *outputs;
                made
            };
            layers.iter().enumerate().map(layer).collect::<Result<Vec<_>, _>>()
        };
        // A head's last layer is not rectified.
        let head = |name: &str, layers: &[(usize, usize, usize)], inputs, outputs| {
            let mut all = block(name, inputs, layers)?;
            all.push(one(&format!("{name}.{}", layers.len()), 1, 1, DESCRIPTOR, outputs, false)?);
            Ok::<_, WeightsError>(all)
        };
        let (same, half) = ((3, 1, 64), (3, 2, 64));
        Ok(Self {
            skip: one("skip", SKIP_CELL, SKIP_CELL, 1, 24, false)?,
            quarter: [
                block("block1", 1, &[(3, 1, 4), (3, 2, 8), (3, 1, 8), (3, 2, 24)])?,
                block("block2", 24, &[(3, 1, 24), (3, 1, 24)])?,
            ],
            pyramid: [
                block("block3", 24, &[half, same, (1, 1, 64)])?,
                block("block4", 64, &[half, same, same])?,
                block("block5", 64, &[(3, 2, 128), (3, 1, 128), (3, 1, 128), (1, 1, 64)])?,
            ],
            fusion: head("fusion", &[same, same], 64, DESCRIPTOR)?,
            reliability: head("reliability", &[(1, 1, 64), (1, 1, 64)], DESCRIPTOR, 1)?,
            keypoints: head(
                "keypoints",
                &[(CELL, CELL, 64), (1, 1, 64), (1, 1, 64)],
                1,
                CELL * CELL + 1,
            )?,
        })
    }

    /// The `max_points` points with the highest scores, in pixels of the image. Two points are at least
    /// three pixels apart: each is the most probable of the 5x5 pixels around it.
    ///
    /// An image of 640x480 takes about 40 ms of one thread and 20 MB of memory.
    pub fn features(&self, image: GreyImage<'_>, max_points: usize) -> Features {
        keypoints(&self.maps(&normalized(image)), max_points)
    }

    fn maps(&self, image: &Map) -> Maps {
        let [first, second] = &self.quarter;
        let mut quarter = through(first, image);
        quarter.add(&self.skip.apply(image));
        let [eighth, sixteenth, last] = &self.pyramid;
        let mut fused = through(eighth, &through(second, &quarter));
        let sixteenth = through(sixteenth, &fused);
        fused.add(&sixteenth.enlarged(2));
        fused.add(&through(last, &sixteenth).enlarged(4));
        let features = through(&self.fusion, &fused);
        let mut reliability = through(&self.reliability, &features);
        for value in reliability.lines_mut().flatten() {
            *value = 1.0 / (1.0 + (-*value).exp());
        }
        Maps { keypoints: through(&self.keypoints, image), features, reliability }
    }
}

/// Output of consecutive layers.
fn through(layers: &[Convolution], map: &Map) -> Map {
    let mut output = None;
    for layer in layers {
        output = Some(layer.apply(output.as_ref().unwrap_or(map)));
    }
    output.unwrap_or_else(|| map.clone())
}

/// The pixels with a mean of 0 and a variance of 1.
fn normalized(image: GreyImage<'_>) -> Map {
    let mut map = Map::new(image.height, image.width, 1);
    // Sums of integers are exact.
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for (line, pixels) in map.lines_mut().zip(image.pixels.chunks_exact(image.width)) {
        for (value, pixel) in line.iter_mut().zip(pixels) {
            *value = f32::from(*pixel);
            sum += u64::from(*pixel);
            squares += u64::from(*pixel).pow(2);
        }
    }
    let count = image.pixels.len() as f64;
    let mean = sum as f64 / count;
    let factor = 1.0 / (squares as f64 / count - mean * mean + NORM_EPSILON).sqrt();
    for value in map.lines_mut().flatten() {
        *value = (*value - mean as f32) * factor as f32;
    }
    map
}
