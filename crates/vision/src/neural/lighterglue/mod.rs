//! LighterGlue pairs XFeat's points of two photos.
//!
//! It is LightGlue (Lindenberger et al., LightGlue: Local Feature Matching at Light Speed, ICCV
//! 2023) with 6 layers, width 96 and one head. `scripts/model` makes the file of its weights.

mod assignment;
mod attention;
#[cfg(test)]
mod golden_tests;

use ndarray::{Array2, Axis};

use self::assignment::assign;
use self::attention::{ANGLES, CrossAttention, Points, SelfAttention, WIDTH};
use super::features::DESCRIPTOR;
use super::product::{Panels, Rows, product};
use super::weights::{Linear, Weights, WeightsError};

pub(super) use self::assignment::Pair;

/// What the file of the weights says that it holds.
const FORMAT: &str = "lighterglue 1";

const LAYERS: usize = 6;

/// What is known of a photo's points.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhotoPoints<'a> {
    /// Column and row in pixels.
    pub(super) points: &'a [[f32; 2]],
    /// Descriptors of length 1, [points, 64].
    pub(super) descriptors: Rows<'a>,
    /// Width and height of the photo in the same pixels.
    pub(super) size: [f32; 2],
}

/// The network.
pub(super) struct LighterGlue {
    input: Linear,
    position: Array2<f32>,
    layers: Vec<Layer>,
    output: Linear,
}

struct Layer {
    own: SelfAttention,
    cross: CrossAttention,
    matchable: Linear,
}

impl LighterGlue {
    /// Reads a file as `scripts/model/xfeat_matcher.py` writes it.
    pub(super) fn load(file: &[u8]) -> Result<Self, WeightsError> {
        let weights = Weights::parse(file, FORMAT)?;
        let layer = |index| {
            Ok(Layer {
                own: SelfAttention::load(&weights, &format!("self.{index}"))?,
                cross: CrossAttention::load(&weights, &format!("cross.{index}"))?,
                matchable: weights.linear(&format!("matchable.{index}"), WIDTH, 1)?,
            })
        };
        Ok(Self {
            input: weights.linear("input", DESCRIPTOR, WIDTH)?,
            position: weights.matrix("position.weight", 2, ANGLES)?,
            layers: (0..LAYERS).map(layer).collect::<Result<_, WeightsError>>()?,
            output: weights.linear("final", WIDTH, WIDTH)?,
        })
    }

    /// The pairs that are each other's best and more probable than `confidence`, by number in `a`.
    ///
    /// Between the layers points are dropped that have a match with a smaller probability than
    /// `min_matchable`: 1 minus the "width confidence" of LighterGlue's authors, who set 0.05. The more
    /// are dropped the less time it takes and the more the probabilities of the pairs differ.
    pub(super) fn pairs(
        &self,
        a: PhotoPoints<'_>,
        b: PhotoPoints<'_>,
        confidence: f32,
        min_matchable: f32,
    ) -> Vec<Pair> {
        let (mut a, mut b) = (self.enter(a), self.enter(b));
        let mut matchable = None;
        for (index, layer) in self.layers.iter().enumerate() {
            layer.own.apply(&mut a);
            layer.own.apply(&mut b);
            layer.cross.apply(&mut a, &mut b);
            if index + 1 == self.layers.len() {
                matchable = Some([&a, &b].map(|points| layer.logits(points)));
            } else if min_matchable > 0.0 {
                layer.prune(&mut a, min_matchable);
                layer.prune(&mut b, min_matchable);
            }
            if a.indices.is_empty() || b.indices.is_empty() {
                return Vec::new();
            }
        }
        let Some([matchable_a, matchable_b]) = matchable else { return Vec::new() };
        let [output_a, output_b] =
            [&a, &b].map(|points| self.output.apply(&[Rows::of(&points.features)]));
        let similarity =
            product(&[Rows::of(&output_a)], &Panels::of_transposed(Rows::of(&output_b)), &[]);
        assign(&similarity, &matchable_a, &matchable_b, confidence)
            .into_iter()
            .filter_map(|pair| {
                let (a, b) = (*a.indices.get(pair.a)?, *b.indices.get(pair.b)?);
                Some(Pair { a, b, ..pair })
            })
            .collect()
    }

    fn enter(&self, photo: PhotoPoints<'_>) -> Points {
        let [width, height] = photo.size;
        let half = width.max(height) / 2.0;
        let mut centred = Array2::zeros((photo.points.len(), 2));
        for (mut centred, point) in centred.rows_mut().into_iter().zip(photo.points) {
            for ((value, length), side) in centred.iter_mut().zip(point).zip(photo.size) {
                *value = (length - side / 2.0) / half;
            }
        }
        let angles = centred.dot(&self.position);
        Points {
            features: self.input.apply(&[photo.descriptors]),
            rotation: [angles.mapv(f32::cos), angles.mapv(f32::sin)],
            indices: (0..photo.descriptors.count()).collect(),
        }
    }
}

impl Layer {
    fn logits(&self, points: &Points) -> ndarray::Array1<f32> {
        self.matchable.apply(&[Rows::of(&points.features)]).remove_axis(Axis(1))
    }

    fn prune(&self, points: &mut Points, min_matchable: f32) {
        let threshold = (min_matchable / (1.0 - min_matchable)).ln();
        let logits = self.logits(points);
        let kept: Vec<usize> = logits
            .iter()
            .enumerate()
            .filter(|(_, logit)| **logit > threshold)
            .map(|(index, _)| index)
            .collect();
        if kept.len() == logits.len() {
            return;
        }
        let keep = |rows: &Array2<f32>| rows.select(Axis(0), &kept);
        points.features = keep(&points.features);
        points.rotation = [keep(&points.rotation[0]), keep(&points.rotation[1])];
        points.indices =
            kept.iter().filter_map(|index| points.indices.get(*index).copied()).collect();
    }
}
