use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::ReviewEntry;
use maud::{Markup, html};

use super::access::{Operator, failed};
use super::frame::{Tab, page};
use super::words;
use crate::pages::Language;
use crate::server::Server;

/// Number of decisions on the page.
const SHOWN: u32 = 200;

/// `GET /console/log`: the latest decisions of all operators.
pub(super) async fn show(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
) -> HttpResponse {
    let log = match server.ports.repository.reviews(None, SHOWN).await {
        Ok(log) => log,
        Err(fault) => return failed(&server, &fault),
    };
    let language = Language::of(&request);
    let title = language.say("Decisions", "결정 기록");
    let main = html! {
        h1 { (title) }
        p.lead { (language.say(
            "What operators decided. Entries are added and never changed.",
            "운영자가 내린 결정입니다. 추가만 되고 바뀌지 않습니다.",
        )) }
        @if log.is_empty() {
            p.empty { (language.say("No decision yet.", "아직 결정이 없습니다.")) }
        } @else {
            section.card.flush { (entries(&server, language, &log)) }
        }
    };
    page(&request, &operator, Tab::Log, title, &main)
}

pub(super) fn entries(server: &Server, language: Language, log: &[ReviewEntry]) -> Markup {
    let say = |english, korean| language.say(english, korean);
    html! {
        div.table-scroll tabindex="0" role="group" aria-label=(say("Decisions", "결정 기록")) {
            table.list {
                thead { tr {
                    th scope="col" { (say("Time", "시각")) }
                    th.text scope="col" { (say("Attempt", "기록")) }
                    th.text scope="col" { (say("From → to", "변경")) }
                    th.text scope="col" { (say("Why", "사유")) }
                    th.text scope="col" { (say("Who", "운영자")) }
                    th.text scope="col" { (say("Model", "모델")) }
                } }
                tbody {
                    @for entry in log {
                        @let review = &entry.review;
                        tr {
                            th scope="row" { (words::time(server, review.reviewed_at)) }
                            td.text { a href=(format!("/console/attempts/{}", review.attempt_id)) { (review.attempt_id) } }
                            td.text { (words::review_state(language, review.before)) " → " (words::review_state(language, entry.after)) }
                            td.text.wide { (words::reason(language, review.reason)) }
                            td.text { (review.operator) }
                            td.text { (review.model) }
                        }
                    }
                }
            }
        }
    }
}
