use std::str::FromStr;

use injeung_domain::TierScore;
use serde::Deserialize;

use super::operating_point::OperatingPoint;
use super::tier::Tier;

/// Fuses the tiers' scores into one probability: a logistic model for every possible set of tiers that ran, fitted to
/// pairs of photos by `scripts/fit`.
///
/// The method is Platt's calibration (Probabilistic outputs for support vector machines, 1999) of saturated counts,
/// `ln(1 + count / scale)`. Each tier has a count of inliers and a count of confirmed inliers, whose surroundings look
/// the same. Weights are never negative, so more agreement never makes the same scene less likely.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FusionModel(Vec<Fusion>);

/// Result of fusing scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fused {
    /// Estimated probability that both photos show the same scene.
    pub(crate) probability: f64,
    pub(crate) standing: Standing,
}

/// Whether more tiers can change the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Accepted at every operating point.
    Sure,
    /// Rejected at every operating point.
    Hopeless,
    /// The next tier has to run.
    Open,
}

/// Whether the photos agree as pages of different text, tiles or bookshelves do. A neural tier finds many inliers with
/// few confirmed ones, and SIFT does not confirm them either.
fn is_repetition(scores: &[TierScore], tiers: &[Tier]) -> bool {
    let share = |score: &TierScore| f64::from(score.confirmed) / f64::from(score.inliers.max(1));
    let is_many = |(tier, score): (&Tier, &TierScore)| match tier {
        Tier::Xfeat => score.inliers >= 60,
        Tier::LighterGlue | Tier::Aligned => score.inliers >= 50,
        Tier::Quick | Tier::Sift => false,
    };
    let ran = || tiers.iter().zip(scores);
    let many = || ran().filter(|found| is_many(*found)).map(|(_, score)| share(score));
    let is_precise =
        |(tier, score): (&Tier, &TierScore)| *tier == Tier::Sift && score.confirmed >= PRECISE;
    many().any(|share| share < LATTICE_SHARE)
        && !many().any(|share| share >= SCENE_SHARE)
        && !ran().any(is_precise)
}

/// Share of confirmed inliers below which many inliers are a repetition. Pages of different text have 0.0 to 0.35, the
/// same page 0.75 and above. Of 100 matching photos taken far apart, 3 have less than this.
const LATTICE_SHARE: f64 = 0.3;
/// Share of confirmed inliers in another tier from which they are not a repetition.
const SCENE_SHARE: f64 = 0.5;
/// Confirmed inliers of SIFT from which the pair is no repetition: pages of different text have up to 10, the same page
/// hundreds.
const PRECISE: u32 = 12;

/// Reason why a model file is invalid.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FusionModelError {
    #[error("read the model")]
    Toml(#[from] toml::de::Error),
    #[error("find the weights and scales of {0:?}")]
    Uneven(Vec<Tier>),
}

impl FusionModel {
    /// Parses the model that is compiled into the program.
    pub(crate) fn embedded() -> Result<Self, FusionModelError> {
        include_str!("model.toml").parse()
    }

    /// Fuses the scores of the first `tiers`, which ran, out of all of them. The probability is 0 if the model does not contain
    /// this set, which no order of `tiers` produces. It is also 0 if all tiers ran and only a repetition agrees.
    pub(crate) fn fuse(&self, scores: &[TierScore], tiers: &[Tier]) -> Fused {
        let Some(fusion) = self.of(tiers.iter().copied().take(scores.len())) else {
            return Fused { probability: 0.0, standing: Standing::Open };
        };
        let probability = fusion.probability(scores);
        if is_repetition(scores, tiers) {
            // A later tier can still confirm the pair: SIFT or the alignment pass. SIFT's points are precise enough to
            // distinguish the same text from different text.
            return if scores.len() < tiers.len() {
                Fused { probability, standing: Standing::Open }
            } else {
                Fused { probability: 0.0, standing: Standing::Hopeless }
            };
        }
        let points = self.of(tiers.iter().copied()).map(|whole| whole.points);
        // An early decision has to be the same at every operating point.
        let is_sure = fusion
            .sure
            .zip(points)
            .is_some_and(|(sure, points)| probability >= sure.max(points.strict));
        let is_hopeless = fusion
            .hopeless
            .zip(points)
            .is_some_and(|(hopeless, points)| probability < hopeless.min(points.lenient));
        let standing = match (is_sure, is_hopeless) {
            (true, _) => Standing::Sure,
            (false, true) => Standing::Hopeless,
            (false, false) => Standing::Open,
        };
        Fused { probability, standing }
    }

    /// Minimum probability of an accepted photo at an operating point, if all of these tiers can run.
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
            let lists = [
                &fusion.inliers,
                &fusion.confirmed,
                &fusion.inlier_scales,
                &fusion.confirmed_scales,
            ];
            lists.into_iter().any(|list| list.len() != count)
        };
        match model.iter().find(uneven) {
            Some(fusion) => Err(FusionModelError::Uneven(fusion.tiers.clone())),
            None => Ok(Self(model)),
        }
    }
}

/// The file that `scripts/fit/fit.py` writes. Its other keys are for readers only.
#[derive(Debug, Deserialize)]
struct ModelFile {
    model: Vec<Fusion>,
}

