use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{
    Appeal, Attempt, AttemptId, AttemptKind, AttemptQuery, Fault, ReviewDecision, ReviewEntry,
};
use maud::{Markup, html};

use super::access::{Operator, failed};
use super::queue::{Queue, desk};
use super::{charts, decision, journal, photos, table, words};
use crate::audit::EvidenceJson;
use crate::envelope;
use crate::error::NOT_FOUND;
use crate::pages::Language;
use crate::server::Server;

/// Number of earlier attempts of the participation beside a photo.
const RECENT: u32 = 7;

/// An attempt with what its page shows beside it.
pub(super) struct Selected {
    pub(super) attempt: Attempt,
    evidence: EvidenceJson,
    recent: Vec<Attempt>,
    log: Vec<ReviewEntry>,
}

impl Selected {
    pub(super) async fn load(server: &Server, attempt: Attempt) -> Result<Self, Fault> {
        let repository = &server.ports.repository;
        let query = AttemptQuery {
            participation_id: Some(attempt.record.participation_id),
            limit: RECENT + 1,
            ..AttemptQuery::default()
        };
        let mut recent = repository.attempts(&query).await?;
        recent.retain(|other| other.id != attempt.id);
        recent.truncate(RECENT as usize);
        let log = repository.reviews(Some(attempt.id), 20).await?;
        // A record of an older version may lack parts; what is unknown is not shown.
        let evidence = serde_json::from_str(&attempt.record.evidence).unwrap_or_default();
        Ok(Self { attempt, evidence, recent, log })
    }
}

/// `GET /console/attempts/{id}`
pub(super) async fn show(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
    id: web::Path<String>,
) -> HttpResponse {
    let Ok(id) = id.parse::<AttemptId>() else {
        return envelope::render(server.settings.envelope, &NOT_FOUND);
    };
    let found = async {
        let Some(attempt) = server.ports.repository.find_attempt(id).await? else {
            return Ok(None);
        };
        let selected = Selected::load(&server, attempt).await?;
        Ok(Some((Queue::load(&server).await?, selected)))
    };
    match found.await {
        Ok(Some((queue, selected))) => desk(&server, &request, &operator, &queue, Some(&selected)),
        Ok(None) => envelope::render(server.settings.envelope, &NOT_FOUND),
        Err(fault) => failed(&server, &fault),
    }
}

pub(super) fn view(
    server: &Server,
    language: Language,
    operator: &Operator,
    queue: &Queue,
    selected: &Selected,
) -> Markup {
    let Selected { attempt, evidence, .. } = selected;
    let record = &attempt.record;
    let (state, class) = words::state(language, attempt);
    let say = |english, korean| language.say(english, korean);
    html! {
        header.work-head {
            h1 {
                (say("Participation ", "참가 ")) (record.participation_id) " "
                span class=(format!("chip {class}")) { (state) }
            }
            p.quiet {
                time { (words::time(server, record.created_at)) }
                " · " (say("request ", "요청 ")) code { (record.request_id) }
                " · " (record.model)
                " · " a href=(format!("/console/participations/{}", record.participation_id)) { (say("participation", "참가자 보기")) }
            }
        }
        (appeal(server, language, attempt))
        (photos_of(language, selected))
        div.two {
            section.card aria-labelledby="why" {
                h2 #why { (headline(language, attempt)) }
                @if let Some(keyword) = &record.keyword {
                    p { (say("It must show ", "보여야 하는 것: ")) strong { (keyword) } }
                }
                @if let (Some(probability), Some(threshold)) = (record.probability, record.threshold) {
                    (charts::meter(language, probability, threshold))
                }
                (by_view(language, evidence))
                (difference(language, evidence))
                (flags(language, evidence))
                (tiers(language, evidence))
                (concepts(language, record.keyword.as_deref(), evidence))
                (stages(language, evidence))
            }
            section.card aria-labelledby="recent" {
                h2 #recent { (say("Other attempts of this participation", "이 참가자의 다른 기록")) }
                (recent(server, language, &selected.recent))
                @if !selected.log.is_empty() {
                    h2 { (say("Decisions", "결정 기록")) }
                    (journal::entries(server, language, &selected.log))
                }
            }
        }
        (actions(language, operator, queue, selected))
    }
}

/// What the participant writes against the rejection.
fn appeal(server: &Server, language: Language, attempt: &Attempt) -> Markup {
    let Some(Appeal { filed_at, text }) = &attempt.appeal else { return html! {} };
    let say = |english, korean| language.say(english, korean);
    html! {
        section.notice.appeal aria-label=(say("Appeal", "이의 제기")) {
            strong { (say("Appeal of the participant", "참가자의 이의 제기")) }
            " · " time { (words::time(server, *filed_at)) }
            @if !text.as_str().is_empty() { p { (text) } }
        }
    }
}

/// Why the attempt ended as it did.
fn headline(language: Language, attempt: &Attempt) -> &'static str {
    let reason = table::reason(language, attempt);
    if reason.is_empty() { language.say("Why it was accepted", "인증된 이유") } else { reason }
}

