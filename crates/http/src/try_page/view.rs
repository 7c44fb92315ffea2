use maud::{Markup, html};
use serde_json::json;

use super::samples::{Purpose, Sample};
use crate::pages::{Frame, Language, frame};

/// What the page depends on.
pub(super) struct Page {
    pub(super) language: Language,
    pub(super) participation: i64,
    pub(super) needs_credential: bool,
    pub(super) has_console: bool,
    pub(super) samples: Vec<&'static Sample>,
    pub(super) max_body_bytes: usize,
}

pub(super) fn page(page: &Page) -> Markup {
    let language = page.language;
    let title = language.say("Try it", "체험하기");
    let frame_of = Frame {
        language,
        title,
        home: "/",
        script: "try.js",
        address: "/",
        navigation: html! {
            a href="/" aria-current="page" { (title) }
            @if page.has_console { a href="/console" { (language.say("Console", "콘솔")) } }
        },
        controls: html! {},
    };
    frame(&frame_of, &main(page))
}

fn main(page: &Page) -> Markup {
    let say = |english, korean| page.language.say(english, korean);
    html! {
        div id="try" data-max-bytes=(page.max_body_bytes) data-lang=(page.language.tag())
            data-credential=(page.needs_credential) {
            section.hero {
                h1 { (say("Does today’s photo prove it?", "오늘 사진이 인증이 될까요?")) }
                p.lead {
                    (say(
                        "Register a place, then show it again – or name a thing and show that. Everything runs on \
                         this machine, with the same calls your app will make.",
                        "장소를 한 번 등록하고 다시 찍어 보세요. 또는 단어를 고르고 그것을 찍어 보세요. 모두 이 서버에서, \
                         앱이 쓰게 될 바로 그 호출로 실행됩니다.",
                    ))
                }
            }
            (options(page))
            div.steps {
                (reference_card(page))
                (photo_card(page))
            }
            (result(page))
            (camera(page))
            script #texts type="application/json" { (maud::PreEscaped(texts(page.language))) }
        }
    }
}

/// The kind of proof, the participation and the credential.
fn options(page: &Page) -> Markup {
    let say = |english, korean| page.language.say(english, korean);
    html! {
        form.options #options {
            fieldset.modes {
                legend.quiet { (say("Kind of proof", "인증 방식")) }
                label { input type="radio" name="mode" value="scene" checked;
                    span { (say("The same place", "같은 장소")) } }
                label { input type="radio" name="mode" value="keyword";
                    span { (say("A keyword", "단어")) } }
            }
            label.field {
                span { (say("Participation", "참가자 아이디")) }
                input #participation name="participation" inputmode="numeric" pattern="[1-9][0-9]*" autocomplete="off"
                    required value=(page.participation);
            }
            @if page.needs_credential {
                label.field.wide {
                    span { (say("API key or token", "API 키 또는 토큰")) }
                    input #credential name="credential" type="password" autocomplete="off" spellcheck="false"
                        placeholder=(say("kept in this tab only", "이 탭에서만 보관됩니다"));
                }
            }
        }
    }
}

fn reference_card(page: &Page) -> Markup {
    let say = |english, korean| page.language.say(english, korean);
    html! {
        section.card.step #reference-card aria-labelledby="reference-title" {
            h2 #reference-title { span.number aria-hidden="true" { "1" }
                (say("Register the place", "장소 등록")) }
            (picker("reference", page.language))
            (samples(page, "reference", &[Purpose::Reference]))
            div.actions {
                button.primary #register type="button" disabled { (say("Register", "등록하기")) }
                p.status #reference-status role="status" {}
            }
        }
    }
}

fn photo_card(page: &Page) -> Markup {
    let say = |english, korean| page.language.say(english, korean);
    html! {
        section.card.step #photo-card aria-labelledby="photo-title" {
            h2 #photo-title { span.number #photo-number aria-hidden="true" { "2" }
                (say("Today’s photo", "오늘의 사진")) }
            (picker("photo", page.language))
            (samples(page, "photo", &[Purpose::Photo, Purpose::Keyword]))
            label.field.keyword-field hidden[true] {
                span { (say("The photo must show", "사진에 보여야 하는 것")) }
                input #keyword name="keyword" maxlength="100" autocomplete="off" value=(say("squirrel", "다람쥐"));
            }
            div.actions {
                button.primary #verify type="button" disabled { (say("Verify", "인증하기")) }
                p.status #photo-status role="status" {}
            }
        }
    }
}

