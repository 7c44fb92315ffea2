use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{
    Attempt, AttemptQuery, Fault, Feed, Participation, ParticipationId, StoredReference,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::{Operator, failed, see_other};
use super::frame::{Tab, page};
use super::{photos, table, words};
use crate::envelope;
use crate::error::NOT_FOUND;
use crate::pages::Language;
use crate::server::Server;

/// Number of photos and attempts on the page.
const SHOWN: u32 = 24;

#[derive(Deserialize)]
pub(super) struct Sought {
    id: Option<String>,
}

/// `GET /console/participations`: a form for the id.
pub(super) async fn find(request: HttpRequest, operator: Operator) -> HttpResponse {
    let query = Query::<Sought>::from_query(request.query_string());
    let sought = query.ok().and_then(|query| query.into_inner().id);
    if let Some(id) = sought.as_deref().and_then(|id| id.trim().parse::<ParticipationId>().ok()) {
        return see_other(&format!("/console/participations/{id}"));
    }
    let language = Language::of(&request);
    let title = language.say("Participations", "참가자");
    let main = html! { h1 { (title) } (form(language, sought.as_deref().unwrap_or_default())) };
    page(&request, &operator, Tab::Participations, title, &main)
}

fn form(language: Language, id: &str) -> Markup {
    html! {
        form.filters.card method="get" action="/console/participations" {
            label.field { span { (language.say("Participation", "참가자 아이디")) }
                input name="id" inputmode="numeric" pattern="[1-9][0-9]*" required value=(id); }
            div.filter-actions { button.primary type="submit" { (language.say("Show", "보기")) } }
        }
    }
}

/// What the page of a participation shows.
struct Shown {
    id: ParticipationId,
    participation: Option<Participation>,
    references: Vec<StoredReference>,
    feed: Vec<Feed>,
    attempts: Vec<Attempt>,
}

/// `GET /console/participations/{id}`: references, accepted photos and attempts of a participation.
pub(super) async fn show(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
    id: web::Path<String>,
) -> HttpResponse {
    let Ok(id) = id.parse::<ParticipationId>() else {
        return envelope::render(server.settings.envelope, &NOT_FOUND);
    };
    match load(&server, id).await {
        Ok(shown) => {
            let language = Language::of(&request);
            let title = format!("{}{id}", language.say("Participation ", "참가 "));
            let main = view(&server, language, &title, &shown);
            page(&request, &operator, Tab::Participations, &title, &main)
        }
        Err(fault) => failed(&server, &fault),
    }
}

async fn load(server: &Server, id: ParticipationId) -> Result<Shown, Fault> {
    let repository = &server.ports.repository;
    let query =
        AttemptQuery { participation_id: Some(id), limit: SHOWN, ..AttemptQuery::default() };
    Ok(Shown {
        id,
        participation: repository.find_participation(id).await?,
        references: repository.latest_references(id, None, SHOWN).await?,
        feed: repository.latest_feed(id, SHOWN).await?,
        attempts: repository.attempts(&query).await?,
    })
}

fn view(server: &Server, language: Language, title: &str, shown: &Shown) -> Markup {
    let say = |english, korean| language.say(english, korean);
    html! {
        h1 { (title) }
        @match &shown.participation {
            Some(participation) => (challenge(language, participation)),
            None => p.notice.bad { (say("There is no such participation.", "그런 참가 정보가 없습니다.")) },
        }
        section.card {
            h2 { (say("References, newest first", "기준 사진, 최신순")) }
            @if shown.references.is_empty() { p.quiet { (say("None.", "없습니다.")) } }
            div.gallery {
                @for (nth, reference) in shown.references.iter().enumerate() {
                    @if let Some(address) = photos::address(&reference.image_url) {
                        figure {
                            a href=(address) { img src=(address) alt=(format!("{} {}", say("Reference", "기준 사진"), reference.id)) loading="lazy"; }
                            figcaption { (reference.id) @if nth == 0 { " " span.chip { (say("in use", "사용 중")) } } }
                        }
                    }
                }
            }
        }
        section.card {
            h2 { (say("Accepted photos", "인증된 사진")) }
            @if shown.feed.is_empty() { p.quiet { (say("None.", "없습니다.")) } }
            div.gallery {
                @for row in &shown.feed {
                    @if let Some(address) = photos::address(&row.image_url) {
                        figure {
                            a href=(address) { img src=(address) alt=(format!("{} {}", say("Accepted photo", "인증된 사진"), row.id)) loading="lazy"; }
                            figcaption { (words::time(server, row.created_at)) br; (row.content.as_str()) }
                        }
                    }
                }
            }
        }
        section.card.flush {
            h2 { (say("Attempts", "기록")) " "
                a.more href=(format!("/console/attempts?participation={}", shown.id)) { (say("all", "전체")) } }
            @if shown.attempts.is_empty() { p.quiet { (say("None.", "없습니다.")) } }
            @else { (table::attempts(server, language, &shown.attempts)) }
        }
    }
}

fn challenge(language: Language, participation: &Participation) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let group = &participation.group;
    let schedule = &group.schedule;
    let time = |time: time::Time| format!("{:02}:{:02}", time.hour(), time.minute());
    html! {
        dl.facts.card {
            div { dt { (say("User", "사용자")) } dd { (participation.user_id.as_ref().map_or("–", |user| user.as_str())) } }
            div { dt { (say("Challenge", "챌린지")) } dd { (group.name.as_deref().unwrap_or("–")) " (" (group.id) ")" } }
            div { dt { (say("Days", "기간")) } dd { (words::day(schedule.start_date())) " – " (words::day(schedule.end_date())) } }
            div { dt { (say("Daily window", "매일")) } dd { (time(schedule.start_time())) "–" (time(schedule.end_time())) " " (schedule.time_zone()) } }
        }
    }
}
