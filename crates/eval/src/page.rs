//! The report as one HTML file without other files: charts as SVG, pictures in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use injeung_vision::OperatingPoint;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::measure::{Picture, Scored};
use crate::pairs::Relation;
use crate::report::{Milliseconds, Report, Stratum, Threshold};
use crate::statistics::{Rate, Roc};

/// Renders the report. `pictures` are those of the worst pairs.
pub(crate) fn page(
    report: &Report,
    thresholds: &[Threshold],
    scored: &[Scored],
    pictures: &[Picture],
) -> String {
    let all = &report.all;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Evaluation of verdicts" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "Evaluation of verdicts" }
                    p.quiet {
                        (report.photos) " photos of " (report.scenes) " scenes, " (all.positives) " matching and "
                        (all.negatives) " non-matching pairs, seed " (report.seed) "; "
                        (report.unreadable.len()) " files left out."
                    }
                    (rates(report, thresholds))
                    div.charts {
                        figure {
                            figcaption { "Rejected matching pairs against accepted non-matching pairs" }
                            (roc_chart(&all.roc, thresholds))
                        }
                        figure {
                            figcaption { "Score of matching (green) and non-matching pairs (red)" }
                            (histogram(scored, thresholds))
                        }
                        figure {
                            figcaption { "Share of matching pairs among those of a score" }
                            (reliability(scored))
                        }
                    }
                    (cost(report))
                    h2 { "Worst pairs" }
                    @if pictures.is_empty() {
                        p.quiet { "No matching pair is rejected and no other pair is accepted." }
                    }
                    @for Picture { caption, jpeg } in pictures {
                        figure.pair {
                            figcaption { (caption) }
                            img alt=(caption) src={ "data:image/jpeg;base64," (STANDARD.encode(jpeg)) };
                        }
                    }
                    @if !report.unreadable.is_empty() {
                        h2 { "Files left out" }
                        ul { @for file in &report.unreadable { li { (file) } } }
                    }
                }
            }
        }
    };
    page.into_string()
}