fn photos_of(language: Language, selected: &Selected) -> Markup {
    let record = &selected.attempt.record;
    let say = |english, korean| language.say(english, korean);
    let photo = record.photo_url.as_deref().and_then(photos::address);
    let reference = record.reference_url.as_deref().and_then(photos::address);
    let comparison = selected.evidence.comparison.as_ref();
    let matches = comparison.map(|found| serde_json::json!(found.matches).to_string());
    let is_pair = photo.is_some() && reference.is_some();
    let compared_with = compared_with(language, &selected.evidence);
    html! {
        section.card.viewer-card aria-label=(say("Photos", "사진")) {
            div.viewer #viewer data-mode="side" data-matches=[matches]
                data-label=(say("Matched spots of both photos", "두 사진에서 일치한 지점")) {
                div.stage #stage {
                    @if let Some(reference) = &reference {
                        figure.pane.before {
                            div.frame { img src=(reference) alt=(compared_with) draggable="false"; }
                            figcaption { (compared_with) }
                        }
                    }
                    @if let Some(photo) = &photo {
                        figure.pane.after {
                            div.frame { img src=(photo) alt=(say("Photo sent", "제출한 사진")) draggable="false"; }
                            figcaption { (say("Photo sent", "제출한 사진")) }
                        }
                    } @else {
                        p.empty { (say("The photo is not kept.", "사진이 보관되어 있지 않습니다.")) }
                    }
                }
                div.drawn #drawn hidden[true] {}
                @if is_pair {
                    label.slider-control #slider-control hidden[true] {
                        span { (say("Reference ↔ photo", "기준 ↔ 제출")) }
                        input #slider type="range" min="0" max="100" value="50"
                            aria-valuetext=(say("50 % of the reference", "기준 사진 50 %"));
                    }
                }
            }
            @if photo.is_some() || reference.is_some() { (toolbar(language, is_pair, comparison.is_some())) }
        }
    }
}

fn toolbar(language: Language, is_pair: bool, has_matches: bool) -> Markup {
    let say = |english, korean| language.say(english, korean);
    html! {
        div.toolbar role="toolbar" aria-label=(say("View", "보기")) {
            @if is_pair {
                button.button type="button" data-mode="side" data-key="1" aria-pressed="true" { (say("Side by side", "나란히")) " " kbd { "1" } }
                button.button type="button" data-mode="slider" data-key="2" aria-pressed="false" { (say("Slider", "슬라이더")) " " kbd { "2" } }
                button.button type="button" data-mode="blink" data-key="3" aria-pressed="false" { (say("Blink", "번갈아")) " " kbd { "3" } }
                @if has_matches {
                    button.button type="button" data-mode="matches" data-key="m" aria-pressed="false" { (say("Matches", "일치점")) " " kbd { "M" } }
                }
            }
            span.zoom {
                (zoom("in", "+", say("Zoom in", "확대"), "+"))
                (zoom("out", "-", say("Zoom out", "축소"), "−"))
                (zoom("reset", "0", say("Whole photo", "전체 보기"), "1:1"))
            }
            span.quiet.keys-hint { (say("← → move slider or photo", "← → 슬라이더나 사진 이동")) }
        }
    }
}

fn zoom(action: &str, key: &str, name: &str, sign: &str) -> Markup {
    html! {
        button.button type="button" data-zoom=(action) data-key=(key) {
            span.visually-hidden { (name) " " }
            span aria-hidden="true" { (sign) } " " kbd { (key) }
        }
    }
}

/// The photo that decided: the reference, or a learned view.
fn compared_with(language: Language, evidence: &EvidenceJson) -> &'static str {
    match evidence.reference_probability {
        None => language.say("Reference", "기준 사진"),
        Some(_) => language.say("Learned view", "학습된 사진"),
    }
}

/// The verdict of the reference, if a learned view decided.
fn by_view(language: Language, evidence: &EvidenceJson) -> Markup {
    html! {
        @if let Some(probability) = evidence.reference_probability {
            p { (language.say("A learned view decided. The reference alone: ", "학습된 사진으로 인증되었다. 기준 사진만으로는 "))
                strong { (words::percent(probability)) } }
        }
    }
}

/// The difference of the things in the scene, if they have to match.
fn difference(language: Language, evidence: &EvidenceJson) -> Markup {
    let found = evidence.comparison.as_ref().and_then(|comparison| comparison.difference);
    html! {
        @if let Some([amount, limit]) = found {
            p { (language.say("Difference of the things: ", "물건의 차이: "))
                strong { (format!("{amount:.2}")) }
                (language.say(", at most ", ", 최대 ")) (format!("{limit:.2}")) }
        }
    }
}

fn flags(language: Language, evidence: &EvidenceJson) -> Markup {
    html! {
        @if !evidence.flags.is_empty() {
            h3 { (language.say("Flags", "확인할 점")) }
            ul {
                @for name in &evidence.flags { li { (words::flag(language, name)) } }
            }
        }
    }
}

