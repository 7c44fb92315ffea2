use std::str::FromStr;

use serde::Deserialize;

use super::operating_point::OperatingPoint;
use super::tier::Tier;

/// How the tiers' scores become one probability: a logistic model for every set of tiers that can
/// have been asked, as `scripts/fit` fitted them to pairs of photos.
///
/// That is Platt's calibration (Probabilistic outputs for support vector machines, 1999) of
/// saturated scores, `ln(1 + score / scale)`, with weights that are never negative: more agreement
/// never makes the same scene less likely.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FusionModel(Vec<Fusion>);

/// What scores come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fused {
    /// The estimated probability that both photos show the same scene.
    pub(crate) probability: f64,
    /// Whether it is so large that no further tier needs to be asked.
    pub(crate) is_settled: bool,
}

/// Why a model is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FusionModelError {
    #[error("read the model")]
    Toml(#[from] toml::de::Error),
    #[error("find the weights and scales of {0:?}")]
    Uneven(Vec<Tier>),
}

impl FusionModel {
    /// The model that is part of the program.
    pub(crate) fn embedded() -> Result<Self, FusionModelError> {
        include_str!("model.toml").parse()
    }

    /// What the scores of these tiers come to when all of `tiers` can be asked. Nothing at all
    /// where the model does not know the set, which no order of asking brings about.
    pub(crate) fn fuse(&self, scores: &[(Tier, f64)], tiers: &[Tier]) -> Fused {
        let Some(fusion) = self.of(scores.iter().map(|(tier, _)| *tier)) else {
            return Fused { probability: 0.0, is_settled: false };
        };
        let probability = fusion.probability(scores);
        let last = self.of(tiers.iter().copied());
        // What is settled early has to be accepted at every operating point.
        let is_settled = fusion
            .sure
            .zip(last)
            .is_some_and(|(sure, last)| probability >= sure.max(last.points.strict));
        Fused { probability, is_settled }
    }

    /// The least probability that is accepted at an operating point when all of these tiers can be
    /// asked.
    pub(crate) fn threshold(&self, tiers: &[Tier], point: OperatingPoint) -> f64 {
        self.of(tiers.iter().copied()).map_or(1.0, |fusion| match point {
            OperatingPoint::Strict => fusion.points.strict,
            OperatingPoint::Balanced => fusion.points.balanced,
            OperatingPoint::Lenient => fusion.points.lenient,
        })
    }

    fn of(&self, tiers: impl Iterator<Item = Tier> + Clone) -> Option<&Fusion> {
        self.0.iter().find(|fusion| fusion.tiers.iter().copied().eq(tiers.clone()))
    }
}

impl FromStr for FusionModel {
    type Err = FusionModelError;

    fn from_str(text: &str) -> Result<Self, FusionModelError> {
        let ModelFile { model } = toml::from_str(text)?;
        let uneven = |fusion: &&Fusion| {
            let count = fusion.tiers.len();
            fusion.weights.len() != count || fusion.scales.len() != count
        };
        match model.iter().find(uneven) {
            Some(fusion) => Err(FusionModelError::Uneven(fusion.tiers.clone())),
            None => Ok(Self(model)),
        }
    }
}

/// The file as `scripts/fit/fit.py` writes it; what else stands in it is for people.
#[derive(Debug, Deserialize)]
struct ModelFile {
    model: Vec<Fusion>,
}

/// The logistic model of one set of tiers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Fusion {
    tiers: Vec<Tier>,
    bias: f64,
    weights: Vec<f64>,
    scales: Vec<f64>,
    /// The probability from which no further tier is asked; nothing where none can follow.
    sure: Option<f64>,
    points: Points,
}

/// The least probabilities that are accepted when no other tier can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Points {
    strict: f64,
    balanced: f64,
    lenient: f64,
}

