use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::access::Operator;
use crate::pages::{self, Frame, Language};

/// A page in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Queue,
    Attempts,
    Statistics,
    Participations,
    Log,
    Webhooks,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Queue,
        Self::Attempts,
        Self::Statistics,
        Self::Participations,
        Self::Log,
        Self::Webhooks,
    ];

    fn address(self) -> &'static str {
        match self {
            Self::Queue => "/console",
            Self::Attempts => "/console/attempts",
            Self::Statistics => "/console/statistics",
            Self::Participations => "/console/participations",
            Self::Log => "/console/log",
            Self::Webhooks => "/console/webhooks",
        }
    }

    fn name(self, language: Language) -> &'static str {
        match self {
            Self::Queue => language.say("Queue", "대기열"),
            Self::Attempts => language.say("Attempts", "전체 기록"),
            Self::Statistics => language.say("Statistics", "통계"),
            Self::Participations => language.say("Participations", "참가자"),
            Self::Log => language.say("Decisions", "결정 기록"),
            Self::Webhooks => language.say("Webhooks", "웹훅"),
        }
    }
}

/// Response with a page of the console.
pub(super) fn page(
    request: &HttpRequest,
    operator: &Operator,
    tab: Tab,
    title: &str,
    main: &Markup,
) -> HttpResponse {
    let language = Language::of(request);
    let address = without_language(request);
    let frame = Frame {
        language,
        title,
        home: "/console",
        script: "console.js",
        address: &address,
        navigation: navigation(language, tab),
        controls: controls(language, operator),
    };
    pages::page(request, StatusCode::OK, pages::frame(&frame, main))
}

/// Path and query of a request without the choice of a language.
fn without_language(request: &HttpRequest) -> String {
    let kept: Vec<_> = request
        .query_string()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .collect();
    let separator = if kept.is_empty() { "" } else { "?" };
    format!("{}{separator}{}", request.path(), kept.join("&"))
}

fn navigation(language: Language, current: Tab) -> Markup {
    html! {
        @for tab in Tab::ALL {
            a href=(tab.address()) aria-current=[(tab == current).then_some("page")] { (tab.name(language)) }
        }
    }
}

fn controls(language: Language, operator: &Operator) -> Markup {
    html! {
        button.quiet-button.shortcut-switch #shortcut-switch type="button" aria-pressed="true" hidden {
            (language.say("Shortcuts", "단축키")) " " span.switch-state data-on=(language.say("on", "켬")) data-off=(language.say("off", "끔")) {}
        }
        @if operator.is_logged_in {
            form method="post" action="/console/logout" {
                input type="hidden" name="token" value=(operator.form_token);
                button.quiet-button type="submit" title=(operator.name) { (language.say("Log out", "로그아웃")) }
            }
        }
    }
}