const STYLE: &str = "
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2321; --line: #8886; --good: #1b7a43; --bad: #b3381e; --soft: #5c6361; }
@media (prefers-color-scheme: dark) { :root { --ground: #141817; --ink: #e8eceb; --good: #76d795; --bad: #ff9a80; --soft: #a6afab; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
.quiet, figcaption { color: var(--soft); font-size: .875rem; }
.scroll { overflow-x: auto; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.5rem; margin: 2rem 0; }
figure { margin: 0; } svg, img { width: 100%; height: auto; display: block; }
.pair { margin: 1rem 0 2rem; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.axis { stroke: var(--line); } .good { fill: var(--good); } .bad { fill: var(--bad); }
.curve { fill: none; stroke: var(--good); stroke-width: 2; } .point { fill: var(--bad); }
";

/// Error rates of each stratum at each operating point.
fn rates(report: &Report, thresholds: &[Threshold]) -> Markup {
    let strata = report.strata.iter().map(|(name, stratum)| (name.as_str(), stratum));
    let rows = strata.chain([("all", &report.all)]);
    let cell = |rate: Rate| match (rate.share(), rate.interval()) {
        (Some(share), Some([low, high])) => format!(
            "{} of {} ({:.2} %, {:.1} to {:.1})",
            rate.count,
            rate.of,
            100.0 * share,
            100.0 * low,
            100.0 * high
        ),
        (None, _) | (_, None) => "-".to_owned(),
    };
    html! {
        div.scroll role="region" tabindex="0" aria-label="Error rates" {
            table {
                thead {
                    tr {
                        th { "stratum" } th { "point" } th { "score from" } th { "matching pairs rejected" }
                        th { "non-matching pairs accepted" }
                    }
                }
                tbody {
                    @for (name, Stratum { roc, .. }) in rows {
                        @for (point, threshold) in thresholds {
                            tr {
                                td { (name) } td { (point.name()) } td { (format!("{threshold:.4}")) }
                                td { (cell(roc.false_rejects(*threshold))) }
                                td { (cell(roc.false_accepts(*threshold))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cost(report: &Report) -> Markup {
    let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
    html! {
        h2 { "Processor time of a comparison" }
        div.scroll role="region" tabindex="0" aria-label="Cost of the tiers" {
            table {
                thead { tr { th { "pairs" } th { "median ms" } th { "90 % within ms" } th { "measured" } } }
                tbody {
                    @for (name, Milliseconds { comparisons, median, p90 }) in &report.score_ms {
                        tr { td { (name) } td { (ms(*median)) } td { (ms(*p90)) } td { (comparisons) } }
                    }
                }
            }
        }
    }
}

/// Width and height of a chart, and of its margin on the left and below.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 240.0;
const MARGIN: f64 = 44.0;

/// Place of a value, both axes from 0 to 1.
fn place(x: f64, y: f64) -> (f64, f64) {
    (MARGIN + x * (WIDTH - MARGIN - 8.0), (HEIGHT - MARGIN) - y * (HEIGHT - MARGIN - 8.0))
}

/// A chart with its axes, their lowest and highest labels, and what is drawn in it.
fn chart(x: [&str; 3], y: [&str; 3], content: &Markup) -> Markup {
    let (left, bottom) = place(0.0, 0.0);
    let (right, top) = place(1.0, 1.0);
    let [x_from, x_name, x_to] = x;
    let [y_from, y_name, y_to] = y;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (y_name) " by " (x_name) } {
            line.axis x1=(left) y1=(bottom) x2=(right) y2=(bottom) {}
            line.axis x1=(left) y1=(bottom) x2=(left) y2=(top) {}
            text x=(left) y=(bottom + 14.0) { (x_from) }
            text x=((left + right) / 2.0) y=(bottom + 28.0) text-anchor="middle" { (x_name) }
            text x=(right) y=(bottom + 14.0) text-anchor="end" { (x_to) }
            text x=(left - 4.0) y=(bottom) text-anchor="end" { (y_from) }
            text x=(left - 4.0) y=(top + 8.0) text-anchor="end" { (y_to) }
            text x="10" y=((top + bottom) / 2.0) text-anchor="middle"
                transform={ "rotate(-90 10 " ((top + bottom) / 2.0) ")" } { (y_name) }
            (content)
        }
    }
}

/// Accepted non-matching pairs (logarithmic, from 0.01 %) and rejected matching pairs at every threshold.
fn roc_chart(roc: &Roc, thresholds: &[Threshold]) -> Markup {
    let at = |threshold: f64| {
        let accepted = roc.false_accepts(threshold).share()?;
        let rejected = roc.false_rejects(threshold).share()?;
        let x = (accepted.max(1e-4).log10() + 4.0) / 4.0;
        Some(place(x, rejected))
    };
    let steps = (0..=1000).filter_map(|step| at(f64::from(step) / 1000.0));
    let curve: Vec<String> = steps.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let points = thresholds.iter().filter_map(|(point, threshold)| Some((point, at(*threshold)?)));
    let points: Vec<_> = points.collect();
    // Points at one place have their names above each other.
    let name_at = |index: usize, (x, y): (f64, f64)| {
        let earlier = points.iter().take(index).filter(|(_, (_, other))| (other - y).abs() < 6.0);
        (x + 6.0, y - 4.0 - 12.0 * earlier.count() as f64)
    };
    let content = html! {
        polyline.curve points=(curve.join(" ")) {}
        @for (index, (point, place)) in points.iter().enumerate() {
            circle.point cx=(place.0) cy=(place.1) r="4" { title { (point.name()) } }
            @let (x, y) = name_at(index, *place);
            text x=(x) y=(y) { (point.name()) }
        }
    };
    chart(
        ["0.01 %", "non-matching accepted", "100 %"],
        ["0", "matching rejected", "100 %"],
        &content,
    )
}

/// Number of bars of a histogram, and of points of the reliability diagram.
const BINS: usize = 20;

fn bin(score: f64) -> usize {
    ((score.clamp(0.0, 1.0) * BINS as f64) as usize).min(BINS - 1)
}

/// Numbers of matching and of other pairs per bin of their scores.
fn counts(scored: &[Scored]) -> [[usize; 2]; BINS] {
    let mut counts = [[0; 2]; BINS];
    for one in scored {
        if let Some([matching, other]) = counts.get_mut(bin(one.score)) {
            let count = if one.pair.relation == Relation::Matching { matching } else { other };
            *count += 1;
        }
    }
    counts
}

/// Shares of the matching and of the other pairs per bin, on a logarithmic axis from 0.01 %.
fn histogram(scored: &[Scored], thresholds: &[Threshold]) -> Markup {
    let counts = counts(scored);
    let totals = counts.iter().fold([0, 0], |[a, b], [matching, other]| [a + matching, b + other]);
    let height = |count: usize, total: usize| {
        let share = count as f64 / total.max(1) as f64;
        if count == 0 { 0.0 } else { ((share.max(1e-4).log10() + 4.0) / 4.0).max(0.02) }
    };
    let width = (WIDTH - MARGIN - 8.0) / BINS as f64;
    let bars = counts.iter().enumerate().flat_map(|(index, pair)| {
        let kinds = pair.iter().zip(totals).zip(["good", "bad"]).enumerate();
        kinds.map(move |(side, ((count, total), class))| {
            let (x, y) = place(index as f64 / BINS as f64, height(*count, total));
            let (_, bottom) = place(0.0, 0.0);
            let x = x + side as f64 * width / 2.0;
            (class, x, y, bottom - y, *count)
        })
    });
    let content = html! {
        @for (class, x, y, tall, count) in bars {
            rect class=(class) x=(x) y=(y) width=(width / 2.0 - 1.0) height=(tall) { title { (count) } }
        }
        @for (point, threshold) in thresholds {
            @let (x, top) = place(*threshold, 1.0);
            @let (_, bottom) = place(0.0, 0.0);
            line.axis x1=(x) x2=(x) y1=(top) y2=(bottom) { title { (point.name()) } }
        }
    };
    chart(["0", "score", "1"], ["0.01 %", "share of its pairs", "100 %"], &content)
}

/// Share of matching pairs among the matching and non-matching ones of each bin, which a calibrated score would equal if
/// both kinds were as frequent as in the measurement.
fn reliability(scored: &[Scored]) -> Markup {
    let counts = counts(scored);
    let points: Vec<(f64, f64, usize)> = counts
        .iter()
        .enumerate()
        .filter(|(_, [matching, other])| matching + other > 0)
        .map(|(index, [matching, other])| {
            let share = *matching as f64 / (matching + other) as f64;
            let (x, y) = place((index as f64 + 0.5) / BINS as f64, share);
            (x, y, matching + other)
        })
        .collect();
    let line: Vec<String> = points.iter().map(|(x, y, _)| format!("{x:.1},{y:.1}")).collect();
    let ((x1, y1), (x2, y2)) = (place(0.0, 0.0), place(1.0, 1.0));
    let content = html! {
        line.axis x1=(x1) y1=(y1) x2=(x2) y2=(y2) stroke-dasharray="4 4" {}
        polyline.curve points=(line.join(" ")) {}
        @for (x, y, pairs) in points {
            circle.good cx=(x) cy=(y) r="3.5" { title { (pairs) " pairs" } }
        }
    };
    chart(["0", "score", "1"], ["0", "matching", "100 %"], &content)
}

/// Pairs whose verdict at the balanced point is not that of their relation, the worst of each kind first, at most
/// `most` of each.
pub(crate) fn worst<'a>(
    scored: &'a [Scored],
    thresholds: &[Threshold],
    most: usize,
) -> Vec<&'a Scored> {
    let balanced = thresholds.iter().find(|(point, _)| *point == OperatingPoint::Balanced);
    let threshold = balanced.map_or(f64::INFINITY, |(_, threshold)| *threshold);
    let of = |relation| scored.iter().filter(move |one| one.pair.relation == relation);
    let mut rejected: Vec<_> = of(Relation::Matching).filter(|one| one.score < threshold).collect();
    rejected.sort_by(|a, b| a.score.total_cmp(&b.score));
    rejected.truncate(most);
    for relation in [Relation::NonMatching, Relation::LookAlike] {
        let mut accepted: Vec<_> = of(relation).filter(|one| one.score >= threshold).collect();
        accepted.sort_by(|a, b| b.score.total_cmp(&a.score));
        accepted.truncate(most);
        rejected.append(&mut accepted);
    }
    rejected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::Pair;

    fn scored(relation: Relation, score: f64) -> Scored {
        let pair = Pair { reference: 0, query: 1, relation };
        Scored { pair, score, tiers: Vec::new(), difference: None }
    }

    #[test]
    fn the_worst_pairs_are_those_farthest_on_the_other_side() {
        let pairs = [
            scored(Relation::Matching, 0.9),
            scored(Relation::Matching, 0.1),
            scored(Relation::Matching, 0.3),
            scored(Relation::NonMatching, 0.6),
            scored(Relation::NonMatching, 0.8),
            scored(Relation::LookAlike, 0.7),
        ];
        let thresholds = [(OperatingPoint::Balanced, 0.5)];
        let scores = |most| -> Vec<f64> {
            worst(&pairs, &thresholds, most).iter().map(|one| one.score).collect()
        };
        assert_eq!(scores(8), [0.1, 0.3, 0.8, 0.6, 0.7]);
        assert_eq!(scores(1), [0.1, 0.8, 0.7]);
    }

    #[test]
    fn scores_have_bins_up_to_one() {
        assert_eq!([0.0, 0.049, 0.05, 0.999, 1.0].map(bin), [0, 0, 1, 19, 19]);
        let counts = counts(&[scored(Relation::Matching, 1.0), scored(Relation::LookAlike, 0.0)]);
        assert_eq!((counts[19], counts[0]), ([1, 0], [0, 1]));
    }
}
