use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{AuthenticateKeyError, KeyText, Scope, authenticate_key};
use maud::{Markup, html};
use serde::Deserialize;
use tracing::info;

use super::access::{NoFields, Operator, failed, posted, see_other};
use super::session::Sessions;
use crate::error::NOT_FOUND;
use crate::pages::{Frame, Language, frame, page};
use crate::server::Server;
use crate::{envelope, log};

#[derive(Deserialize)]
pub(super) struct Destination {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct LogIn {
    key: String,
    next: String,
}

/// `GET /console/login`
pub(super) async fn show(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    if !server.authentication.is_required() {
        return see_other("/console");
    }
    let query = Query::<Destination>::from_query(request.query_string());
    let next = own_page(query.ok().and_then(|query| query.into_inner().next).as_deref());
    page(&request, StatusCode::OK, view(Language::of(&request), &next, false))
}

/// `POST /console/login`: begins a session for the holder of an API key with the scope `console`.
pub(super) async fn log_in(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    if !server.authentication.is_required() {
        return envelope::render(server.settings.envelope, &NOT_FOUND);
    }
    let LogIn { key, next } = match posted(&server, &request, payload).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let next = own_page(Some(&next));
    let rejected =
        || page(&request, StatusCode::UNAUTHORIZED, view(Language::of(&request), &next, true));
    let Ok(text) = key.trim().parse::<KeyText>() else { return rejected() };
    match authenticate_key(&server.ports, &text, Scope::Console).await {
        Ok(key) => {
            info!(key = %key.id, name = %key.name, "an operator logged in");
            let now = server.ports.clock.now();
            let cookie = server.sessions.begin(&key.id, now, is_encrypted(&server, &request));
            with_cookie(see_other(&next), &cookie)
        }
        Err(AuthenticateKeyError::Database(fault)) => failed(&server, &fault),
        Err(error @ (AuthenticateKeyError::Unknown(_) | AuthenticateKeyError::Rejected { .. })) => {
            log::log_in_rejected(&error);
            rejected()
        }
    }
}

/// `POST /console/logout`
pub(super) async fn log_out(
    server: web::Data<Server>,
    request: HttpRequest,
    operator: Operator,
    payload: web::Payload,
) -> HttpResponse {
    match operator.posted::<NoFields>(&server, &request, payload, "/console").await {
        Ok(_) => {
            let cookie = Sessions::end(is_encrypted(&server, &request));
            with_cookie(see_other("/console/login"), &cookie)
        }
        Err(response) => response,
    }
}

fn with_cookie(mut response: HttpResponse, cookie: &Cookie<'_>) -> HttpResponse {
    if let Ok(cookie) = HeaderValue::try_from(cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Whether the browser's connection is encrypted, by this service or by a proxy. Only then may a cookie be bound to
/// encrypted connections.
fn is_encrypted(server: &Server, request: &HttpRequest) -> bool {
    let forwarded = request.headers().get("x-forwarded-proto");
    server.tls.is_some() || forwarded.is_some_and(|scheme| scheme.as_bytes() == b"https")
}

/// The page of the console at which to continue. Another address would send the user to another site.
fn own_page(next: Option<&str>) -> String {
    let is_own = |next: &&str| {
        (*next == "/console" || next.starts_with("/console/") || next.starts_with("/console?"))
            && next.bytes().all(|byte| byte.is_ascii_graphic())
            && !next.contains("..")
    };
    next.filter(is_own).unwrap_or("/console").to_owned()
}

fn view(language: Language, next: &str, is_rejected: bool) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let title = say("Log in to the console", "콘솔 로그인");
    let main = html! {
        section.card.login {
            h1 { (title) }
            p.lead {
                (say("Paste an API key with the scope ", "권한 "))
                code { "console" }
                (say(". It is checked once; the browser keeps a signed session, not the key.",
                    "을 가진 API 키를 붙여 넣으세요. 키는 한 번만 확인하며, 브라우저에는 키가 아니라 서명된 세션만 남습니다."))
            }
            @if is_rejected {
                p.notice.bad #login-error role="alert" {
                    (say("This key is unknown, expired, or lacks the scope.", "키를 알 수 없거나, 만료되었거나, 권한이 없습니다."))
                }
            }
            form method="post" action="/console/login" {
                input type="hidden" name="next" value=(next);
                label.field {
                    span { (say("API key", "API 키")) }
                    input name="key" type="password" autocomplete="current-password" spellcheck="false" required
                        aria-describedby=[is_rejected.then_some("login-error")];
                }
                button.primary type="submit" { (say("Log in", "로그인")) }
            }
            p.quiet {
                (say("Make a key: ", "키 만들기: "))
                code { "injeung key add --name reviewer --scope console" }
            }
        }
    };
    let parts = Frame {
        language,
        title,
        home: "/console",
        script: "console.js",
        address: "/console/login",
        navigation: html! {},
        controls: html! {},
    };
    frame(&parts, &main)
}

#[cfg(test)]
mod tests {
    use super::own_page;

    #[test]
    fn the_log_in_leads_to_the_console_only() {
        for own in ["/console", "/console/attempts?errcode=4", "/console?lang=ko"] {
            assert_eq!(own_page(Some(own)), own);
        }
        for other in [
            "//evil.example",
            "https://evil.example",
            "/consoles",
            "/",
            "",
            "/console/\r\nx",
            "/console/../x",
        ] {
            assert_eq!(own_page(Some(other)), "/console", "{other:?}");
        }
        assert_eq!(own_page(None), "/console");
    }
}
