use injeung_domain::Fault;
use opencv::core::{CV_8UC1, Mat, Size};
use opencv::imgproc::{INTER_LINEAR, resize};
use opencv::prelude::*;

use super::convolution::{Convolution, Form};
use super::keypoints::{CELL, Keypoints, Maps, keypoints};
use super::map::Map;
use crate::neural::features::DESCRIPTOR;
use crate::neural::weights::{Weights, WeightsError};
use crate::opencv::use_one_thread;

/// What the file of the weights says that it holds.
const FORMAT: &str = "xfeat 1";
/// What the sides of the network's image are multiples of, in pixels.
const STEP: i32 = 32;
/// The longest side of the network's image, in pixels: at 1,024 by 1,024 the network takes about 60 MB.
const MAX_SIDE: i32 = 1024;
/// Pixels on a side of the squares that one layer sees the averages of.
const SKIP_CELL: usize = 4;
/// Keeps a picture of one brightness from being divided by nothing.
const NORM_EPSILON: f64 = 1e-5;

/// XFeat's network.
pub(in crate::neural) struct Network {
    skip: Convolution,
    /// At a quarter of the image's size.
    quarter: [Vec<Convolution>; 2],
    /// At an eighth, a sixteenth and a thirty-second.
    pyramid: [Vec<Convolution>; 3],
    fusion: Vec<Convolution>,
    reliability: Vec<Convolution>,
    keypoints: Vec<Convolution>,
}

impl Network {
    /// Reads a file as `scripts/model/xfeat.py` writes it.
    pub(in crate::neural) fn load(file: &[u8]) -> Result<Self, WeightsError> {
        let weights = Weights::parse(file, FORMAT)?;
        let one = |name: &str, side, stride, inputs, outputs, rectified| {
            let form = Form { side, stride, inputs, outputs, rectified };
            Convolution::load(&weights, name, form)
        };
        // Layers one after another: the window's side, the stride, and the channels that come out.
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

    /// The `count` best points of grey pixels of 8 bits, in their pixels.
    ///
    /// # Errors
    /// A permanent fault where the pixels are of another kind, or OpenCV fails.
    pub(in crate::neural) fn keypoints(
        &self,
        grey: &Mat,
        count: usize,
    ) -> Result<Keypoints, Fault> {
        let size = grey.size().map_err(Fault::permanent)?;
        if grey.typ() != CV_8UC1 || size.empty() {
            return Err(Fault::permanent("the pixels are not grey ones of 8 bits"));
        }
        let [width, height] = [size.width, size.height].map(allowed);
        let image = image(grey, Size::new(width, height)).map_err(Fault::permanent)?;
        let mut found = keypoints(&self.look(&image), count);
        let scale = [size.width as f32 / width as f32, size.height as f32 / height as f32];
        for point in &mut found.points {
            for (length, scale) in point.iter_mut().zip(scale) {
                *length *= scale;
            }
        }
        Ok(found)
    }

    fn look(&self, image: &Map) -> Maps {
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

/// What comes out of layers that follow one another.
fn through(layers: &[Convolution], map: &Map) -> Map {
    let mut seen = None;
    for layer in layers {
        seen = Some(layer.apply(seen.as_ref().unwrap_or(map)));
    }
    seen.unwrap_or_else(|| map.clone())
}

/// The pixels at the network's size, with a mean of 0 and a variance of 1.
fn image(grey: &Mat, size: Size) -> opencv::Result<Map> {
    use_one_thread();
    let mut pixels = Mat::default();
    resize(grey, &mut pixels, size, 0.0, 0.0, INTER_LINEAR)?;
    let mut map = Map::new(size.height as usize, size.width as usize, 1);
    // Whole numbers, whose sums are exact.
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for (row, line) in (0..).zip(map.lines_mut()) {
        for (value, pixel) in line.iter_mut().zip(pixels.at_row::<u8>(row)?) {
            *value = f32::from(*pixel);
            sum += u64::from(*pixel);
            squares += u64::from(*pixel).pow(2);
        }
    }
    let count = f64::from(size.width) * f64::from(size.height);
    let mean = sum as f64 / count;
    let factor = 1.0 / (squares as f64 / count - mean * mean + NORM_EPSILON).sqrt();
    for value in map.lines_mut().flatten() {
        *value = (*value - mean as f32) * factor as f32;
    }
    Ok(map)
}

/// The length of a side of the network's image for one of the photo.
fn allowed(side: i32) -> i32 {
    (side / STEP * STEP).clamp(STEP, MAX_SIDE)
}
