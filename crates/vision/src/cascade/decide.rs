use injeung_domain::TierScore;

use super::fusion::{FusionModel, Standing};
use super::tier::Tier;

/// The counts of a tier that the decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) tier: Tier,
    /// Number of pairs of points that one motion of the camera explains.
    pub(crate) inliers: u32,
    /// Number of inliers whose surroundings look the same.
    pub(crate) confirmed: u32,
}

impl From<Score> for TierScore {
    fn from(score: Score) -> Self {
        let Score { tier, inliers, confirmed } = score;
        Self { name: tier.name(), inliers, confirmed }
    }
}

/// The combined result of the tiers that ran.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    /// Estimated probability that both photos show the same scene.
    pub(crate) probability: f64,
    /// Scores of the tiers that ran, in their order.
    pub(crate) scores: Vec<Score>,
}

/// Runs the tiers in order until their scores decide, or until all have run.
///
/// # Errors
/// The errors of `run`.
pub(crate) fn decide<E>(
    model: &FusionModel,
    tiers: &[Tier],
    mut run: impl FnMut(Tier) -> Result<Score, E>,
) -> Result<Decision, E> {
    let mut decision = Decision { probability: 0.0, scores: Vec::with_capacity(tiers.len()) };
    for tier in tiers {
        decision.scores.push(run(*tier)?);
        let fused = model.fuse(&decision.scores, tiers);
        decision.probability = fused.probability;
        if fused.standing != Standing::Open {
            break;
        }
    }
    Ok(decision)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const TIERS: [Tier; 3] = [Tier::Quick, Tier::Xfeat, Tier::Sift];

    fn score(tier: Tier, inliers: u32) -> Score {
        Score { tier, inliers, confirmed: inliers }
    }

    /// Model whose log-odds are `sum of ln(1 + inliers) - 3`; it accepts early from 0.9 and rejects early up to 0.06.
    fn model() -> FusionModel {
        let bounds = "sure = 0.9\nhopeless = 0.06";
        let sets = [("'quick'", 1, bounds), ("'quick', 'xfeat'", 2, bounds)];
        let sets = sets.into_iter().chain([("'quick', 'xfeat', 'sift'", 3, "")]);
        let set = |(tiers, count, bounds): (&str, usize, &str)| {
            let list = |value: &str| vec![value; count].join(", ");
            let (ones, zeros) = (list("1.0"), list("0.0"));
            format!(
                "[[model]]\ntiers = [{tiers}]\nbias = -3.0\ninliers = [{ones}]\nconfirmed = [{zeros}]\n\
                 inlier_scales = [{ones}]\nconfirmed_scales = [{ones}]\n\
                 points = {{ strict = 0.8, balanced = 0.5, lenient = 0.2 }}\n{bounds}\n"
            )
        };
        sets.map(set).collect::<String>().parse().unwrap()
    }

    /// The decision for tiers with these inliers.
    fn decide_by(inliers: [u32; 3]) -> Decision {
        let mut left = TIERS.into_iter().zip(inliers);
        decide(&model(), &TIERS, |tier| {
            let (next, inliers) = left.next().ok_or("one tier too many ran")?;
            if next == tier { Ok(score(tier, inliers)) } else { Err("the order is another one") }
        })
        .unwrap()
    }

    #[test]
    fn the_first_tier_decides_what_is_certain() {
        let decision = decide_by([1000, 7, 7]);
        assert_eq!(decision.scores, [score(Tier::Quick, 1000)]);
        assert!(decision.probability >= 0.9, "{decision:?}");
    }

    #[test]
    fn the_first_tier_rejects_what_is_hopeless() {
        let decision = decide_by([0, 1000, 1000]);
        assert_eq!(decision.scores, [score(Tier::Quick, 0)]);
        assert!(decision.probability <= 0.06, "{decision:?}");
    }

    #[test]
    fn tiers_run_until_they_decide() {
        // e^3 - 1 = 19.1 inliers are a probability of 0.5.
        let decision = decide_by([19, 1000, 7]);
        assert_eq!(decision.scores, [score(Tier::Quick, 19), score(Tier::Xfeat, 1000)]);
        let decision = decide_by([10, 1, 0]);
        assert_eq!(decision.scores.len(), 3);
        let odds = 11.0 * 2.0 / 3_f64.exp();
        assert!((decision.probability - odds / (1.0 + odds)).abs() < 1e-9, "{decision:?}");
    }

    #[test]
    fn after_the_last_tier_the_probability_stands() {
        let decision = decide_by([3, 0, 0]);
        assert_eq!(decision.scores.len(), 3);
        assert!(decision.probability < 0.9, "{decision:?}");
    }

    #[test]
    fn a_fault_ends_it() {
        let mut ran = Vec::new();
        let failed = decide(&model(), &TIERS, |tier| {
            ran.push(tier);
            if tier == Tier::Xfeat { Err("out of memory") } else { Ok(score(tier, 10)) }
        });
        assert_eq!(failed, Err("out of memory"));
        assert_eq!(ran, [Tier::Quick, Tier::Xfeat]);
    }
}
