use injeung_domain::Attempt;
use maud::{Markup, html};

use super::words;
use crate::error;
use crate::pages::Language;
use crate::server::Server;

/// Why an attempt was not accepted; empty if it was.
pub(super) fn reason(language: Language, attempt: &Attempt) -> &'static str {
    let record = &attempt.record;
    record.errcode.map_or("", |errcode| {
        error::meaning(record.kind, errcode)
            .map_or("", |(korean, english)| language.say(english, korean))
    })
}

/// A table of attempts, each with a link to its page.
pub(super) fn attempts(server: &Server, language: Language, attempts: &[Attempt]) -> Markup {
    let say = |english, korean| language.say(english, korean);
    html! {
        div.table-scroll tabindex="0" role="group" aria-label=(say("Attempts", "기록")) {
            table.list {
                thead { tr {
                    th scope="col" { (say("Time", "시각")) }
                    th.text scope="col" { (say("Participation", "참가")) }
                    th.text scope="col" { (say("Kind", "방식")) }
                    th.text scope="col" { (say("Result", "결과")) }
                    th.text scope="col" { (say("Reason", "사유")) }
                    th scope="col" { (say("Probability", "확률")) }
                    th scope="col" { (say("Duration", "소요 시간")) }
                } }
                tbody {
                    @for attempt in attempts {
                        @let (state, class) = words::state(language, attempt);
                        @let record = &attempt.record;
                        tr {
                            th scope="row" {
                                a href=(format!("/console/attempts/{}", attempt.id)) { (words::time(server, record.created_at)) }
                            }
                            td.text { a href=(format!("/console/participations/{}", record.participation_id)) { (record.participation_id) } }
                            td.text { (words::kind(language, record.kind))
                                @if let Some(keyword) = &record.keyword { " · " (keyword) } }
                            td.text { span class=(format!("chip {class}")) { (state) } }
                            td.text.wide { (reason(language, attempt)) }
                            td { (record.probability.map(words::percent).unwrap_or_default()) }
                            td { (words::duration(record.took)) }
                        }
                    }
                }
            }
        }
    }
}