impl Fusion {
    fn probability(&self, scores: &[(Tier, f64)]) -> f64 {
        let saturated = self
            .scales
            .iter()
            .zip(scores)
            .map(|(scale, (_, score))| (score.max(0.0) / scale).ln_1p());
        let exponent: f64 =
            self.weights.iter().zip(saturated).map(|(weight, score)| weight * score).sum();
        1.0 / (1.0 + (-(self.bias + exponent)).exp())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Every order in which tiers can be asked, up to any of them.
    fn asked() -> Vec<Vec<Tier>> {
        let (quick, sift) = (Tier::Quick, Tier::Sift);
        let (xfeat, lighterglue, aligned) = (Tier::Xfeat, Tier::LighterGlue, Tier::Aligned);
        vec![
            vec![quick],
            vec![sift],
            vec![quick, sift],
            vec![xfeat],
            vec![xfeat, lighterglue],
            vec![xfeat, lighterglue, sift],
            vec![xfeat, sift],
            vec![quick, xfeat, sift],
            vec![quick, xfeat],
            vec![quick, xfeat, lighterglue],
            vec![quick, xfeat, lighterglue, sift],
            vec![xfeat, aligned],
            vec![xfeat, sift, aligned],
            vec![xfeat, lighterglue, aligned],
            vec![xfeat, lighterglue, sift, aligned],
            vec![quick, xfeat, aligned],
            vec![quick, xfeat, sift, aligned],
            vec![quick, xfeat, lighterglue, aligned],
            vec![quick, xfeat, lighterglue, sift, aligned],
        ]
    }

    #[test]
    fn the_embedded_model_knows_every_set_of_tiers() {
        let model = FusionModel::embedded().unwrap();
        for tiers in asked() {
            let [strict, balanced, lenient] =
                OperatingPoint::ALL.map(|point| model.threshold(&tiers, point));
            assert!(strict >= balanced && balanced >= lenient, "{tiers:?}");
            assert!(strict < 1.0 && lenient > 0.0, "{tiers:?}: {strict}, {lenient}");
        }
    }

    #[test]
    fn more_agreement_is_never_less_likely() {
        let model = FusionModel::embedded().unwrap();
        for tiers in asked() {
            let at = |score: f64| {
                let scores: Vec<_> = tiers.iter().map(|tier| (*tier, score)).collect();
                model.fuse(&scores, &tiers).probability
            };
            let scores = [0.0, 0.5, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0].map(at);
            assert!(scores.is_sorted(), "{tiers:?}: {scores:?}");
            // No agreement at all is refused, and the most of it accepted, at every point.
            let [strict, _, lenient] =
                OperatingPoint::ALL.map(|point| model.threshold(&tiers, point));
            assert!(scores.first().is_some_and(|least| *least < lenient), "{tiers:?}");
            assert!(scores.last().is_some_and(|most| *most >= strict), "{tiers:?}");
        }
    }

    #[test]
    fn what_is_settled_early_is_accepted_at_every_operating_point() {
        let model = FusionModel::embedded().unwrap();
        let all = Tier::ALL;
        let strict = model.threshold(&all, OperatingPoint::Strict);
        let mut settled = 0;
        for score in 0..500 {
            let fused = model.fuse(&[(Tier::Quick, f64::from(score))], &all);
            if fused.is_settled {
                settled += 1;
                assert!(fused.probability >= strict);
            }
        }
        assert!(settled > 0, "a quick tier that settles nothing is of no use");
        let last: Vec<_> = all.iter().map(|tier| (*tier, 500.0)).collect();
        assert!(!model.fuse(&last, &all).is_settled);
    }

    #[test]
    fn a_model_without_a_weight_for_each_tier_is_none() {
        let text = "[[model]]\ntiers = ['quick']\nbias = 0.0\nweights = []\nscales = [1.0]\n\
                    points = { strict = 0.9, balanced = 0.8, lenient = 0.7 }";
        assert!(matches!(text.parse::<FusionModel>(), Err(FusionModelError::Uneven(_))));
        assert!(matches!("nonsense".parse::<FusionModel>(), Err(FusionModelError::Toml(_))));
    }
}
