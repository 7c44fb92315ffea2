use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{EvidenceCollector, Scope};
use serde::Serialize;

use super::is_addressed;
use crate::audit::EvidenceJson;
use crate::call::{self, Call};
use crate::error::{self, Answer, NOT_FOUND};
use crate::idempotency::Outcome;
use crate::pages::Language;
use crate::server::Server;
use crate::{classification, envelope, img_feature, observe, std_img};

/// `POST /try/std_img`
pub(crate) async fn std_img(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    run(&server, &request, payload, std_img::call()).await
}

/// `POST /try/img_feature`
pub(crate) async fn img_feature(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    run(&server, &request, payload, img_feature::call()).await
}

/// `POST /try/classification`
pub(crate) async fn classification(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    run(&server, &request, payload, classification::call()).await
}

/// Body of a response: that of the call, what it means, and what the use case found.
#[derive(Serialize)]
struct Tried<'a> {
    status: u16,
    response: serde_json::Value,
    /// What the response means, in the language of the page.
    meaning: &'a str,
    evidence: EvidenceJson,
}

async fn run<C, F>(
    server: &web::Data<Server>,
    request: &HttpRequest,
    payload: web::Payload,
    call: Call<C, F>,
) -> HttpResponse
where
    C: Send + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    if !is_addressed(server, request) {
        return envelope::render(server.settings.envelope, &NOT_FOUND);
    }
    // Evidence would show participants how to cheat, so with authentication only the holder of an API key gets it.
    let may_see =
        server.authentication.check_scope(&server.ports, request, Scope::Verify).await.is_ok();
    let collector = EvidenceCollector::new(&observe::id_of(request));
    let answer = call::perform(server, request, payload, call, collector.clone()).await;
    let tried = Tried {
        status: answer.status.as_u16(),
        response: envelope::to_value(server.settings.envelope, &answer),
        meaning: meaning(Language::of(request), &answer),
        evidence: if may_see { collector.evidence().into() } else { EvidenceJson::default() },
    };
    HttpResponse::build(answer.status).insert_header((CACHE_CONTROL, "no-store")).json(tried)
}

fn meaning(language: Language, answer: &Answer) -> &str {
    language.say(error::in_english(&answer.message), &answer.message)
}
