//! Error rates and their intervals.

/// A count of events among a number of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) count: usize,
    pub(crate) of: usize,
}

impl Rate {
    /// The count divided by the number of cases, 0 to 1; `None` without cases.
    pub(crate) fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }

    /// 95 % interval of the share (Wilson, JASA 1927); `None` without cases.
    pub(crate) fn interval(self) -> Option<[f64; 2]> {
        const Z: f64 = 1.959_964;
        let p = self.share()?;
        let n = self.of as f64;
        let centre = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let bound = |sum: f64| (sum / (1.0 + Z * Z / n)).clamp(0.0, 1.0);
        Some([bound(centre - spread), bound(centre + spread)])
    }
}

/// Scores of matching and non-matching pairs, and the error rates at every threshold. A pair is accepted if its
/// score is at least the threshold.
#[derive(Debug, Clone)]
pub(crate) struct Roc {
    /// Ascending.
    matching: Vec<f64>,
    /// Ascending.
    non_matching: Vec<f64>,
}

impl Roc {
    pub(crate) fn new(mut matching: Vec<f64>, mut non_matching: Vec<f64>) -> Self {
        matching.sort_by(f64::total_cmp);
        non_matching.sort_by(f64::total_cmp);
        Self { matching, non_matching }
    }

    /// Number of matching pairs.
    pub(crate) fn positives(&self) -> usize {
        self.matching.len()
    }

    /// Number of non-matching pairs.
    pub(crate) fn negatives(&self) -> usize {
        self.non_matching.len()
    }

    /// Accepted non-matching pairs.
    pub(crate) fn false_accepts(&self, threshold: f64) -> Rate {
        let rejected = self.non_matching.partition_point(|score| *score < threshold);
        Rate { count: self.non_matching.len() - rejected, of: self.non_matching.len() }
    }

    /// Rejected matching pairs.
    pub(crate) fn false_rejects(&self, threshold: f64) -> Rate {
        let rejected = self.matching.partition_point(|score| *score < threshold);
        Rate { count: rejected, of: self.matching.len() }
    }

    /// Matching pairs rejected by the lowest threshold that accepts at most a share of `far` of the non-matching pairs;
    /// `None` without non-matching pairs.
    pub(crate) fn false_rejects_at_far(&self, far: f64) -> Option<Rate> {
        if self.non_matching.is_empty() {
            return None;
        }
        // Corrects rounding: the smallest share of interest is far above 1e-9.
        let allowed = (far * self.non_matching.len() as f64 + 1e-9) as usize;
        // A matching pair must score higher than the best non-matching pair that must be rejected.
        let best = self.non_matching.len().checked_sub(allowed + 1);
        let rejected = match best.and_then(|place| self.non_matching.get(place)) {
            Some(best) => self.matching.partition_point(|score| score <= best),
            None => 0,
        };
        Some(Rate { count: rejected, of: self.matching.len() })
    }

    /// Error rate at the threshold where the share of rejected matching pairs equals the share of accepted non-matching
    /// pairs. Without such a threshold, the mean of both shares where they are nearest.
    pub(crate) fn equal_error_rate(&self) -> Option<f64> {
        let at = |threshold: f64| {
            let accepted = self.false_accepts(threshold).share()?;
            let rejected = self.false_rejects(threshold).share()?;
            Some(((accepted - rejected).abs(), (accepted + rejected) / 2.0))
        };
        let thresholds =
            self.matching.iter().chain(&self.non_matching).copied().chain([f64::INFINITY]);
        thresholds.filter_map(at).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, rate)| rate)
    }
}

/// The value that this share of the values does not exceed (nearest rank); `None` without values.
pub(crate) fn percentile(values: &[f64], share: f64) -> Option<f64> {
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
        assert_eq!(roc.false_rejects(2.0), Rate { count: 1, of: 3 });
        assert_eq!(roc.false_accepts(2.1), Rate { count: 0, of: 2 });
        assert_eq!(roc.false_rejects(f64::INFINITY), Rate { count: 3, of: 3 });
        assert_eq!((roc.positives(), roc.negatives()), (3, 2));
    }

    #[test]
    fn rejections_at_a_far_are_those_of_the_lowest_threshold_that_keeps_it() {
        let non_matching: Vec<f64> = (0..1000).map(f64::from).collect();
        let roc = Roc::new(vec![990.0, 998.0, 998.5, 1000.0], non_matching);
        let rejected = |far| roc.false_rejects_at_far(far).unwrap().count;
        // The best non-matching score that must be rejected is 989, 998 and 999.
        assert_eq!(rejected(0.01), 0);
        assert_eq!(rejected(0.001), 2);
        assert_eq!(rejected(0.0005), 3);
        assert_eq!(rejected(1.0), 0);
    }

    #[test]
    fn non_matching_pairs_that_tie_are_accepted_or_rejected_together() {
        let roc = Roc::new(vec![0.0, 0.0, 1.0], vec![0.0; 5000]);
        assert_eq!(roc.false_rejects_at_far(0.01), Some(Rate { count: 2, of: 3 }));
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
        assert_eq!(Roc::new(vec![1.0], vec![]).false_rejects_at_far(0.1), None);
        let without = Roc::new(vec![], vec![1.0]);
        assert_eq!(without.false_rejects_at_far(0.1).and_then(Rate::share), None);
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
