use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{AttemptFact, AttemptKind, AttemptOutcome};
use maud::{Markup, html};
use time::{Date, Duration};

use super::access::{Operator, failed};
use super::charts::{self, Column, Mark};
use super::filter::{self, Filter};
use super::frame::{Tab, page};
use super::words;
use crate::error;
use crate::pages::Language;
use crate::server::Server;

/// Maximum number of attempts that one page evaluates.
const MOST: u32 = 100_000;

/// Maximum number of days that one page shows.
const MOST_DAYS: i64 = 92;

/// Number of columns of a histogram.
const BINS: usize = 20;

/// `GET /console/statistics`: charts of a range of days.
pub(super) async fn show(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
) -> HttpResponse {
    let range = range(&server, &Filter::of(&request));
    let since = words::start_of(&server, range.0);
    let until = words::start_of(&server, range.1.next_day().unwrap_or(range.1));
    match server.ports.repository.attempt_facts(since, until, MOST).await {
        Ok(facts) => {
            let language = Language::of(&request);
            let main = view(&server, language, range, &facts);
            let title = language.say("Statistics", "통계");
            page(&request, &operator, Tab::Statistics, title, &main)
        }
        Err(fault) => failed(&server, &fault),
    }
}

/// First and last day: those of the query, by default the last two weeks.
fn range(server: &Server, filter: &Filter) -> (Date, Date) {
    let today = server.policy.time_zone.local(server.ports.clock.now()).date();
    let last = filter::parse(&filter.until).unwrap_or(today);
    let first = filter::parse(&filter.since).unwrap_or(last.saturating_sub(Duration::days(13)));
    let earliest = last.saturating_sub(Duration::days(MOST_DAYS - 1));
    (first.clamp(earliest, last), last)
}

fn view(
    server: &Server,
    language: Language,
    (first, last): (Date, Date),
    facts: &[AttemptFact],
) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let count = |outcome| facts.iter().filter(|fact| fact.outcome == outcome).count();
    let accepted = count(AttemptOutcome::Accepted);
    let rejected = count(AttemptOutcome::Rejected);
    let by_day = by_day(server, first, last, facts);
    let share = |part: usize| words::percent(part as f64 / facts.len().max(1) as f64);
    html! {
        h1 { (say("Statistics", "통계")) }
        form.filters.card method="get" action="/console/statistics" {
            label.field { span { (say("From", "부터")) } input type="date" name="since" value=(words::day(first)); }
            label.field { span { (say("To", "까지")) } input type="date" name="until" value=(words::day(last)); }
            div.filter-actions { button.primary type="submit" { (say("Show", "보기")) } }
        }
        @if facts.len() >= MOST as usize {
            p.notice.bad { (say("Only the newest 100,000 attempts of this range are evaluated.", "이 기간의 최근 100,000건만 계산했습니다.")) }
        }
        dl.facts.card {
            div { dt { (say("Attempts", "시도")) } dd { (facts.len()) } }
            div { dt { (say("Accepted", "인증")) } dd { (accepted) " · " (share(accepted)) } }
            div { dt { (say("Rejected", "거절")) } dd { (rejected) " · " (share(rejected)) } }
            div { dt { (say("Failed", "실패")) } dd { (count(AttemptOutcome::Failed)) } }
        }
        div.two {
            (days(language, &by_day))
            (reasons(language, facts))
            (probabilities(server, language, facts))
            (durations(language, &by_day))
        }
    }
}

/// The days of the range, each with its attempts.
fn by_day<'a>(
    server: &Server,
    first: Date,
    last: Date,
    facts: &'a [AttemptFact],
) -> BTreeMap<Date, Vec<&'a AttemptFact>> {
    let mut days = BTreeMap::new();
    let mut day = Some(first);
    while let Some(date) = day.filter(|date| *date <= last) {
        days.insert(date, Vec::new());
        day = date.next_day();
    }
    for fact in facts {
        let date = server.policy.time_zone.local(fact.created_at).date();
        if let Some(of_day) = days.get_mut(&date) {
            of_day.push(fact);
        }
    }
    days
}

fn short(date: Date) -> String {
    format!("{:02}-{:02}", u8::from(date.month()), date.day())
}

fn days(language: Language, by_day: &BTreeMap<Date, Vec<&AttemptFact>>) -> Markup {
    let title = language.say("Attempts a day", "하루 시도");
    let column = |(date, facts): (&Date, &Vec<&AttemptFact>)| {
        let count = |outcome| facts.iter().filter(|fact| fact.outcome == outcome).count();
        let [accepted, rejected, failed] =
            [AttemptOutcome::Accepted, AttemptOutcome::Rejected, AttemptOutcome::Failed].map(count);
        Column {
            label: short(*date),
            title: format!(
                "{}: {accepted} {}, {rejected} {}, {failed} {}",
                words::day(*date),
                words::outcome(language, AttemptOutcome::Accepted),
                words::outcome(language, AttemptOutcome::Rejected),
                words::outcome(language, AttemptOutcome::Failed),
            ),
            parts: vec![
                ("fill-good", accepted as f64),
                ("fill-bad", rejected as f64),
                ("fill-warn", failed as f64),
            ],
        }
    };
    let columns: Vec<_> = by_day.iter().map(column).collect();
    html! {
        section.card {
            h2 { (title) }
            (legend(&[
                ("good", words::outcome(language, AttemptOutcome::Accepted)),
                ("bad", words::outcome(language, AttemptOutcome::Rejected)),
                ("warn", words::outcome(language, AttemptOutcome::Failed)),
            ]))
            (charts::columns(title, &columns, &[], ""))
            (as_table(language, &columns))
        }
    }
}