fn tiers(language: Language, evidence: &EvidenceJson) -> Markup {
    let Some(comparison) = &evidence.comparison else { return html! {} };
    let say = |english, korean| language.say(english, korean);
    let last = comparison.tiers.len();
    html! {
        div.table-scroll tabindex="0" role="group" aria-label=(say("Tiers", "단계")) {
            table {
                thead { tr {
                    th scope="col" { (say("Tier", "단계")) }
                    th scope="col" { (say("Pairs", "쌍")) }
                    th scope="col" { (say("Agree", "일치")) }
                    th scope="col" { (say("Look alike", "주변도 일치")) }
                    th scope="col" { "ms" }
                } }
                tbody {
                    @for (nth, tier) in comparison.tiers.iter().enumerate() {
                        tr {
                            th scope="row" { (tier.name) " "
                                @if nth + 1 == last { span.chip { (say("decided", "결정")) } } }
                            td { (tier.matches) }
                            td { (tier.inliers) }
                            td { (tier.confirmed) }
                            td { (tier.milliseconds.map(|took| format!("{took:.0}")).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    }
}

fn concepts(language: Language, keyword: Option<&str>, evidence: &EvidenceJson) -> Markup {
    let Some(found) = &evidence.concepts else { return html! {} };
    html! {
        h3 { (language.say("What the classifier found", "분류기가 찾은 것")) }
        @if found.is_empty() {
            p.quiet { (language.say("Nothing above its threshold.", "기준을 넘는 것이 없습니다.")) }
        }
        ul.bars {
            @if let (Some(keyword), Some(certainty)) = (keyword, evidence.keyword_certainty) {
                li.sought {
                    span.bar-name { (keyword) }
                    (charts::bar(f64::from(certainty)))
                    span.bar-figure { (words::percent(f64::from(certainty))) }
                }
            }
            @for concept in found.iter().take(10) {
                @let certainty = f64::from(concept.certainty);
                li {
                    span.bar-name { (concept.name) }
                    (charts::bar(certainty))
                    span.bar-figure { (words::percent(certainty)) }
                }
            }
        }
    }
}

fn stages(language: Language, evidence: &EvidenceJson) -> Markup {
    let most = evidence.stages.iter().map(|stage| stage.milliseconds).fold(1e-9, f64::max);
    html! {
        @if !evidence.stages.is_empty() {
            h3 { (language.say("Where the time went", "소요 시간")) }
            ul.bars {
                @for stage in &evidence.stages {
                    li {
                        span.bar-name { (words::stage(language, &stage.name)) }
                        (charts::bar(stage.milliseconds / most))
                        span.bar-figure { (format!("{:.1} ms", stage.milliseconds)) }
                    }
                }
            }
        }
    }
}

fn recent(server: &Server, language: Language, recent: &[Attempt]) -> Markup {
    html! {
        @if recent.is_empty() {
            p.quiet { (language.say("There is no other.", "다른 기록이 없습니다.")) }
        } @else {
            table {
                tbody {
                    @for attempt in recent {
                        @let (state, class) = words::state(language, attempt);
                        tr {
                            th scope="row" { a href=(format!("/console/attempts/{}", attempt.id)) {
                                (words::short_time(server, attempt.record.created_at)) } }
                            td.text { span class=(format!("chip {class}")) { (state) } }
                            td { (attempt.record.probability.map(words::percent).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    }
}

/// The bar with the decisions that the attempt's state permits, and the way to the next one.
fn actions(language: Language, operator: &Operator, queue: &Queue, selected: &Selected) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let attempt = &selected.attempt;
    let (previous, next) = queue.around(attempt);
    let address = |attempt: &Attempt| format!("/console/attempts/{}", attempt.id);
    let form = |decision| {
        decision::form(language, operator, attempt.id, decision, next.map(|next| next.id))
    };
    html! {
        div.action-bar role="group" aria-label=(say("Decision", "결정")) {
            @if attempt.review.is_some() {
                (form(ReviewDecision::Undo))
            } @else if attempt.is_reviewable() {
                (form(ReviewDecision::Accept))
                (form(ReviewDecision::Confirm))
            } @else {
                p.quiet { (not_reviewable(language, attempt)) }
            }
            span.steps-keys {
                @if let Some(previous) = previous {
                    a.button data-key="k" href=(address(previous)) { (say("Previous", "이전")) " " kbd { "K" } }
                }
                @if let Some(next) = next {
                    a.button data-key="j" href=(address(next)) { (say("Next", "다음")) " " kbd { "J" } }
                }
            }
        }
    }
}

fn not_reviewable(language: Language, attempt: &Attempt) -> &'static str {
    let is_rejected = attempt.record.outcome == injeung_domain::AttemptOutcome::Rejected;
    match (is_rejected, attempt.record.kind) {
        (true, AttemptKind::Feature | AttemptKind::Keyword) => language.say(
            "Without a kept photo there is nothing to decide.",
            "보관된 사진이 없어 결정할 수 없습니다.",
        ),
        (false, _) => language.say("There is nothing to decide.", "결정할 것이 없습니다."),
    }
}
