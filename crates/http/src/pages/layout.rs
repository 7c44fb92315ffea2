use maud::{DOCTYPE, Markup, html};

use super::{Language, asset_url};

/// The parts in which the frames of pages differ.
pub(crate) struct Frame<'a> {
    pub(crate) language: Language,
    pub(crate) title: &'a str,
    /// Address of the first page.
    pub(crate) home: &'static str,
    /// Name of the page's script.
    pub(crate) script: &'static str,
    /// Path and query of the page without `lang`, to which the switch of languages leads.
    pub(crate) address: &'a str,
    /// Links in the head.
    pub(crate) navigation: Markup,
    /// Controls behind the links, such as the log-out.
    pub(crate) controls: Markup,
}

/// A complete page around `main`.
pub(crate) fn frame(frame: &Frame<'_>, main: &Markup) -> Markup {
    let Frame { language, title, home, script, address, navigation, controls } = frame;
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Injeung" }
                link rel="icon" type="image/svg+xml" href=(asset_url("icon.svg"));
                link rel="stylesheet" href=(asset_url("style.css"));
                script src=(asset_url(script)) defer {}
            }
            body {
                a.skip href="#main" { (language.say("Skip to the content", "본문으로 건너뛰기")) }
                header.top {
                    a.brand href=(home) {
                        img src=(asset_url("icon.svg")) alt="" width="28" height="28";
                        span.brand-name { "Injeung" }
                        span.brand-ko lang="ko" { "인증" }
                    }
                    nav.links aria-label=(language.say("Pages", "페이지")) { (navigation) }
                    div.controls {
                        (controls)
                        (languages(*language, address))
                    }
                }
                main #main tabindex="-1" { (main) }
            }
        }
    }
}

fn languages(current: Language, address: &str) -> Markup {
    let separator = if address.contains('?') { '&' } else { '?' };
    html! {
        nav.languages aria-label=(current.say("Language", "언어")) {
            @for language in Language::ALL {
                a href=(format!("{address}{separator}lang={}", language.tag())) lang=(language.tag())
                    hreflang=(language.tag()) aria-current=[(language == current).then_some("true")] {
                    (language.name())
                }
            }
        }
    }
}