/// The logistic model of one set of tiers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Fusion {
    tiers: Vec<Tier>,
    bias: f64,
    /// Weights of the tiers' inliers, at least 0.
    inliers: Vec<f64>,
    /// Weights of the tiers' confirmed inliers, at least 0.
    confirmed: Vec<f64>,
    inlier_scales: Vec<f64>,
    confirmed_scales: Vec<f64>,
    /// Probability from which no further tier runs; `None` if no tier can follow.
    sure: Option<f64>,
    /// Probability below which no further tier runs; `None` if no tier can follow.
    hopeless: Option<f64>,
    points: Points,
}

/// Minimum probabilities of an accepted photo after the last tier.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Points {
    strict: f64,
    balanced: f64,
    lenient: f64,
}

impl Fusion {
    fn probability(&self, scores: &[TierScore]) -> f64 {
        let saturated = |count: u32, scale: &f64| (f64::from(count) / scale).ln_1p();
        let weights = self.inliers.iter().zip(&self.confirmed);
        let scales = self.inlier_scales.iter().zip(&self.confirmed_scales);
        let evidence =
            weights.zip(scales).zip(scores).map(|(((inliers, confirmed), scales), score)| {
                inliers * saturated(score.inliers, scales.0)
                    + confirmed * saturated(score.confirmed, scales.1)
            });
        1.0 / (1.0 + (-(self.bias + evidence.sum::<f64>())).exp())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Every order of tiers, up to each of them.
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

    fn score(inliers: u32, confirmed: u32) -> TierScore {
        TierScore { inliers, confirmed, ..TierScore::default() }
    }

    fn scores(tiers: &[Tier], inliers: u32, confirmed: u32) -> Vec<TierScore> {
        vec![score(inliers, confirmed); tiers.len()]
    }

    #[test]
    fn more_confirmed_agreement_is_never_less_likely() {
        let model = FusionModel::embedded().unwrap();
        for tiers in asked() {
            let at = |count| model.fuse(&scores(&tiers, count, count), &tiers).probability;
            let probabilities = [0, 1, 3, 10, 30, 100, 1000].map(at);
            assert!(probabilities.is_sorted(), "{tiers:?}: {probabilities:?}");
            // At every operating point, no agreement is rejected and the largest agreement is accepted.
            let [strict, _, lenient] =
                OperatingPoint::ALL.map(|point| model.threshold(&tiers, point));
            assert!(probabilities.first().is_some_and(|least| *least < lenient), "{tiers:?}");
            assert!(probabilities.last().is_some_and(|most| *most >= strict), "{tiers:?}");
            let of_same =
                |confirmed| model.fuse(&scores(&tiers, 100, confirmed), &tiers).probability;
            assert!([0, 1, 10, 50, 100].map(of_same).is_sorted(), "{tiers:?}");
        }
    }

    #[test]
    fn what_is_decided_early_is_decided_alike_at_every_operating_point() {
        let model = FusionModel::embedded().unwrap();
        let all = Tier::ALL;
        let [strict, _, lenient] = OperatingPoint::ALL.map(|point| model.threshold(&all, point));
        let mut standings = Vec::new();
        for count in 0..500 {
            for first in [&all[..1], &all[..2], &all[..3], &all[..4]] {
                let fused = model.fuse(&scores(first, count, count), &all);
                standings.push(fused.standing);
                match fused.standing {
                    Standing::Sure => assert!(fused.probability >= strict),
                    Standing::Hopeless => assert!(fused.probability < lenient),
                    Standing::Open => {}
                }
            }
        }
        for standing in [Standing::Sure, Standing::Hopeless, Standing::Open] {
            assert!(standings.contains(&standing), "{standing:?} never comes about");
        }
        for count in [0, 500] {
            let fused = model.fuse(&scores(&all, count, count), &all);
            assert_eq!(fused.standing, Standing::Open, "nothing can follow the last tier");
        }
    }

    #[test]
    fn a_repetition_is_rejected_unless_sift_confirms_it() {
        let model = FusionModel::embedded().unwrap();
        let all = Tier::ALL;
        let page = [score(0, 0), score(250, 50)];
        // Open until all tiers have run, at any probability.
        assert_eq!(model.fuse(&page, &all).standing, Standing::Open);
        let with_sift = |confirmed| {
            let more = [score(170, 40), score(30, confirmed), score(150, 30)];
            model.fuse(&[&page[..], &more].concat(), &all)
        };
        let other = with_sift(5);
        assert_eq!((other.probability, other.standing), (0.0, Standing::Hopeless));
        assert!(with_sift(25).probability > 0.0);
        let without_sift = [Tier::Quick, Tier::Xfeat];
        assert_eq!(model.fuse(&page, &without_sift).probability, 0.0);
        // The same page, and a few inliers of photos taken far apart, are no repetition.
        for (inliers, confirmed) in [(250, 200), (40, 5)] {
            let scores = [score(0, 0), score(inliers, confirmed)];
            assert!(!is_repetition(&scores, &all), "{inliers}");
        }
    }

    #[test]
    fn a_model_without_a_weight_for_each_tier_is_none() {
        let text = "[[model]]\ntiers = ['quick']\nbias = 0.0\ninliers = []\nconfirmed = [1.0]\n\
                    inlier_scales = [1.0]\nconfirmed_scales = [1.0]\npoints = { strict = 0.9, balanced = 0.8, lenient = 0.7 }";
        assert!(matches!(text.parse::<FusionModel>(), Err(FusionModelError::Uneven(_))));
        assert!(matches!("nonsense".parse::<FusionModel>(), Err(FusionModelError::Toml(_))));
    }
}
