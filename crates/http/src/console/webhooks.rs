use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{Message, MessageCounts, MessageId};
use maud::{Markup, html};
use serde::Deserialize;
use tracing::info;

use super::access::{NoFields, Operator, failed, see_other};
use super::frame::{Tab, page};
use super::words;
use crate::envelope;
use crate::error::NOT_FOUND;
use crate::pages::Language;
use crate::server::Server;

/// Number of messages in a table.
const SHOWN: u32 = 100;

/// What the page after a form reports.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Notice {
    sent: Option<String>,
    problem: Option<String>,
}

/// `GET /console/webhooks`: the dead messages, which can be sent again, and those that wait.
pub(super) async fn show(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
) -> HttpResponse {
    let repository = &server.ports.repository;
    let found = async {
        let counts = repository.count_messages().await?;
        let dead = repository.messages(true, SHOWN).await?;
        Ok((counts, dead, repository.messages(false, SHOWN).await?))
    };
    match found.await {
        Ok((counts, dead, waiting)) => {
            let language = Language::of(&request);
            let main = html! {
                h1 { (language.say("Webhooks", "웹훅")) }
                (notice(language, &request))
                (view(&server, language, &operator, counts, &dead, &waiting))
            };
            page(&request, &operator, Tab::Webhooks, language.say("Webhooks", "웹훅"), &main)
        }
        Err(fault) => failed(&server, &fault),
    }
}

/// `POST /console/webhooks/{id}/again`: lets a dead message wait again.
pub(super) async fn send_again(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let Ok(id) = id.parse::<MessageId>() else {
        return envelope::render(server.settings.envelope, &NOT_FOUND);
    };
    let posted = operator.posted::<NoFields>(&server, &request, payload, "/console/webhooks");
    if let Err(response) = posted.await {
        return response;
    }
    match server.ports.repository.send_again(id, server.ports.clock.now()).await {
        Ok(true) => {
            info!(message = id.get(), operator = operator.name, "an operator sent a webhook again");
            see_other(&format!("/console/webhooks?sent={id}"))
        }
        Ok(false) => see_other("/console/webhooks?problem=not_dead"),
        Err(fault) => failed(&server, &fault),
    }
}

fn notice(language: Language, request: &HttpRequest) -> Markup {
    let notice = Query::<Notice>::from_query(request.query_string());
    let Notice { sent, problem } = notice.map(Query::into_inner).unwrap_or_default();
    let sent = sent.and_then(|id| id.parse::<MessageId>().ok());
    html! {
        @if let Some(id) = sent {
            p.notice.good role="status" {
                (language.say("Message ", "메시지 ")) (id)
                (language.say(" waits for its delivery again.", "의 전송을 다시 기다립니다."))
            }
        }
        @if let Some(problem) = problem {
            p.notice.bad role="alert" {
                (if problem == "expired" {
                    language.say("The page was too old. Try again.", "페이지가 오래되었습니다. 다시 시도하세요.")
                } else {
                    language.say("That message is not dead any more.", "그 메시지는 더 이상 실패 상태가 아닙니다.")
                })
            }
        }
    }
}

fn view(
    server: &Server,
    language: Language,
    operator: &Operator,
    counts: MessageCounts,
    dead: &[Message],
    waiting: &[Message],
) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let MessageCounts { waiting: waits, dead: died } = counts;
    html! {
        p.lead { (say(
            "Messages that the receiver did not confirm within all deliveries. They are kept for 30 days.",
            "모든 전송에서 수신 서버가 확인하지 않은 메시지입니다. 30일 동안 보관합니다.",
        )) }
        h2 { (say("Dead", "전송 실패")) " " span.chip.bad { (died) } }
        @if dead.is_empty() {
            p.empty { (say("No message is dead.", "실패한 메시지가 없습니다.")) }
        } @else {
            section.card.flush { (table(server, language, say("Dead", "전송 실패"), dead, Some(operator))) }
        }
        h2 { (say("Waiting", "전송 대기")) " " span.chip.warn { (waits) } }
        @if waiting.is_empty() {
            p.empty { (say("No message waits.", "대기 중인 메시지가 없습니다.")) }
        } @else {
            section.card.flush { (table(server, language, say("Waiting", "전송 대기"), waiting, None)) }
        }
    }
}

/// A table of messages; for an operator, each with the button that sends it again.
fn table(
    server: &Server,
    language: Language,
    name: &str,
    messages: &[Message],
    operator: Option<&Operator>,
) -> Markup {
    let say = |english, korean| language.say(english, korean);
    html! {
        div.table-scroll tabindex="0" role="group" aria-label=(name) {
            table.list {
                thead { tr {
                    th scope="col" { (say("Time", "시각")) }
                    th.text scope="col" { (say("Message", "메시지")) }
                    th.text scope="col" { (say("Event", "이벤트")) }
                    th.text scope="col" { (say("Participation", "참가")) }
                    th scope="col" { (say("Failures", "실패 횟수")) }
                    th.text scope="col" { (say("Last failure", "마지막 오류")) }
                    @if operator.is_some() { th.text scope="col" { (say("Action", "작업")) } }
                } }
                tbody {
                    @for row in messages {
                        @let message = &row.message;
                        tr {
                            th scope="row" { (words::time(server, message.occurred_at)) }
                            td.text { (row.id) }
                            td.text { (message.event.name()) }
                            td.text { a href=(format!("/console/participations/{}", message.participation_id)) { (message.participation_id) } }
                            td { (row.failures) }
                            td.text.wide { (row.error.as_deref().unwrap_or_default()) }
                            @if let Some(operator) = operator {
                                td.text {
                                    form.inline method="post" action=(format!("/console/webhooks/{}/again", row.id)) {
                                        input type="hidden" name="token" value=(operator.form_token);
                                        button.button type="submit" { (say("Send again", "다시 보내기")) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
