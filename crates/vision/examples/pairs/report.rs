//! Prints the tables.

use std::time::Duration;

use injeung_vision::ExtractorSettings;

use super::photos::Relation;

/// A pair with its score.
pub(crate) struct Scored {
    pub(crate) first: String,
    pub(crate) second: String,
    /// The scene of the first.
    pub(crate) scene: String,
    /// Of both, or `mixed`.
    pub(crate) stratum: String,
    pub(crate) relation: Relation,
    pub(crate) score: f64,
    /// The feature count of the poorer photo.
    pub(crate) poorer_count: u32,
}

/// Figures about the run.
pub(crate) struct Totals {
    pub(crate) photos: usize,
    pub(crate) bytes: usize,
    pub(crate) extracting: Duration,
    pub(crate) comparing: Duration,
}

const STRATA: [&str; 3] = ["ordinary", "food", "extreme"];

pub(crate) fn print(settings: &ExtractorSettings, totals: &Totals, scored: &[Scored]) {
    println!("{settings:?}\n");
    println!(
        "{} photos, {} bytes of features each, {:.0} ms to decode and extract each with its \
         quality; {} pairs in {:.0} s\n",
        totals.photos,
        totals.bytes / totals.photos.max(1),
        totals.extracting.as_secs_f64() * 1e3 / totals.photos.max(1) as f64,
        scored.len(),
        totals.comparing.as_secs_f64(),
    );
    print_thresholds(settings, scored);
    print_quality(settings, scored);
    print_surprises(settings, scored);
}

fn print_thresholds(settings: &ExtractorSettings, scored: &[Scored]) {
    let different = scores(scored, Relation::Different, |_| true);
    let ordinary = scores(scored, Relation::Different, |stratum| stratum == "ordinary");
    let look_alikes = scores(scored, Relation::LookAlike, |_| true);
    let mut thresholds = vec![("chosen".to_owned(), settings.threshold)];
    for (name, rate) in [("1 %", 0.01), ("0.1 %", 0.001)] {
        thresholds.push((format!("FAR {name} of all"), threshold(&different, rate)));
        thresholds.push((format!("FAR {name} of ordinary"), threshold(&ordinary, rate)));
    }
    thresholds.extend([2.0, 3.0, 4.0, 5.0, 6.0, 8.0].map(|at| (String::new(), at)));
    println!(
        "| | threshold | refused: ordinary | food | extreme | accepted: ordinary | all | look-alikes |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, threshold) in thresholds {
        let accepted = |scores: &[f64]| {
            share(scores.iter().filter(|score| **score >= threshold).count(), scores.len())
        };
        let refused = STRATA.map(|wanted| {
            let right = scores(scored, Relation::SameScene, |stratum| stratum == wanted);
            share(right.iter().filter(|score| **score < threshold).count(), right.len())
        });
        println!(
            "| {name} | {threshold:.2} | {} | {} | {} | {} |",
            refused.join(" | "),
            accepted(&ordinary),
            accepted(&different),
            accepted(&look_alikes),
        );
    }
}

/// How many right pairs are refused by the feature count of the poorer photo.
fn print_quality(settings: &ExtractorSettings, scored: &[Scored]) {
    println!("\n| features of the poorer photo | refused, ordinary and food |\n|---|---|");
    let bounds = [0, 50, 100, 200, 300, 400, 600, 1000, u32::MAX];
    for (from, to) in bounds.iter().zip(bounds.iter().skip(1)) {
        let right: Vec<_> = scored
            .iter()
            .filter(|pair| pair.relation == Relation::SameScene && pair.stratum != "extreme")
            .filter(|pair| (*from..*to).contains(&pair.poorer_count))
            .collect();
        let refused = right.iter().filter(|pair| pair.score < settings.threshold).count();
        println!("| from {from} | {} |", share(refused, right.len()));
    }
}

fn print_surprises(settings: &ExtractorSettings, scored: &[Scored]) {
    println!("\nWrong pairs that are accepted:");
    for pair in scored {
        if pair.relation == Relation::Different && pair.score >= settings.threshold {
            println!("  {:.1} {} {}", pair.score, pair.first, pair.second);
        }
    }
}

fn scores(scored: &[Scored], relation: Relation, wanted: impl Fn(&str) -> bool) -> Vec<f64> {
    scored
        .iter()
        .filter(|pair| pair.relation == relation && wanted(&pair.stratum))
        .map(|pair| pair.score)
        .collect()
}

/// The least threshold that accepts at most this share.
fn threshold(scores: &[f64], rate: f64) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let allowed = (rate * sorted.len() as f64) as usize;
    sorted.get(allowed).map_or(0.0, |score| score + 1e-9)
}

/// A count, its share, and the 95 % interval of Wilson around it.
fn share(count: usize, of: usize) -> String {
    if of == 0 {
        return "-".to_owned();
    }
    let (n, z) = (of as f64, 1.96_f64);
    let p = count as f64 / n;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / (1.0 + z * z / n);
    let [low, high] = [centre - spread, centre + spread].map(|bound| 100.0 * bound.max(0.0));
    format!("{count}/{of} = {:.2} % ({low:.1}-{high:.1})", 100.0 * p)
}
