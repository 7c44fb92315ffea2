use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{Attempt, AttemptKind, AttemptOutcome};
use maud::{Markup, html};

use super::access::{Operator, failed};
use super::filter::{Filter, ORDERS, PAGE};
use super::frame::{Tab, page};
use super::{table, words};
use crate::error;
use crate::pages::Language;
use crate::server::Server;

/// `GET /console/attempts`: all attempts, with filters and order in the URL.
pub(super) async fn show(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
) -> HttpResponse {
    let filter = Filter::of(&request);
    match server.ports.repository.attempts(&filter.query(&server)).await {
        Ok(attempts) => {
            let language = Language::of(&request);
            let main = view(&server, language, &filter, &attempts);
            let title = language.say("Attempts", "전체 기록");
            page(&request, &operator, Tab::Attempts, title, &main)
        }
        Err(fault) => failed(&server, &fault),
    }
}

fn view(server: &Server, language: Language, filter: &Filter, found: &[Attempt]) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let shown = found.iter().take(PAGE as usize).cloned().collect::<Vec<_>>();
    let number = filter.page();
    html! {
        h1 { (say("Attempts", "전체 기록")) }
        (form(language, filter))
        @if shown.is_empty() {
            p.empty { (say("No attempt matches these filters.", "조건에 맞는 기록이 없습니다.")) }
        } @else {
            section.card.flush { (table::attempts(server, language, &shown)) }
        }
        nav.pager aria-label=(say("Further pages", "다른 쪽")) {
            @if number > 0 {
                a.button rel="prev" data-key="k" href=(format!("?{}", filter.with_page(number - 1))) { (say("Newer", "이전")) " " kbd { "K" } }
            }
            @if found.len() > shown.len() {
                a.button rel="next" data-key="j" href=(format!("?{}", filter.with_page(number + 1))) { (say("More", "다음")) " " kbd { "J" } }
            }
        }
    }
}

fn form(language: Language, filter: &Filter) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let any = say("Any", "전체");
    html! {
        form.filters.card method="get" action="/console/attempts" {
            label.field { span { (say("Result", "결과")) }
                select name="outcome" {
                    option value="" { (any) }
                    @for outcome in AttemptOutcome::ALL {
                        option value=(outcome.name()) selected[filter.outcome == outcome.name()] { (words::outcome(language, outcome)) }
                    }
                } }
            label.field { span { (say("Kind", "방식")) }
                select name="kind" {
                    option value="" { (any) }
                    @for kind in AttemptKind::ALL {
                        option value=(kind.name()) selected[filter.kind == kind.name()] { (words::kind(language, kind)) }
                    }
                } }
            label.field { span { (say("Reason", "사유")) }
                select name="errcode" {
                    option value="" { (any) }
                    @for (errcode, (korean, english)) in error::verdict_errcodes() {
                        option value=(errcode) selected[filter.errcode == errcode.to_string()] { (errcode) " · " (say(english, korean)) }
                    }
                } }
            label.field { span { (say("Participation", "참가자 아이디")) }
                input name="participation" inputmode="numeric" value=(filter.participation); }
            label.field { span { (say("Request id", "요청 아이디")) }
                input name="request" value=(filter.request) spellcheck="false" autocomplete="off"; }
            label.field { span { (say("From", "부터")) } input type="date" name="since" value=(filter.since); }
            label.field { span { (say("To", "까지")) } input type="date" name="until" value=(filter.until); }
            label.field { span { (say("Order", "정렬")) }
                select name="order" {
                    @for (name, order) in ORDERS {
                        option value=(name) selected[filter.order == name] { (words::order(language, order)) }
                    }
                } }
            label.check { input type="checkbox" name="waiting" value="1" checked[filter.waiting == "1"];
                span { (say("Waiting for a decision", "결정 대기만")) } }
            div.filter-actions {
                button.primary type="submit" { (say("Apply", "적용")) }
                a.button href="/console/attempts" { (say("Reset", "초기화")) }
            }
        }
    }
}
