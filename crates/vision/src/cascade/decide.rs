use injeung_domain::{Comparison, TierScore};

use super::fusion::{FusionModel, Standing};
use super::tier::Tier;

/// Runs the tiers in order until their scores decide, or until all have run. Photos whose probability is at least
/// `threshold` show the same scene.
///
/// # Errors
/// The errors of `run`.
pub(crate) fn decide<E>(
    model: &FusionModel,
    tiers: &[Tier],
    threshold: f64,
    mut run: impl FnMut(Tier) -> Result<TierScore, E>,
) -> Result<Comparison, E> {
    let mut scores = Vec::with_capacity(tiers.len());
    let mut probability = 0.0;
    for tier in tiers {
        scores.push(run(*tier)?);
        let fused = model.fuse(&scores, tiers);
        probability = fused.probability;
        if fused.standing != Standing::Open {
            break;
        }
    }
    let same_scene = probability >= threshold;
    Ok(Comparison { same_scene, score: probability, threshold, tiers: scores, difference: None })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const TIERS: [Tier; 3] = [Tier::Quick, Tier::Xfeat, Tier::Sift];

    fn score(tier: Tier, inliers: u32) -> TierScore {
        TierScore { name: tier.name(), inliers, confirmed: inliers, ..TierScore::default() }
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
    fn decide_by(inliers: [u32; 3]) -> Comparison {
        let mut left = TIERS.into_iter().zip(inliers);
        decide(&model(), &TIERS, 0.5, |tier| {
            let (next, inliers) = left.next().ok_or("one tier too many ran")?;
            if next == tier { Ok(score(tier, inliers)) } else { Err("the order is another one") }
        })
        .unwrap()
    }

    #[test]
    fn the_first_tier_decides_what_is_certain() {
        let decision = decide_by([1000, 7, 7]);
        assert_eq!(decision.tiers, [score(Tier::Quick, 1000)]);
        assert!(decision.score >= 0.9, "{decision:?}");
    }

    #[test]
    fn the_first_tier_rejects_what_is_hopeless() {
        let decision = decide_by([0, 1000, 1000]);
        assert_eq!(decision.tiers, [score(Tier::Quick, 0)]);
        assert!(decision.score <= 0.06, "{decision:?}");
    }

    #[test]
    fn tiers_run_until_they_decide() {
        // e^3 - 1 = 19.1 inliers are a probability of 0.5.
        let decision = decide_by([19, 1000, 7]);
        assert_eq!(decision.tiers, [score(Tier::Quick, 19), score(Tier::Xfeat, 1000)]);
        let decision = decide_by([10, 1, 0]);
        assert_eq!(decision.tiers.len(), 3);
        let odds = 11.0 * 2.0 / 3_f64.exp();
        assert!((decision.score - odds / (1.0 + odds)).abs() < 1e-9, "{decision:?}");
    }

    #[test]
    fn after_the_last_tier_the_probability_decides() {
        let decision = decide_by([3, 0, 0]);
        assert_eq!(decision.tiers.len(), 3);
        assert!(decision.score < 0.9, "{decision:?}");
    }

    #[test]
    fn a_fault_ends_it() {
        let mut ran = Vec::new();
        let failed = decide(&model(), &TIERS, 0.5, |tier| {
            ran.push(tier);
            if tier == Tier::Xfeat { Err("out of memory") } else { Ok(score(tier, 10)) }
        });
        assert_eq!(failed, Err("out of memory"));
        assert_eq!(ran, [Tier::Quick, Tier::Xfeat]);
    }
}
