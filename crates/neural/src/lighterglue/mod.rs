//! LighterGlue: a transformer that pairs XFeat's points of two photos.

mod assignment;
mod attention;
#[cfg(test)]
mod golden_tests;

use ndarray::{Array2, Axis};

use self::assignment::assign;
use self::attention::{ANGLES, CrossAttention, Points, SelfAttention, WIDTH};
use crate::features::{DESCRIPTOR, Features};
use crate::pair::Pair;
use crate::product::{Panels, Rows, product};
use crate::weights::{Linear, Weights, WeightsError};

/// Format that the file of the weights must state.
const FORMAT: &str = "lighterglue 1";

const LAYERS: usize = 6;

/// Bounds on the work and on the pairs of [`LighterGlue`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LighterGlueOptions {
    /// Maximum number of points of each photo, the first ones of its features. Time grows with the square.
    pub max_points: usize,
    /// Least probability of a pair, 0 to 1.
    pub min_confidence: f32,
    /// Between the layers, points whose probability of having a match is below this are dropped: 0, which
    /// drops none, to below 1. Higher values save time and change the probabilities of the pairs more.
    /// It is 1 minus the "width confidence" of LighterGlue's authors, who use 0.05.
    pub min_matchable: f32,
}

impl Default for LighterGlueOptions {
    /// 1,024 points, pairs from 0.1, points from 0.25. This drops a tenth of the pairs that the authors'
    /// setting finds and takes half the time.
    fn default() -> Self {
        Self { max_points: 1024, min_confidence: 0.1, min_matchable: 0.25 }
    }
}

/// LighterGlue: a transformer that pairs XFeat's points of two photos.
///
/// It is LightGlue (Lindenberger et al., LightGlue: Local Feature Matching at Light Speed, ICCV 2023) with 6 layers,
/// width 96 and one head, trained by XFeat's authors. It holds 4 MB of weights that any number of threads can use.
pub struct LighterGlue {
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
    /// Reads a safetensors file of the format `lighterglue 1`, which `scripts/model/xfeat_matcher.py` writes.
    ///
    /// # Errors
    /// If the file is not of this format or lacks a tensor.
    pub fn load(file: &[u8]) -> Result<Self, WeightsError> {
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

    /// Pairs that are each other's most probable, in the order of `a`'s points, with their probability as the score.
    ///
    /// 1,024 by 1,024 points take about 90 ms of one thread and 7 MB of memory.
    pub fn pairs(&self, a: &Features, b: &Features, options: &LighterGlueOptions) -> Vec<Pair> {
        let LighterGlueOptions { max_points, min_confidence, min_matchable } = *options;
        let [mut a, mut b] = [a, b].map(|features| self.enter(features, max_points));
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
        assign(&similarity, &matchable_a, &matchable_b, min_confidence)
            .into_iter()
            .filter_map(|pair| {
                let (a, b) = (*a.indices.get(pair.a)?, *b.indices.get(pair.b)?);
                Some(Pair { a, b, ..pair })
            })
            .collect()
    }

    /// The first `max_points` points as the layers see them: places relative to the centre, in halves of the
    /// longer side.
    fn enter(&self, features: &Features, max_points: usize) -> Points {
        let count = features.points.len().min(features.descriptors.len()).min(max_points);
        let size = [features.width as f32, features.height as f32];
        let half = size[0].max(size[1]) / 2.0;
        let mut centred = Array2::zeros((count, 2));
        for (mut centred, point) in centred.rows_mut().into_iter().zip(&features.points) {
            for ((value, length), side) in centred.iter_mut().zip(point).zip(size) {
                *value = (length - side / 2.0) / half;
            }
        }
        let angles = centred.dot(&self.position);
        let descriptors = Rows::new(features.descriptors.as_flattened(), DESCRIPTOR).first(count);
        Points {
            features: self.input.apply(&[descriptors]),
            rotation: [angles.mapv(f32::cos), angles.mapv(f32::sin)],
            indices: (0..count).collect(),
        }
    }
}

impl Layer {
    /// Logit of each point's probability to have a match.
    fn logits(&self, points: &Points) -> ndarray::Array1<f32> {
        self.matchable.apply(&[Rows::of(&points.features)]).remove_axis(Axis(1))
    }

    /// Drops points that have a match with a probability of `min_matchable` at most.
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
