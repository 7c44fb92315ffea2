//! Counts of what happened to the photos of chains.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lab::{Outcome, Spent};
use crate::statistics::Rate;

/// Counts of photos with one relation to the reference.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Photos {
    /// Photos that were sent.
    pub(crate) sent: usize,
    /// Photos that the reference recognised.
    pub(crate) by_reference: usize,
    /// Photos that only a view recognised.
    pub(crate) by_view: usize,
}

impl Photos {
    fn add(&mut self, outcome: Outcome) {
        self.sent += 1;
        match outcome {
            Outcome::ByReference => self.by_reference += 1,
            Outcome::ByView => self.by_view += 1,
            Outcome::Rejected => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sent += other.sent;
        self.by_reference += other.by_reference;
        self.by_view += other.by_view;
    }

    /// Accepted photos without and with views.
    fn accepted(&self) -> [Rate; 2] {
        [self.by_reference, self.by_reference + self.by_view]
            .map(|count| Rate { count, of: self.sent })
    }

    /// Rejected photos without and with views.
    fn rejected(&self) -> [Rate; 2] {
        self.accepted().map(|rate| Rate { count: rate.of - rate.count, of: rate.of })
    }
}

/// Counts of the chains of a stratum.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Tally {
    pub(crate) chains: usize,
    /// Photos of the scene.
    pub(crate) matching: Photos,
    /// Those of the second half of the days.
    pub(crate) matching_late: Photos,
    /// Photos of other sites, any.
    pub(crate) other: Photos,
    /// Photos of one other scene, again and again.
    pub(crate) persistent: Photos,
    /// Number of views at the end of each chain.
    pub(crate) views: Vec<usize>,
    /// Bytes of the views' features at the end of all chains.
    pub(crate) view_bytes: usize,
    /// Processor time in milliseconds: comparisons with the reference, with views, and learning.
    pub(crate) reference_ms: f64,
    pub(crate) views_ms: f64,
    pub(crate) learning_ms: f64,
}

/// What a photo of a chain shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The scene, in the first or second half of the days.
    Scene { late: bool },
    /// Any other site.
    Other,
    /// The other scene of the chain.
    Persistent,
}

impl Tally {
    pub(crate) fn add(&mut self, shown: Shown, outcome: Outcome) {
        match shown {
            Shown::Scene { late } => {
                self.matching.add(outcome);
                if late {
                    self.matching_late.add(outcome);
                }
            }
            Shown::Other => self.other.add(outcome),
            Shown::Persistent => self.persistent.add(outcome),
        }
    }

    pub(crate) fn end(&mut self, views: &[usize], spent: Spent) {
        self.chains += 1;
        self.views.push(views.len());
        self.view_bytes += views.iter().sum::<usize>();
        self.reference_ms += spent.reference.as_secs_f64() * 1e3;
        self.views_ms += spent.views.as_secs_f64() * 1e3;
        self.learning_ms += spent.learning.as_secs_f64() * 1e3;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.chains += other.chains;
        self.matching.merge(&other.matching);
        self.matching_late.merge(&other.matching_late);
        self.other.merge(&other.other);
        self.persistent.merge(&other.persistent);
        self.views.extend(&other.views);
        self.view_bytes += other.view_bytes;
        self.reference_ms += other.reference_ms;
        self.views_ms += other.views_ms;
        self.learning_ms += other.learning_ms;
    }
}

/// Formats the counts of strata as tables in Markdown.
pub(crate) fn tables(strata: &BTreeMap<String, Tally>, days: u32) -> String {
    let mut lines = vec![
        "| scenes | chains | photos of the scene rejected: reference alone | with views | in the second half: reference alone | with views |"
            .to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for (name, tally) in strata {
        let [alone, with] = tally.matching.rejected().map(share);
        let [late_alone, late_with] = tally.matching_late.rejected().map(share);
        let chains = tally.chains;
        lines
            .push(format!("| {name} | {chains} | {alone} | {with} | {late_alone} | {late_with} |"));
    }
    lines.push(String::new());
    lines.push("| scenes | photos of any other site accepted: reference alone | with views | photos of one other scene accepted: reference alone | with views |".to_owned());
    lines.push("|---|---|---|---|---|".to_owned());
    for (name, tally) in strata {
        let [alone, with] = tally.other.accepted().map(share);
        let [same_alone, same_with] = tally.persistent.accepted().map(share);
        lines.push(format!("| {name} | {alone} | {with} | {same_alone} | {same_with} |"));
    }
    lines.push(String::new());
    lines.push("| scenes | views, mean | most | KiB a participation, mean | CPU ms a photo: reference | views | learning |".to_owned());
    lines.push("|---|---|---|---|---|---|---|".to_owned());
    for (name, tally) in strata {
        let chains = tally.chains.max(1) as f64;
        let photos = [tally.matching, tally.other, tally.persistent];
        let sent = photos.iter().map(|photos| photos.sent).sum::<usize>().max(1) as f64;
        let mean = tally.views.iter().sum::<usize>() as f64 / chains;
        let most = tally.views.iter().max().copied().unwrap_or_default();
        let kib = tally.view_bytes as f64 / chains / 1024.0;
        let [reference, views, learning] =
            [tally.reference_ms, tally.views_ms, tally.learning_ms].map(|ms| ms / sent);
        lines.push(format!(
            "| {name} | {mean:.1} | {most} | {kib:.0} | {reference:.0} | {views:.0} | {learning:.0} |"
        ));
    }
    lines.push(String::new());
    lines.push(format!("{days} days, each with a photo of the scene and one of another place."));
    lines.join("\n")
}

/// A count with its 95 % interval in per cent.
fn share(rate: Rate) -> String {
    let Some([low, high]) = rate.interval() else { return "-".to_owned() };
    format!("{}/{} ({:.1}-{:.1})", rate.count, rate.of, 100.0 * low, 100.0 * high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_without_views_are_those_of_the_reference() {
        let mut tally = Tally::default();
        for outcome in [Outcome::ByReference, Outcome::ByView, Outcome::Rejected] {
            tally.add(Shown::Scene { late: outcome == Outcome::ByView }, outcome);
            tally.add(Shown::Other, outcome);
        }
        let rate = |count, of| Rate { count, of };
        assert_eq!(tally.matching.rejected(), [rate(2, 3), rate(1, 3)]);
        assert_eq!(tally.matching_late.rejected(), [rate(1, 1), rate(0, 1)]);
        assert_eq!(tally.other.accepted(), [rate(1, 3), rate(2, 3)]);
        let mut sum = tally.clone();
        sum.merge(&tally);
        assert_eq!(sum.matching.rejected(), [rate(4, 6), rate(2, 6)]);
    }
}