/// How often each reason occurred.
fn reasons(language: Language, facts: &[AttemptFact]) -> Markup {
    let mut counts = BTreeMap::<(AttemptKind, u16), usize>::new();
    for fact in facts {
        if let Some(errcode) = fact.errcode {
            *counts.entry((fact.kind, errcode)).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let most = counts.first().map_or(1, |(_, count)| *count) as f64;
    html! {
        section.card {
            h2 { (language.say("Not accepted, by reason", "사유별 거절과 실패")) }
            @if counts.is_empty() { p.quiet { (language.say("None.", "없습니다.")) } }
            ul.bars.long {
                @for ((kind, errcode), count) in &counts {
                    @let meaning = error::meaning(*kind, *errcode).map_or("", |(korean, english)| language.say(english, korean));
                    li {
                        span.bar-name { a href=(format!("/console/attempts?kind={}&errcode={errcode}", kind.name())) {
                            (words::kind(language, *kind)) " " (errcode) } " " (meaning) }
                        (charts::bar(*count as f64 / most))
                        span.bar-figure { (count) }
                    }
                }
            }
        }
    }
}

/// Probabilities of comparisons, with the thresholds of the operating points.
fn probabilities(server: &Server, language: Language, facts: &[AttemptFact]) -> Markup {
    let title = language.say("Probabilities of comparisons", "비교 확률 분포");
    let mut bins = [[0_usize; 2]; BINS];
    for fact in facts {
        let Some(probability) = fact.probability else { continue };
        let place = ((probability * BINS as f64) as usize).min(BINS - 1);
        let is_rejected = fact.threshold.is_some_and(|threshold| probability < threshold);
        if let Some(count) =
            bins.get_mut(place).and_then(|bin| bin.get_mut(usize::from(is_rejected)))
        {
            *count += 1;
        }
    }
    let column = |(nth, [accepted, rejected]): (usize, [usize; 2])| {
        let from = nth as f64 / BINS as f64;
        Column {
            label: if nth % 4 == 0 { format!("{from:.1}") } else { String::new() },
            title: format!("{from:.2}–{:.2}: {}", from + 1.0 / BINS as f64, accepted + rejected),
            parts: vec![("fill-good", accepted as f64), ("fill-bad", rejected as f64)],
        }
    };
    let columns: Vec<_> = bins.into_iter().enumerate().map(column).collect();
    let points = server.ports.extractor.operating_points();
    let mark = |(name, at): (&str, f64)| Mark { at, label: name.to_owned() };
    let marks: Vec<_> = distinct(points).into_iter().map(mark).collect();
    html! {
        section.card {
            h2 { (title) }
            (legend(&[
                ("good", language.say("at least the threshold", "기준 이상")),
                ("bad", language.say("below it", "기준 미만")),
            ]))
            (charts::columns(title, &columns, &marks, ""))
            @if !marks.is_empty() {
                p.quiet { (language.say("Lines: thresholds of the operating points (vision.operating_point).", "선: 운영점(vision.operating_point)의 기준.")) }
            }
        }
    }
}

/// Operating points, without those whose threshold another one has: their labels would cover each other.
fn distinct(points: Vec<(&'static str, f64)>) -> Vec<(&'static str, f64)> {
    let mut kept: Vec<(&str, f64)> = Vec::new();
    for (name, at) in points {
        if kept.iter().all(|(_, other)| (other - at).abs() > 1e-9) {
            kept.push((name, at));
        }
    }
    kept
}

/// Median and 95th percentile of the durations of each day.
fn durations(language: Language, by_day: &BTreeMap<Date, Vec<&AttemptFact>>) -> Markup {
    let title = language.say("Duration a day", "하루 소요 시간");
    let column = |(date, facts): (&Date, &Vec<&AttemptFact>)| {
        let mut took: Vec<_> = facts.iter().map(|fact| fact.took).collect();
        took.sort_unstable();
        let [median, high] = [0.5, 0.95].map(|share| percentile(&took, share));
        let milliseconds = |took: Duration| took.as_seconds_f64() * 1000.0;
        Column {
            label: short(*date),
            title: format!(
                "{}: {} {}, {} {}",
                words::day(*date),
                language.say("median", "중앙값"),
                words::duration(median),
                language.say("95 %", "95 %"),
                words::duration(high),
            ),
            parts: vec![
                ("fill-accent", milliseconds(median)),
                ("fill-soft", milliseconds(high - median)),
            ],
        }
    };
    let columns: Vec<_> = by_day.iter().map(column).collect();
    html! {
        section.card {
            h2 { (title) }
            (legend(&[
                ("accent", language.say("median", "중앙값")),
                ("soft", language.say("up to the 95th percentile", "95백분위까지")),
            ]))
            (charts::columns(title, &columns, &[], " ms"))
            (as_table(language, &columns))
        }
    }
}

/// The nearest-rank percentile of sorted durations; zero if there are none.
fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(Duration::ZERO)
}

fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (class, name) in entries {
                li { span class=(format!("swatch {class}")) {} (name) }
            }
        }
    }
}

/// The figures of a chart, for people who cannot see it.
fn as_table(language: Language, columns: &[Column]) -> Markup {
    html! {
        details {
            summary { (language.say("Figures", "수치")) }
            ul.figures { @for column in columns { li { (column.title) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::percentile;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let sorted: Vec<_> = (1..=20).map(Duration::milliseconds).collect();
        let at = |share| percentile(&sorted, share).whole_milliseconds();
        assert_eq!((at(0.5), at(0.95), at(1.0)), (10, 19, 20));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