/// A place for a photo: dropped, picked, or taken.
fn picker(name: &str, language: Language) -> Markup {
    let say = |english, korean| language.say(english, korean);
    let input = format!("{name}-file");
    html! {
        div.drop data-slot=(name) {
            label.drop-target for=(input) {
                img.preview alt="" hidden[true];
                span.drop-hint {
                    svg viewBox="0 0 24 24" width="30" height="30" aria-hidden="true" {
                        path d="M4 8.500A2.500 2.500 0 0 1 6.500 6h1.600l1.200-1.800h5.400L15.900 6h1.600A2.500 2.500 0 0 1 20 8.500v8A2.500 2.500 0 0 1 17.500 19h-11A2.500 2.500 0 0 1 4 16.500z" {}
                        circle cx="12" cy="12.300" r="3.400" {}
                    }
                    span { (say("Drop a photo here, or pick one", "사진을 끌어다 놓거나 선택하세요")) }
                }
            }
            input.file id=(input) type="file" accept="image/jpeg,image/png,image/webp"
                aria-label=(say("Pick a photo", "사진 선택"));
            button.camera-button type="button" data-camera=(name) {
                (say("Use the camera", "카메라로 찍기"))
            }
        }
    }
}

fn samples(page: &Page, slot: &str, purposes: &[Purpose]) -> Markup {
    let language = page.language;
    let is_offered = |sample: &&&Sample| sample.purposes.iter().any(|one| purposes.contains(one));
    let offered: Vec<_> = page.samples.iter().filter(is_offered).collect();
    html! {
        @if !offered.is_empty() {
            div.samples role="group" aria-label=(language.say("Sample photos", "예시 사진")) {
                @for sample in offered {
                    @let name = language.say(sample.english, sample.korean);
                    @let keyword = sample.keyword.map(|word| language.say(english(word), word));
                    button.sample type="button" data-slot=(slot) data-name=(sample.file) data-keyword=[keyword]
                        hidden[sample.keyword.is_some()] title=(name) {
                        img src=(format!("/try/samples/{}", sample.file)) alt=(name) loading="lazy" width="72" height="54";
                    }
                }
            }
        }
    }
}

/// The English form of a sample's keyword.
fn english(keyword: &str) -> &str {
    match keyword {
        "다람쥐" => "squirrel",
        "과일" => "fruit",
        "나비" => "butterfly",
        other => other,
    }
}

fn result(page: &Page) -> Markup {
    let say = |english, korean| page.language.say(english, korean);
    html! {
        section.card.result #result hidden[true] aria-labelledby="verdict" {
            div.verdict-row aria-live="polite" {
                span.badge #badge aria-hidden="true" {}
                div {
                    h2 #verdict tabindex="-1" {}
                    p.meaning #meaning {}
                }
                p.took #took {}
            }
            div.meter-block #meter-block hidden[true] {
                div.meter-labels { span #meter-value {} span #meter-threshold {} }
                svg.meter #meter role="img" viewBox="0 0 100 7" preserveAspectRatio="none" {}
            }
            figure.drawing #drawing-block hidden[true] {
                div #drawing {}
                figcaption #drawing-caption {}
            }
            div.columns {
                div #tiers-block hidden[true] {
                    h3 { (say("What each tier found, and its cost", "단계별 결과와 비용")) }
                    div.table-scroll tabindex="0" role="group" aria-label=(say("Tiers", "단계")) { table.tiers #tiers {} }
                }
                div #concepts-block hidden[true] {
                    h3 { (say("What the classifier sees", "분류기가 본 것")) }
                    ul.bars #concepts {}
                }
                div #stages-block hidden[true] {
                    h3 { (say("Where the time went", "소요 시간")) }
                    ul.bars #stages {}
                }
            }
            details {
                summary { (say("The same call with curl", "같은 호출을 curl로")) }
                div.code {
                    button.copy type="button" data-copy="curl" { (say("Copy", "복사")) }
                    pre #curl tabindex="0" {}
                }
            }
            details {
                summary { (say("Response and evidence as JSON", "응답과 근거 (JSON)")) }
                div.code {
                    button.copy type="button" data-copy="raw" { (say("Copy", "복사")) }
                    pre #raw tabindex="0" {}
                }
            }
        }
    }
}

