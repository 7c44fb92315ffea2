use super::fusion::FusionModel;
use super::tier::Tier;

/// What the tiers that were asked say together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    /// The estimated probability that both photos show the same scene.
    pub(crate) probability: f64,
    /// The tiers that were asked, in their order, and their scores.
    pub(crate) scores: Vec<(Tier, f64)>,
}

/// Asks one tier after the other until what they say together settles the matter, or all were
/// asked. `ask` asks a tier and adds its score; what it sees may change the scores before.
///
/// # Errors
/// Those of `ask`.
pub(crate) fn decide<E>(
    model: &FusionModel,
    tiers: &[Tier],
    mut ask: impl FnMut(Tier, &mut Vec<(Tier, f64)>) -> Result<(), E>,
) -> Result<Decision, E> {
    let mut decision = Decision { probability: 0.0, scores: Vec::with_capacity(tiers.len()) };
    for tier in tiers {
        ask(*tier, &mut decision.scores)?;
        let fused = model.fuse(&decision.scores, tiers);
        decision.probability = fused.probability;
        if fused.is_settled {
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

    /// Sets of tiers whose probability is that of a log-odds of `sum of ln(1 + score) - 3`, settled
    /// from 0.9.
    fn model() -> FusionModel {
        let sure = "sure = 0.9";
        let sets = [("'quick'", 1, sure), ("'quick', 'xfeat'", 2, sure)];
        let sets = sets.into_iter().chain([("'quick', 'xfeat', 'sift'", 3, "")]);
        let set = |(tiers, count, sure): (&str, usize, &str)| {
            let ones = vec!["1.0"; count].join(", ");
            format!(
                "[[model]]\ntiers = [{tiers}]\nbias = -3.0\nweights = [{ones}]\n\
                 scales = [{ones}]\npoints = {{ strict = 0.8, balanced = 0.5, lenient = 0.2 }}\n\
                 {sure}\n"
            )
        };
        sets.map(set).collect::<String>().parse().unwrap()
    }

    /// The decision where the tiers score `scores`.
    fn decide_by(scores: [f64; 3]) -> Decision {
        let mut left = TIERS.into_iter().zip(scores);
        decide(&model(), &TIERS, |tier, scores| {
            let next = left.next().ok_or("one tier too many was asked")?;
            scores.push(next);
            if next.0 == tier { Ok(()) } else { Err("the order is another one") }
        })
        .unwrap()
    }

    #[test]
    fn what_is_certain_is_settled_by_the_first_tier() {
        let decision = decide_by([1000.0, 7.0, 7.0]);
        assert_eq!(decision.scores, [(Tier::Quick, 1000.0)]);
        assert!(decision.probability >= 0.9, "{decision:?}");
    }

    #[test]
    fn what_is_uncertain_is_asked_on_until_it_is_settled() {
        // e^3 - 1 = 19.1 makes it even.
        let decision = decide_by([19.1, 1000.0, 7.0]);
        assert_eq!(decision.scores, [(Tier::Quick, 19.1), (Tier::Xfeat, 1000.0)]);
        let decision = decide_by([10.0, 0.5, 0.0]);
        assert_eq!(decision.scores.len(), 3);
        let odds = 11.0 * 1.5 / 3_f64.exp();
        assert!((decision.probability - odds / (1.0 + odds)).abs() < 1e-9, "{decision:?}");
    }

    #[test]
    fn the_last_tier_leaves_it_at_that() {
        for first in [10.0, 0.0] {
            let decision = decide_by([first, 0.0, 0.0]);
            assert_eq!(decision.scores.len(), 3);
            assert!(decision.probability < 0.9, "{decision:?}");
        }
    }

    #[test]
    fn a_tier_may_change_what_those_before_it_said() {
        let decision = decide(&model(), &TIERS, |tier, scores| {
            scores.push((tier, 5.0));
            if tier == Tier::Sift {
                scores.iter_mut().for_each(|(_, score)| *score = 99.0);
            }
            Ok::<_, ()>(())
        });
        assert!(decision.unwrap().probability > 0.99);
    }

    #[test]
    fn a_fault_ends_it() {
        let mut asked = Vec::new();
        let failed = decide(&model(), &TIERS, |tier, scores| {
            asked.push(tier);
            scores.push((tier, 10.0));
            if tier == Tier::Xfeat { Err("out of memory") } else { Ok(()) }
        });
        assert_eq!(failed, Err("out of memory"));
        assert_eq!(asked, [Tier::Quick, Tier::Xfeat]);
    }
}
