//! How often photos are refused or accepted wrongly.

/// A share of something that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) count: usize,
    pub(super) of: usize,
}

impl Rate {
    /// The share, 0 to 1; nothing of nothing.
    pub(super) fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }

    /// The 95 % interval around the share (Wilson, JASA 1927); nothing of nothing.
    pub(super) fn interval(self) -> Option<[f64; 2]> {
        const Z: f64 = 1.959_964;
        let p = self.share()?;
        let n = self.of as f64;
        let centre = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let bound = |sum: f64| (sum / (1.0 + Z * Z / n)).clamp(0.0, 1.0);
        Some([bound(centre - spread), bound(centre + spread)])
    }
}

/// The scores of right and of wrong pairs, and so every trade of false refusals for false accepts.
/// A pair is accepted when its score reaches the threshold.
#[derive(Debug, Clone)]
pub(super) struct Roc {
    /// Ascending.
    right: Vec<f64>,
    /// Ascending.
    wrong: Vec<f64>,
}

impl Roc {
    pub(super) fn new(mut right: Vec<f64>, mut wrong: Vec<f64>) -> Self {
        right.sort_by(f64::total_cmp);
        wrong.sort_by(f64::total_cmp);
        Self { right, wrong }
    }

    /// How many right pairs there are.
    pub(super) fn positives(&self) -> usize {
        self.right.len()
    }

    /// How many wrong pairs there are.
    pub(super) fn negatives(&self) -> usize {
        self.wrong.len()
    }

    /// Wrong pairs that reach the threshold.
    pub(super) fn false_accepts(&self, threshold: f64) -> Rate {
        let refused = self.wrong.partition_point(|score| *score < threshold);
        Rate { count: self.wrong.len() - refused, of: self.wrong.len() }
    }

    /// Right pairs that do not reach the threshold.
    pub(super) fn false_refusals(&self, threshold: f64) -> Rate {
        let refused = self.right.partition_point(|score| *score < threshold);
        Rate { count: refused, of: self.right.len() }
    }

    /// Right pairs that are refused by the lowest threshold at which at most a share of `far` of
    /// the wrong pairs is accepted; nothing without wrong pairs.
    pub(super) fn false_refusals_at_far(&self, far: f64) -> Option<Rate> {
        if self.wrong.is_empty() {
            return None;
        }
        // The smallest share that counts is far above the rounding that this forgives.
        let allowed = (far * self.wrong.len() as f64 + 1e-9) as usize;
        // A right pair has to score more than the best wrong pair that may not be accepted.
        let best = self.wrong.len().checked_sub(allowed + 1);
        let refused = match best.and_then(|place| self.wrong.get(place)) {
            Some(best) => self.right.partition_point(|score| score <= best),
            None => 0,
        };
        Some(Rate { count: refused, of: self.right.len() })
    }

    /// The error rate of the threshold at which as many right pairs are refused as wrong ones are
    /// accepted, in shares; where none is exactly so, the mean of both at the nearest.
    pub(super) fn equal_error_rate(&self) -> Option<f64> {
        let at = |threshold: f64| {
            let accepted = self.false_accepts(threshold).share()?;
            let refused = self.false_refusals(threshold).share()?;
            Some(((accepted - refused).abs(), (accepted + refused) / 2.0))
        };
        let thresholds = self.right.iter().chain(&self.wrong).copied().chain([f64::INFINITY]);
        thresholds.filter_map(at).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, rate)| rate)
    }
}

/// The value that a share of the others does not exceed (nearest rank); nothing of nothing.
pub(super) fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[track_caller]
    fn assert_near(a: f64, b: f64) {
        assert!((a - b).abs() < 5e-4, "{a} is not {b}");
    }

    #[test]
    fn intervals_are_wilsons() {
        // Newcombe, Statistics in Medicine 1998, table I.
        for (count, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let [lower, upper] = Rate { count, of }.interval().unwrap();
            assert_near(lower, low);
            assert_near(upper, high);
        }
        let [low, high] = Rate { count: 20, of: 20 }.interval().unwrap();
        assert_near(low, 1.0 - 0.1611);
        assert_near(high, 1.0);
        assert_eq!(Rate { count: 0, of: 0 }.interval(), None);
        assert_eq!(Rate { count: 0, of: 0 }.share(), None);
    }

    #[test]
    fn a_score_on_the_threshold_is_accepted() {
        let roc = Roc::new(vec![3.0, 1.0, 2.0], vec![0.0, 2.0]);
        assert_eq!(roc.false_accepts(2.0), Rate { count: 1, of: 2 });
        assert_eq!(roc.false_refusals(2.0), Rate { count: 1, of: 3 });
        assert_eq!(roc.false_accepts(2.1), Rate { count: 0, of: 2 });
        assert_eq!(roc.false_refusals(f64::INFINITY), Rate { count: 3, of: 3 });
        assert_eq!((roc.positives(), roc.negatives()), (3, 2));
    }

    #[test]
    fn refusals_at_a_far_are_those_of_the_lowest_threshold_that_keeps_it() {
        let wrong: Vec<f64> = (0..1000).map(f64::from).collect();
        let roc = Roc::new(vec![990.0, 998.0, 998.5, 1000.0], wrong);
        let refused = |far| roc.false_refusals_at_far(far).unwrap().count;
        // The best wrong score that may not be accepted is 989, 998 and 999.
        assert_eq!(refused(0.01), 0);
        assert_eq!(refused(0.001), 2);
        assert_eq!(refused(0.0005), 3);
        assert_eq!(refused(1.0), 0);
    }

    #[test]
    fn wrong_pairs_that_tie_are_accepted_or_refused_together() {
        let roc = Roc::new(vec![0.0, 0.0, 1.0], vec![0.0; 5000]);
        assert_eq!(roc.false_refusals_at_far(0.01), Some(Rate { count: 2, of: 3 }));
    }

    #[test]
    fn equal_error_rates() {
        let apart = Roc::new(vec![5.0, 6.0], vec![1.0, 2.0]);
        assert_eq!(apart.equal_error_rate(), Some(0.0));
        let mixed = Roc::new(vec![1.0, 3.0, 4.0, 5.0], vec![0.0, 0.5, 2.0, 3.5]);
        assert_eq!(mixed.equal_error_rate(), Some(0.25));
        let same = Roc::new(vec![1.0; 4], vec![1.0; 4]);
        assert_eq!(same.equal_error_rate(), Some(0.5));
        assert_eq!(Roc::new(vec![1.0], vec![]).equal_error_rate(), None);
        assert_eq!(Roc::new(vec![1.0], vec![]).false_refusals_at_far(0.1), None);
        let without = Roc::new(vec![], vec![1.0]);
        assert_eq!(without.false_refusals_at_far(0.1).and_then(Rate::share), None);
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), Some(5.0));
        assert_eq!(percentile(&values, 0.9), Some(9.0));
        assert_eq!(percentile(&values, 1.0), Some(10.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
