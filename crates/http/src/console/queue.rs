use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{Attempt, AttemptQuery, Fault};
use maud::{Markup, html};

use super::access::{Operator, failed};
use super::detail::{self, Selected};
use super::frame::{Tab, page};
use super::{decision, photos, words};
use crate::pages::Language;
use crate::server::Server;

/// Number of attempts in the list beside a photo.
const LISTED: usize = 30;

/// Maximum number that the queue is counted up to.
const COUNTED: u32 = 100;

/// The attempts that wait for a decision, newest first.
pub(super) struct Queue(Vec<Attempt>);

impl Queue {
    pub(super) async fn load(server: &Server) -> Result<Self, Fault> {
        let waiting = AttemptQuery { waiting: true, limit: COUNTED, ..AttemptQuery::default() };
        Ok(Self(server.ports.repository.attempts(&waiting).await?))
    }

    /// The attempts before and after one in the list; after one that is not in it comes the first.
    pub(super) fn around(&self, attempt: &Attempt) -> (Option<&Attempt>, Option<&Attempt>) {
        match self.0.iter().position(|one| one.id == attempt.id) {
            Some(place) => {
                let before = place.checked_sub(1).and_then(|before| self.0.get(before));
                (before, self.0.get(place + 1))
            }
            None => (None, self.0.first()),
        }
    }
}

/// `GET /console`: the first attempt that waits for a decision, beside the list of the others.
pub(super) async fn show(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
) -> HttpResponse {
    let found = async {
        let queue = Queue::load(&server).await?;
        let selected = match queue.0.first().cloned() {
            Some(attempt) => Some(Selected::load(&server, attempt).await?),
            None => None,
        };
        Ok((queue, selected))
    };
    match found.await {
        Ok((queue, selected)) => desk(&server, &request, &operator, &queue, selected.as_ref()),
        Err(fault) => failed(&server, &fault),
    }
}

/// The queue with the selected attempt.
pub(super) fn desk(
    server: &Server,
    request: &HttpRequest,
    operator: &Operator,
    queue: &Queue,
    selected: Option<&Selected>,
) -> HttpResponse {
    let language = Language::of(request);
    let title = language.say("Queue", "대기열");
    let main = html! {
        div.desk {
            (list(server, language, queue, selected))
            div.work {
                (decision::notices(language, request, operator))
                @match selected {
                    Some(selected) => (detail::view(server, language, operator, queue, selected)),
                    None => {
                        section.card.empty {
                            h1 { (language.say("Nothing waits for a decision", "결정할 사진이 없습니다")) }
                            p.quiet { (language.say(
                                "Rejected photos appear here as long as they are kept (audit.keep_rejected_days).",
                                "거절된 사진은 보관하는 동안(audit.keep_rejected_days) 이곳에 표시됩니다.",
                            )) }
                            p { a.button href="/console/attempts" { (language.say("All attempts", "전체 기록 보기")) } }
                        }
                    }
                }
            }
        }
    };
    page(request, operator, Tab::Queue, title, &main)
}

fn list(server: &Server, language: Language, queue: &Queue, selected: Option<&Selected>) -> Markup {
    let total = queue.0.len();
    let count = if total == COUNTED as usize { format!("{total}+") } else { total.to_string() };
    html! {
        aside.list aria-label=(language.say("Waiting for a decision", "결정 대기")) {
            div.list-head {
                h2 { (language.say("Waiting", "결정 대기")) }
                span.chip.warn { (count) }
            }
            @for attempt in queue.0.iter().take(LISTED) {
                @let is_current = selected.is_some_and(|selected| selected.attempt.id == attempt.id);
                (item(server, language, attempt, is_current))
            }
        }
    }
}

fn item(server: &Server, language: Language, attempt: &Attempt, is_current: bool) -> Markup {
    let record = &attempt.record;
    let photo = record.photo_url.as_deref().and_then(photos::address);
    let subject = match &record.keyword {
        Some(keyword) => keyword.clone(),
        None => words::kind(language, record.kind).to_owned(),
    };
    html! {
        a.item href=(format!("/console/attempts/{}", attempt.id)) aria-current=[is_current.then_some("true")] {
            @if let Some(photo) = photo {
                img src=(photo) alt="" loading="lazy" decoding="async" width="56" height="44";
            }
            span.item-name {
                (language.say("Participation ", "참가 ")) (record.participation_id)
                small { (words::short_time(server, record.created_at)) " · " (subject) }
            }
            span.item-chips {
                @if attempt.appeal.is_some() {
                    span.chip.warn { (language.say("Appeal", "이의")) }
                }
                @if let Some(probability) = record.probability {
                    span.chip.bad { (words::percent(probability)) }
                }
            }
        }
    }
}
