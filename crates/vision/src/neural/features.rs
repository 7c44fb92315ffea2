use injeung_domain::ports::VisionError;
use ndarray::{Array2, Axis};
use opencv::core::Mat;
use opencv::prelude::*;

use super::models::NeuralModels;
use super::wire::{self, CorruptNeuralFeatures};
use crate::opencv::fault;

/// Length of a descriptor.
pub(super) const DESCRIPTOR: usize = 64;

/// XFeat's points of one photo, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuralFeatures {
    /// Columns of the upright photo at working size, in pixels.
    pub(crate) width: u32,
    /// Rows of the upright photo at working size, in pixels.
    pub(crate) height: u32,
    /// Where the points are: column and row in pixels of the working size, from the top left.
    pub(crate) points: Vec<[f32; 2]>,
    /// How well each point can be found and matched, above 0 and at most 1.
    pub(crate) scores: Vec<f32>,
    /// What the points look like: rows of length 1, [points, 64].
    pub(crate) descriptors: Array2<f32>,
}

impl NeuralFeatures {
    /// How many points there are with at least this score, which are the first ones.
    pub fn count(&self, min_score: f32) -> usize {
        self.scores.iter().filter(|score| **score >= min_score).count()
    }

    /// How many points there are that are no noise, which has a score of 0.05 for 0 to 2 of its points; the
    /// poorest photo of the set has 102.
    pub(crate) fn sure(&self) -> usize {
        self.count(0.05)
    }

    /// Where these are: shares of the width and of the height.
    pub(crate) fn sure_places(&self) -> Vec<[f32; 2]> {
        let (width, height) = (self.width as f32, self.height as f32);
        let sure = self.points.iter().take(self.sure());
        sure.map(|[x, y]| [x / width, y / height]).collect()
    }

    /// The points whose place passes, in their order.
    pub fn filtered(&self, passes: impl Fn([f32; 2]) -> bool) -> Self {
        let kept = || self.points.iter().enumerate().filter(|(_, place)| passes(**place));
        let indices: Vec<usize> = kept().map(|(index, _)| index).collect();
        let score = |index: &usize| self.scores.get(*index).copied();
        Self {
            width: self.width,
            height: self.height,
            points: kept().map(|(_, place)| *place).collect(),
            scores: indices.iter().filter_map(score).collect(),
            descriptors: self.descriptors.select(Axis(0), &indices),
        }
    }

    /// Where the points are: column and row in pixels of the working size, from the top left.
    pub fn points(&self) -> &[[f32; 2]] {
        &self.points
    }

    /// How well each point can be found and matched, above 0 and at most 1.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// What a point looks like: 64 numbers whose squares sum to 1.
    pub fn descriptor(&self, index: usize) -> Option<&[f32]> {
        self.descriptors.rows().into_iter().nth(index).and_then(|row| row.to_slice())
    }

    /// Bytes to store: 12 and 70 a point.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::to_bytes(self)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are of something else, of another version, or do not fit together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CorruptNeuralFeatures> {
        wire::from_bytes(bytes)
    }
}

/// The `max_points` best points of upright grey pixels of 8 bits, at most 65,535.
///
/// The network looks at the pixels at sizes that are multiples of 32, from 32 to 1,024: each side is
/// rounded down, and one that is out of bounds becomes what is allowed, whatever that does to the
/// proportions. What the points are of are the pixels as they were given. Blocks.
///
/// # Errors
/// A permanent fault when OpenCV fails.
pub fn xfeat(
    models: &NeuralModels,
    grey: &Mat,
    max_points: usize,
) -> Result<NeuralFeatures, VisionError> {
    let size = grey.size().map_err(fault)?;
    let (width, height) = (size.width.unsigned_abs(), size.height.unsigned_abs());
    let keypoints = models.network().keypoints(grey, max_points.min(wire::MAX_POINTS))?;
    Ok(NeuralFeatures {
        width,
        height,
        points: keypoints.points,
        scores: keypoints.scores,
        descriptors: keypoints.descriptors,
    })
}
