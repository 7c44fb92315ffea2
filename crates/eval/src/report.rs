//! Figures of an evaluation, as JSON and as tables.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use injeung_vision::OperatingPoint;

use crate::measure::{Examined, Scored, Times, Turned, Unreadable};
use crate::pairs::{Relation, strata};
use crate::scenes::ScenePhoto;
use crate::statistics::{Rate, Roc, percentile};

/// Figures of an evaluation, the content of the file that `--json` names. A figure without any pair is null.
#[derive(Debug, Serialize)]
pub struct Report {
    pub(crate) strata: BTreeMap<String, Stratum>,
    /// All strata together, every pair once.
    pub(crate) all: Stratum,
    /// Pairs of different scenes of one site, which are in no stratum.
    pub(crate) look_alikes: LookAlikes,
    /// Matching pairs of each stratum, and look-alikes, at the balanced point.
    pub(crate) things: BTreeMap<String, Things>,
    /// Matching pairs that the balanced point rejects, by the poorer photo's quality as a reference.
    pub(crate) reference_quality: Vec<Quality>,
    /// Processor time of a whole comparison with a stored reference, one at a time, in milliseconds, from the photo's
    /// file in memory to the decision.
    pub(crate) score_ms: BTreeMap<&'static str, Milliseconds>,
    /// Accepted matching pairs of ordinary photos that are also accepted with the new photo turned.
    pub(crate) turned: TurnedPairs,
    pub(crate) photos: usize,
    pub(crate) scenes: usize,
    /// Files that cannot be read.
    pub(crate) unreadable: Vec<String>,
    pub(crate) seed: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Stratum {
    /// Pairs of photos of one scene of the stratum.
    pub(crate) positives: usize,
    /// Pairs of photos of different sites, at least one of them of the stratum.
    pub(crate) negatives: usize,
    #[serde(rename = "frr_at_far_0.01")]
    pub(crate) frr_at_far_1_percent: Option<f64>,
    #[serde(rename = "frr_at_far_0.001")]
    pub(crate) frr_at_far_1_permille: Option<f64>,
    pub(crate) eer: Option<f64>,
    pub(crate) points: BTreeMap<&'static str, Point>,
    #[serde(skip)]
    pub(crate) roc: Roc,
}

#[derive(Debug, Serialize)]
pub(crate) struct Point {
    /// Minimum accepted score.
    pub(crate) threshold: f64,
    pub(crate) far: Option<f64>,
    pub(crate) frr: Option<f64>,
    pub(crate) false_accepts: usize,
    pub(crate) false_rejects: usize,
    /// Wilson's 95 % interval.
    pub(crate) far_interval: Option<[f64; 2]>,
    pub(crate) frr_interval: Option<[f64; 2]>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LookAlikes {
    pub(crate) pairs: usize,
    pub(crate) points: BTreeMap<&'static str, Accepted>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Accepted {
    pub(crate) accepted: usize,
    pub(crate) far: Option<f64>,
    pub(crate) far_interval: Option<[f64; 2]>,
}

/// Pairs that are accepted if the place has to match, and if the things in it have to match, too.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Things {
    pub(crate) pairs: usize,
    pub(crate) place: usize,
    pub(crate) thing: usize,
    pub(crate) place_interval: Option<[f64; 2]>,
    pub(crate) thing_interval: Option<[f64; 2]>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Quality {
    /// Minimum feature count of the row.
    pub(crate) features_from: u32,
    pub(crate) positives: usize,
    pub(crate) rejected: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct Milliseconds {
    pub(crate) comparisons: usize,
    pub(crate) median: Option<f64>,
    pub(crate) p90: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TurnedPairs {
    pub(crate) pairs: usize,
    /// Accepted pairs by degrees of rotation, clockwise.
    pub(crate) accepted: BTreeMap<u32, usize>,
}

/// An operating point and its minimum accepted score.
pub(crate) type Threshold = (OperatingPoint, f64);

/// Results from which the figures are computed.
pub(crate) struct Findings<'a> {
    pub(crate) thresholds: &'a [Threshold],
    pub(crate) photos: &'a [ScenePhoto],
    pub(crate) examined: &'a [Examined],
    pub(crate) unreadable: &'a [Unreadable],
    pub(crate) scored: &'a [Scored],
    pub(crate) times: &'a Times,
    pub(crate) turned: Turned,
    pub(crate) seed: u64,
}

impl Report {
    pub(crate) fn of(findings: &Findings<'_>) -> Self {
        let Findings { thresholds, photos, examined, unreadable, scored, times, turned, seed } =
            findings;
        let names: BTreeSet<&str> = photos.iter().map(|photo| photo.stratum.as_str()).collect();
        let stratum = |wanted: &dyn Fn(&Scored) -> bool| {
            let scores = |relation| {
                let all = scored.iter().filter(|one| one.pair.relation == relation && wanted(one));
                all.map(|one| one.score).collect()
            };
            Stratum::of(
                Roc::new(scores(Relation::Matching), scores(Relation::NonMatching)),
                thresholds,
            )
        };
        let scenes: BTreeSet<&str> = photos.iter().map(|photo| photo.scene.as_str()).collect();
        Self {
            strata: names
                .iter()
                .map(|name| {
                    let of_it = |one: &Scored| strata(photos, &one.pair).contains(name);
                    ((*name).to_owned(), stratum(&of_it))
                })
                .collect(),
            all: stratum(&|_| true),
            look_alikes: LookAlikes::of(scored, thresholds),
            things: things(scored, photos, thresholds),
            reference_quality: quality(scored, examined, thresholds),
            score_ms: [("matching", &times.matching), ("non-matching", &times.non_matching)]
                .map(|(name, times)| (name, Milliseconds::of(times)))
                .into(),
            turned: TurnedPairs {
                pairs: turned.tried,
                accepted: [90, 180, 270].into_iter().zip(turned.accepted).collect(),
            },
            photos: photos.len(),
            scenes: scenes.len(),
            unreadable: unreadable.iter().map(|one| one.file.clone()).collect(),
            seed: *seed,
        }
    }

    /// Formats the figures as tables in Markdown.
    pub fn text(&self) -> String {
        let mut lines = vec![
            "| stratum | matching pairs | non-matching pairs | FRR at FAR 1 % | FRR at FAR 0.1 % | EER |"
                .to_owned(),
            "|---|---|---|---|---|---|".to_owned(),
        ];
        let named = || {
            let strata = self.strata.iter().map(|(name, stratum)| (name.as_str(), stratum));
            strata.chain([("all", &self.all)])
        };
        for (name, stratum) in named() {
            let Stratum { positives, negatives, roc, eer, .. } = stratum;
            let [one, tenth] =
                [0.01, 0.001].map(|far| share(roc.false_rejects_at_far(far).as_ref()));
            let eer = eer.map_or("-".to_owned(), percent);
            lines.push(format!("| {name} | {positives} | {negatives} | {one} | {tenth} | {eer} |"));
        }
        lines.push(String::new());
        lines.push(
            "| stratum | point | threshold | matching pairs rejected | non-matching pairs accepted |"
                .to_owned(),
        );
        lines.push("|---|---|---|---|---|".to_owned());
        for (name, stratum) in named() {
            for point in OperatingPoint::ALL {
                let Some(Point { threshold, .. }) = stratum.points.get(point.name()) else {
                    continue;
                };
                let rejected = share(Some(&stratum.roc.false_rejects(*threshold)));
                let accepted = share(Some(&stratum.roc.false_accepts(*threshold)));
                let point = point.name();
                lines.push(format!(
                    "| {name} | {point} | {threshold:.4} | {rejected} | {accepted} |"
                ));
            }
        }
        lines.push(String::new());
        lines.push("| look-alikes of one site | accepted |".to_owned());
        lines.push("|---|---|".to_owned());
        for point in OperatingPoint::ALL {
            if let Some(Accepted { accepted, .. }) = self.look_alikes.points.get(point.name()) {
                let rate = Rate { count: *accepted, of: self.look_alikes.pairs };
                lines.push(format!("| {} | {} |", point.name(), share(Some(&rate))));
            }
        }
        lines.push(String::new());
        lines.push(
            "| accepted at balanced | the place matches | the things match, too |".to_owned(),
        );
        lines.push("|---|---|---|".to_owned());
        for (name, Things { pairs, place, thing, .. }) in &self.things {
            let [place, thing] =
                [place, thing].map(|count| share(Some(&Rate { count: *count, of: *pairs })));
            lines.push(format!("| {name} | {place} | {thing} |"));
        }
        lines.push(String::new());
        lines.push("| feature points of the poorer photo | matching pairs rejected |".to_owned());
        lines.push("|---|---|".to_owned());
        for Quality { features_from, positives, rejected } in &self.reference_quality {
            let rate = share(Some(&Rate { count: *rejected, of: *positives }));
            lines.push(format!("| from {features_from} | {rate} |"));
        }
        lines.push(String::new());
        lines.push("| a comparison, CPU | median ms | 90 % within ms | measured |".to_owned());
        lines.push("|---|---|---|---|".to_owned());
        let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
        for (name, Milliseconds { comparisons, median, p90 }) in &self.score_ms {
            let (median, p90) = (ms(*median), ms(*p90));
            lines.push(format!("| {name} | {median} | {p90} | {comparisons} |"));
        }
        lines.push(String::new());
        if self.turned.pairs > 0 {
            lines.push("| new photo turned by | matching pairs still accepted |".to_owned());
            lines.push("|---|---|".to_owned());
            for (degrees, count) in &self.turned.accepted {
                let rate = Rate { count: *count, of: self.turned.pairs };
                lines.push(format!("| {degrees} degrees | {} |", share(Some(&rate))));
            }
            lines.push(String::new());
        }
        let (photos, scenes, seed) = (self.photos, self.scenes, self.seed);
        lines.push(format!(
            "{photos} photos of {scenes} scenes, seed {seed}; {} left out.",
            self.unreadable.len()
        ));
        lines.join("\n")
    }
}

impl Stratum {
    fn of(roc: Roc, thresholds: &[Threshold]) -> Self {
        let frr_at = |far| roc.false_rejects_at_far(far).and_then(Rate::share);
        let point = |(point, threshold): &Threshold| {
            let (accepts, rejects) = (roc.false_accepts(*threshold), roc.false_rejects(*threshold));
            let found = Point {
                threshold: *threshold,
                far: accepts.share(),
                frr: rejects.share(),
                false_accepts: accepts.count,
                false_rejects: rejects.count,
                far_interval: accepts.interval(),
                frr_interval: rejects.interval(),
            };
            (point.name(), found)
        };
        Self {
            positives: roc.positives(),
            negatives: roc.negatives(),
            frr_at_far_1_percent: frr_at(0.01),
            frr_at_far_1_permille: frr_at(0.001),
            eer: roc.equal_error_rate(),
            points: thresholds.iter().map(point).collect(),
            roc,
        }
    }
}

impl LookAlikes {
    fn of(scored: &[Scored], thresholds: &[Threshold]) -> Self {
        let look_alikes = || scored.iter().filter(|one| one.pair.relation == Relation::LookAlike);
        let pairs = look_alikes().count();
        let accepted = |(point, threshold): &Threshold| {
            let count = look_alikes().filter(|one| one.score >= *threshold).count();
            let rate = Rate { count, of: pairs };
            let found =
                Accepted { accepted: count, far: rate.share(), far_interval: rate.interval() };
            (point.name(), found)
        };
        Self { pairs, points: thresholds.iter().map(accepted).collect() }
    }
}

impl Milliseconds {
    fn of(times: &[f64]) -> Self {
        let comparisons = times.len();
        Self { comparisons, median: percentile(times, 0.5), p90: percentile(times, 0.9) }
    }
}

/// Name of the row of look-alikes; the others are strata.
const LOOK_ALIKES: &str = "look-alikes";

fn things(
    scored: &[Scored],
    photos: &[ScenePhoto],
    thresholds: &[Threshold],
) -> BTreeMap<String, Things> {
    let threshold = balanced(thresholds);
    let mut rows = BTreeMap::<String, Things>::new();
    for one in scored {
        let names: BTreeSet<&str> = match one.pair.relation {
            Relation::Matching => strata(photos, &one.pair),
            Relation::LookAlike => [LOOK_ALIKES].into(),
            Relation::NonMatching => continue,
        };
        let is_place = one.score >= threshold;
        let is_thing = one.difference.is_none_or(|found| found.is_accepted());
        for name in names {
            let row = rows.entry(name.to_owned()).or_default();
            row.pairs += 1;
            row.place += usize::from(is_place);
            row.thing += usize::from(is_place && is_thing);
        }
    }
    for row in rows.values_mut() {
        let interval = |count| Rate { count, of: row.pairs }.interval();
        (row.place_interval, row.thing_interval) = (interval(row.place), interval(row.thing));
    }
    rows
}

/// Minimum accepted score at the balanced point.
fn balanced(thresholds: &[Threshold]) -> f64 {
    let balanced = thresholds.iter().find(|(point, _)| *point == OperatingPoint::Balanced);
    balanced.map_or(f64::INFINITY, |(_, threshold)| *threshold)
}

/// Minimum feature counts of the rows; a row ends where the next begins.
const FEATURE_COUNTS: [u32; 8] = [0, 50, 100, 200, 300, 400, 600, 1000];

fn quality(scored: &[Scored], examined: &[Examined], thresholds: &[Threshold]) -> Vec<Quality> {
    let threshold = balanced(thresholds);
    let count = |index: usize| examined.get(index).map_or(0, |one| one.feature_count);
    let matching: Vec<(u32, bool)> = scored
        .iter()
        .filter(|one| one.pair.relation == Relation::Matching)
        .map(|one| (count(one.pair.reference).min(count(one.pair.query)), one.score < threshold))
        .collect();
    let ends = FEATURE_COUNTS.into_iter().skip(1).chain([u32::MAX]);
    let row = |(features_from, end): (u32, u32)| {
        let of_row = || matching.iter().filter(|(count, _)| (features_from..end).contains(count));
        Quality {
            features_from,
            positives: of_row().count(),
            rejected: of_row().filter(|(_, rejected)| *rejected).count(),
        }
    };
    FEATURE_COUNTS.into_iter().zip(ends).map(row).collect()
}

/// A count, its share and the interval of the share.
fn share(rate: Option<&Rate>) -> String {
    let Some(rate) = rate else { return "-".to_owned() };
    match (rate.share(), rate.interval()) {
        (Some(share), Some([low, high])) => format!(
            "{}/{} = {} ({:.1}-{:.1})",
            rate.count,
            rate.of,
            percent(share),
            100.0 * low,
            100.0 * high
        ),
        (None, _) | (_, None) => "-".to_owned(),
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