fn camera(page: &Page) -> Markup {
    let say = |english, korean| page.language.say(english, korean);
    html! {
        dialog.camera #camera aria-labelledby="camera-title" {
            div.camera-head {
                h2 #camera-title { (say("Take the photo", "사진 찍기")) }
                button.quiet-button #camera-close type="button" { (say("Close", "닫기")) }
            }
            div.viewfinder {
                video #video playsinline muted autoplay {}
                img.ghost #ghost alt="" hidden[true];
                p.camera-error #camera-error role="alert" hidden[true] {}
            }
            label.ghost-control #ghost-control hidden[true] {
                span { (say("Reference on top", "기준 사진 겹치기")) }
                input #ghost-opacity type="range" min="0" max="90" value="40";
            }
            div.actions.center {
                button.shutter #shutter type="button" { span.visually-hidden { (say("Take", "촬영")) } }
            }
        }
    }
}

/// Texts of the script. JSON in HTML must not contain `</`.
fn texts(language: Language) -> String {
    let say = |english: &'static str, korean: &'static str| language.say(english, korean);
    let texts = json!({
        "accepted": say("Accepted", "인증되었습니다"),
        "rejected": say("Rejected", "인증되지 않았습니다"),
        "samePlace": say("It is the same place", "같은 장소입니다"),
        "otherPlace": say("It is not the same place", "같은 장소가 아닙니다"),
        "showsIt": say("It shows “{0}”", "‘{0}’ 사진입니다"),
        "showsNothing": say("It does not show “{0}”", "‘{0}’ 사진이 아닙니다"),
        "decided": say("decided", "결정"),
        "failed": say("The request failed", "요청이 실패했습니다"),
        "registered": say("Registered", "등록되었습니다"),
        "notRegistered": say("Not registered", "등록되지 않았습니다"),
        "working": say("Working …", "처리 중 …"),
        "probability": say("Probability that both show the same place", "같은 장소일 확률"),
        "threshold": say("accepted from {0}", "{0}부터 인정"),
        "drawing": say(
            "Each line joins a spot of the reference with the same spot in today’s photo: {0} pairs agree on one camera motion.",
            "선은 기준 사진의 한 지점과 오늘 사진의 같은 지점을 잇습니다. {0}쌍이 하나의 카메라 움직임과 일치합니다.",
        ),
        "noMatches": say(
            "No spots of the two photos agree on one camera motion.",
            "두 사진에서 하나의 카메라 움직임과 일치하는 지점이 없습니다.",
        ),
        "referenceAlt": say("Reference", "기준 사진"),
        "photoAlt": say("Today’s photo", "오늘의 사진"),
        "tier": say("Tier", "단계"),
        "points": say("Points", "특징점"),
        "pairs": say("Pairs", "쌍"),
        "agree": say("Agree", "일치"),
        "confirmed": say("Look alike", "주변도 일치"),
        "time": say("Time", "시간"),
        "total": say("{0} ms in total", "총 {0}ms"),
        "points_found": say("{0} points", "특징점 {0}개"),
        "nothing": say("nothing above its threshold", "기준을 넘는 것이 없습니다"),
        "noCamera": say(
            "The camera cannot be used: {0}",
            "카메라를 사용할 수 없습니다: {0}",
        ),
        "tooLarge": say("The file is too large for this service.", "이 서버가 받기에 파일이 너무 큽니다."),
        "notPhoto": say("That file is not a photo this browser can show.", "브라우저가 표시할 수 있는 사진이 아닙니다."),
        "network": say("The service did not answer.", "서버가 응답하지 않습니다."),
        "copied": say("Copied", "복사됨"),
        "hello": say("hello", "안녕하세요"),
        "existing": say("Registered earlier", "이전에 등록된 사진"),
        "stages": {
            "admit": say("Look up and check the window", "조회와 시간 확인"),
            "encode": say("Encode the JPEG", "JPEG 만들기"),
            "examine": say("Examine", "분석"),
            "store": say("Store photo and row", "사진과 행 저장"),
        },
        "issues": {
            "too_few_features": say("too few details", "특징점이 너무 적음"),
            "few_features": say("few details", "특징점이 적음"),
            "dark": say("too dark", "너무 어두움"),
            "blurred": say("blurred", "흐림"),
            "one_spot": say("details in one spot only", "특징점이 한곳에 몰림"),
            "little_texture": say("too plain", "무늬가 거의 없음"),
        },
    });
    texts.to_string().replace("</", "<\\/")
}
