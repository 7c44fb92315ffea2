use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{
    AttemptId, ReviewAttempt, ReviewAttemptError, ReviewDecision, ReviewReason, review_attempt,
};
use maud::{Markup, html};
use serde::Deserialize;
use tracing::info;

use super::access::{Operator, failed, see_other};
use super::words;
use crate::envelope;
use crate::error::NOT_FOUND;
use crate::pages::Language;
use crate::server::Server;

#[derive(Deserialize)]
pub(super) struct Decision {
    decision: String,
    reason: String,
    /// The attempt to show afterwards.
    next: Option<String>,
}

/// What the page after a decision reports.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Notice {
    done: Option<String>,
    decision: Option<String>,
    problem: Option<String>,
}

/// `POST /console/attempts/{id}/decision`: carries out a decision and shows the next attempt.
pub(super) async fn decide(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let not_found = || envelope::render(server.settings.envelope, &NOT_FOUND);
    let Ok(id) = id.parse::<AttemptId>() else { return not_found() };
    let page = format!("/console/attempts/{id}");
    let form = match operator.posted::<Decision>(&server, &request, payload, &page).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let (Ok(decision), Ok(reason)) =
        (form.decision.parse::<ReviewDecision>(), form.reason.parse::<ReviewReason>())
    else {
        return not_found();
    };
    let command = ReviewAttempt { attempt_id: id, decision, reason, operator: operator.name };
    let who = command.operator.clone();
    match review_attempt(&server.ports, &server.policy, command).await {
        Ok(feed_id) => {
            let feed = feed_id.map(injeung_domain::FeedId::get);
            let (attempt, decision) = (id.get(), decision.name());
            info!(
                attempt,
                decision,
                reason = reason.name(),
                operator = who,
                feed,
                "an operator decided"
            );
            let next = form.next.and_then(|next| next.parse::<AttemptId>().ok());
            let page = match (decision, next) {
                ("undo", _) => format!("/console/attempts/{id}"),
                (_, Some(next)) => format!("/console/attempts/{next}"),
                (_, None) => "/console".to_owned(),
            };
            see_other(&format!("{page}?done={id}&decision={decision}"))
        }
        Err(ReviewAttemptError::Objects(fault) | ReviewAttemptError::Database(fault)) => {
            failed(&server, &fault)
        }
        Err(ReviewAttemptError::UnknownAttempt(_)) => not_found(),
        Err(error) => {
            info!(attempt = id.get(), %error, operator = who, "a decision was rejected");
            see_other(&format!("/console/attempts/{id}?problem={}", problem(&error)))
        }
    }
}

/// Name of a problem in URLs.
fn problem(error: &ReviewAttemptError) -> &'static str {
    use ReviewAttemptError as Error;
    match error {
        Error::NoPhoto(_) => "no_photo",
        Error::TooLate(_) => "too_late",
        Error::NoWindow(_) => "no_window",
        Error::DayTaken(_) => "day_taken",
        Error::OtherReason(_) => "other_reason",
        Error::OtherState(_)
        | Error::UnknownAttempt(_)
        | Error::Objects(_)
        | Error::Database(_) => "other_state",
    }
}

/// What the last decision did, with the way to undo it.
pub(super) fn notices(language: Language, request: &HttpRequest, operator: &Operator) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let notice = Query::<Notice>::from_query(request.query_string());
    let Notice { done, decision, problem } = notice.map(Query::into_inner).unwrap_or_default();
    let done = done.and_then(|id| id.parse::<AttemptId>().ok());
    let decision = decision.and_then(|name| name.parse::<ReviewDecision>().ok());
    html! {
        @if let (Some(id), Some(decision)) = (done, decision) {
            div.notice.good role="status" {
                span {
                    a href=(format!("/console/attempts/{id}")) { (say("Attempt ", "기록 ")) (id) } ": "
                    (match decision {
                        ReviewDecision::Accept => say("accepted; the photo has a row in the feed now.", "인증으로 변경했습니다. 피드에 행이 추가되었습니다."),
                        ReviewDecision::Confirm => say("stays rejected.", "거절을 유지했습니다."),
                        ReviewDecision::Undo => say("the decision is undone.", "결정을 되돌렸습니다."),
                    })
                }
                @if decision != ReviewDecision::Undo {
                    form.inline method="post" action=(format!("/console/attempts/{id}/decision")) {
                        (hidden(operator, ReviewDecision::Undo, None))
                        input type="hidden" name="reason" value=(ReviewReason::Mistake.name());
                        button.quiet-button type="submit" data-key="u" { (words::decision(language, ReviewDecision::Undo)) " " kbd { "U" } }
                    }
                }
            }
        }
        @if let Some(problem) = problem {
            p.notice.bad role="alert" { (problem_text(language, &problem)) }
        }
    }
}

fn problem_text(language: Language, problem: &str) -> &'static str {
    match problem {
        "expired" => language.say(
            "The page was too old. Decide again.",
            "페이지가 오래되었습니다. 다시 결정하세요.",
        ),
        "no_photo" => language
            .say("The photo is not kept any more.", "사진이 더 이상 보관되어 있지 않습니다."),
        "too_late" => language.say(
            "A decision can be undone on its own day only.",
            "결정은 그날 안에만 되돌릴 수 있습니다.",
        ),
        "no_window" => language.say(
            "The participation or its window of that time does not exist any more.",
            "참가 정보나 그때의 인증 시간이 더 이상 없습니다.",
        ),
        "day_taken" => language
            .say("That day already has an accepted photo.", "그날은 이미 인증된 사진이 있습니다."),
        "other_reason" => language.say("Choose a reason of the list.", "목록에서 사유를 고르세요."),
        _ => language
            .say("Someone else has decided in the meantime.", "그사이 다른 사람이 결정했습니다."),
    }
}

/// The form of a decision: its reasons and its button.
pub(super) fn form(
    language: Language,
    operator: &Operator,
    id: AttemptId,
    decision: ReviewDecision,
    next: Option<AttemptId>,
) -> Markup {
    let (key, class) = match decision {
        ReviewDecision::Accept => ("a", "primary"),
        ReviewDecision::Confirm => ("r", "button"),
        ReviewDecision::Undo => ("u", "button"),
    };
    let name = words::decision(language, decision);
    html! {
        form.decision method="post" action=(format!("/console/attempts/{id}/decision")) {
            (hidden(operator, decision, next))
            select name="reason" aria-label=(format!("{}: {name}", language.say("Reason", "사유"))) {
                @for reason in decision.reasons() {
                    option value=(reason.name()) { (words::reason(language, *reason)) }
                }
            }
            button type="submit" class=(class) data-key=(key) { (name) " " kbd { (key.to_uppercase()) } }
        }
    }
}

fn hidden(operator: &Operator, decision: ReviewDecision, next: Option<AttemptId>) -> Markup {
    html! {
        input type="hidden" name="token" value=(operator.form_token);
        input type="hidden" name="decision" value=(decision.name());
        @if let Some(next) = next { input type="hidden" name="next" value=(next); }
    }
}
