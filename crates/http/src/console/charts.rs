//! Charts as SVG, with geometry in attributes, since the pages allow no inline styles.

use maud::{Markup, html};

use super::words::percent;
use crate::pages::Language;

/// A bar that is filled to a share.
pub(super) fn bar(share: f64) -> Markup {
    let width = (share.clamp(0.0, 1.0) * 100.0).max(0.6);
    html! {
        svg.bar-svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.meter-track width="100" height="6" rx="1" {}
            rect.bar-fill width=(number(width)) height="6" rx="1" {}
        }
    }
}

/// A probability against its threshold, in words and as a bar.
pub(super) fn meter(language: Language, probability: f64, threshold: f64) -> Markup {
    let class = if probability >= threshold { "meter-good" } else { "meter-bad" };
    let width = (probability.clamp(0.0, 1.0) * 100.0).max(0.6);
    html! {
        div.meter-labels {
            span { (language.say("Probability ", "확률 ")) (percent(probability)) }
            span { (language.say("accepted from ", "인정 기준 ")) (percent(threshold)) }
        }
        svg.meter viewBox="0 0 100 7" preserveAspectRatio="none" aria-hidden="true" {
            rect.meter-track x="0" y="1" width="100" height="5" rx="1" {}
            rect class=(class) x="0" y="1" width=(number(width)) height="5" rx="1" {}
            rect.meter-mark x=(number(threshold * 100.0 - 0.2)) y="0" width="0.4" height="7" {}
        }
    }
}

/// Parts of one column, from the bottom up, each with its class.
pub(super) struct Column {
    /// Name below the column; empty for none.
    pub(super) label: String,
    /// Text of the column for people who point at it.
    pub(super) title: String,
    pub(super) parts: Vec<(&'static str, f64)>,
}

/// A vertical mark of a chart at a share of its width.
pub(super) struct Mark {
    pub(super) at: f64,
    pub(super) label: String,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 62.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 26.0;

/// A chart of stacked columns.
pub(super) fn columns(label: &str, columns: &[Column], marks: &[Mark], unit: &str) -> Markup {
    let total = |column: &Column| column.parts.iter().map(|(_, value)| value).sum::<f64>();
    let most = round_up(columns.iter().map(total).fold(0.0, f64::max));
    let plot = (WIDTH - LEFT, HEIGHT - TOP - BOTTOM);
    let step = plot.0 / columns.len().max(1) as f64;
    let gap = (step * 0.18).min(8.0);
    // As many labels as there is room for.
    let every = (64.0 / step).ceil().max(1.0) as usize;
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            @for share in [0.0, 0.5, 1.0] {
                @let y = TOP + plot.1 * (1.0 - share);
                line.grid x1=(LEFT) x2=(WIDTH) y1=(number(y)) y2=(number(y)) {}
                text.axis x=(LEFT - 8.0) y=(number(y + 4.0)) text-anchor="end" { (value(most * share)) (unit) }
            }
            @for (nth, column) in columns.iter().enumerate() {
                @let x = LEFT + step * nth as f64 + gap / 2.0;
                g {
                    title { (column.title) }
                    @for (class, y, height) in stacked(&column.parts, most, plot.1) {
                        rect class=(class) x=(number(x)) y=(number(y)) width=(number(step - gap)) height=(number(height)) {}
                    }
                }
                @if nth % every == 0 && !column.label.is_empty() {
                    text.axis x=(number(x + (step - gap) / 2.0)) y=(HEIGHT - 8.0) text-anchor="middle" { (column.label) }
                }
            }
            @for mark in marks {
                @let x = LEFT + plot.0 * mark.at.clamp(0.0, 1.0);
                line.mark x1=(number(x)) x2=(number(x)) y1=(TOP - 6.0) y2=(HEIGHT - BOTTOM) {}
                text.axis.mark-label x=(number(x)) y="12" text-anchor=(if mark.at > 0.85 { "end" } else { "middle" }) { (mark.label) }
            }
        }
    }
}

/// Class, top and height of the parts of a column.
fn stacked(parts: &[(&'static str, f64)], most: f64, height: f64) -> Vec<(&'static str, f64, f64)> {
    let mut top = TOP + height;
    let of = |(class, value): &(&'static str, f64)| {
        let part = height * value / most.max(f64::MIN_POSITIVE);
        top -= part;
        (*class, top, part)
    };
    parts.iter().map(of).filter(|(_, _, height)| *height > 0.0).collect()
}

/// The next larger value of 1, 2 or 5 times a power of ten, at least 1.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= value).unwrap_or(value)
}

fn value(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn number(value: f64) -> String {
    format!("{value:.2}")
}

#[cfg(test)]
mod tests {
    use super::{TOP, round_up, stacked};

    #[test]
    fn an_axis_ends_at_a_round_number() {
        let ends = [(0.0, 1.0), (1.0, 1.0), (1.5, 2.0), (3.0, 5.0), (60.0, 100.0), (201.0, 500.0)];
        for (value, end) in ends {
            assert!((round_up(value) - end).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn parts_are_stacked_from_the_bottom() {
        let parts = stacked(&[("a", 1.0), ("none", 0.0), ("b", 3.0)], 4.0, 100.0);
        assert_eq!(parts, [("a", TOP + 75.0, 25.0), ("b", TOP, 75.0)]);
    }
}
