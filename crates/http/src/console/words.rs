//! Words of the console for values of the domain.

use injeung_domain::{
    Attempt, AttemptKind, AttemptOrder, AttemptOutcome, ReviewDecision, ReviewReason, ReviewState,
};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

use crate::pages::Language;
use crate::server::Server;

pub(super) fn outcome(language: Language, outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Accepted => language.say("Accepted", "인증"),
        AttemptOutcome::Rejected => language.say("Rejected", "거절"),
        AttemptOutcome::Failed => language.say("Failed", "실패"),
    }
}

pub(super) fn kind(language: Language, kind: AttemptKind) -> &'static str {
    match kind {
        AttemptKind::Feature => language.say("Place", "장소"),
        AttemptKind::Keyword => language.say("Keyword", "단어"),
    }
}

/// State of an attempt, with the decision about it, and the class of its chip.
pub(super) fn state(language: Language, attempt: &Attempt) -> (&'static str, &'static str) {
    match (attempt.review, attempt.record.outcome) {
        (Some(ReviewState::Accepted), _) => {
            (language.say("Accepted by an operator", "수동 인증"), "warn")
        }
        (Some(ReviewState::Confirmed), _) => {
            (language.say("Rejection confirmed", "거절 확정"), "bad")
        }
        (None, AttemptOutcome::Accepted) => (outcome(language, AttemptOutcome::Accepted), "good"),
        (None, AttemptOutcome::Rejected) => (outcome(language, AttemptOutcome::Rejected), "bad"),
        (None, AttemptOutcome::Failed) => (outcome(language, AttemptOutcome::Failed), "warn"),
    }
}

pub(super) fn review_state(language: Language, state: Option<ReviewState>) -> &'static str {
    match state {
        None => language.say("rejected", "거절"),
        Some(ReviewState::Accepted) => language.say("accepted", "인증"),
        Some(ReviewState::Confirmed) => language.say("rejection confirmed", "거절 확정"),
    }
}

pub(super) fn decision(language: Language, decision: ReviewDecision) -> &'static str {
    match decision {
        ReviewDecision::Accept => language.say("Accept", "인증으로 변경"),
        ReviewDecision::Confirm => language.say("Keep rejected", "거절 유지"),
        ReviewDecision::Undo => language.say("Undo", "되돌리기"),
    }
}

pub(super) fn reason(language: Language, reason: ReviewReason) -> &'static str {
    use ReviewReason as Reason;
    match reason {
        Reason::ShowsIt => language.say("It plainly shows it", "분명히 보입니다"),
        Reason::SceneChanged => {
            language.say("The place itself changed", "장소 자체가 바뀌었습니다")
        }
        Reason::PoorReference => language.say("The reference is poor", "기준 사진이 부족합니다"),
        Reason::PoorPhoto => {
            language.say("Dark or blurred, but it shows it", "어둡거나 흐리지만 보입니다")
        }
        Reason::Exception => language.say("An exception from the rules", "규칙의 예외입니다"),
        Reason::ShowsSomethingElse => {
            language.say("It shows something else", "다른 것을 찍었습니다")
        }
        Reason::NotTaken => {
            language.say("A screen, a print or an old photo", "화면, 인쇄물, 지난 사진입니다")
        }
        Reason::Unclear => language.say("Not enough can be seen", "보이는 것이 부족합니다"),
        Reason::Mistake => language.say("The decision was a mistake", "잘못 결정했습니다"),
        Reason::NewInformation => language.say("New information", "새로운 정보가 있습니다"),
    }
}

pub(super) fn order(language: Language, order: AttemptOrder) -> &'static str {
    match order {
        AttemptOrder::Newest => language.say("Newest first", "최신순"),
        AttemptOrder::Oldest => language.say("Oldest first", "오래된순"),
        AttemptOrder::MostProbable => language.say("Most probable first", "확률 높은순"),
        AttemptOrder::LeastProbable => language.say("Least probable first", "확률 낮은순"),
        AttemptOrder::Slowest => language.say("Slowest first", "느린순"),
    }
}

pub(super) fn stage(language: Language, name: &str) -> &str {
    match name {
        "admit" => language.say("Look up and check the window", "조회와 시간 확인"),
        "encode" => language.say("Encode the JPEG", "JPEG 만들기"),
        "examine" => language.say("Examine", "분석"),
        "store" => language.say("Store photo and row", "사진과 행 저장"),
        other => other,
    }
}

/// A flag of a photo by its name in records.
pub(super) fn flag(language: Language, name: &str) -> &str {
    match name {
        "screen" => language.say("May show a screen", "화면을 찍은 것일 수 있습니다"),
        "screenshot" => language.say("May be a screenshot", "화면 캡처일 수 있습니다"),
        "capture_time" => language.say(
            "Taken more than an hour before or after the request",
            "촬영 시각이 요청과 한 시간 넘게 다릅니다",
        ),
        "edited" => {
            language.say("Saved by a photo editor", "사진 편집 프로그램으로 저장되었습니다")
        }
        "no_metadata" => {
            language.say("No capture time and no camera", "촬영 시각과 카메라 정보가 없습니다")
        }
        other => other,
    }
}

/// Local date and time in the service's time zone: `2026-11-28 07:12:08`.
pub(super) fn time(server: &Server, at: OffsetDateTime) -> String {
    let local = server.policy.time_zone.local(at);
    let (date, time) = (local.date(), local.time());
    format!("{} {:02}:{:02}:{:02}", day(date), time.hour(), time.minute(), time.second())
}

/// Local month, day, hour and minute: `11-28 07:12`.
pub(super) fn short_time(server: &Server, at: OffsetDateTime) -> String {
    let whole = time(server, at);
    whole.get(5..16).unwrap_or(&whole).to_owned()
}

/// `2026-11-28`
pub(super) fn day(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// The first instant of a day in the service's time zone.
pub(super) fn start_of(server: &Server, date: Date) -> OffsetDateTime {
    let midnight = PrimitiveDateTime::new(date, time::Time::MIDNIGHT);
    let utc = midnight.assume_utc();
    // The local time at that UTC instant differs from it by the zone's offset.
    utc - (server.policy.time_zone.local(utc) - midnight)
}

/// A share as a percentage: `47 %`, with a decimal near the ends.
pub(super) fn percent(share: f64) -> String {
    if (0.0995..0.9945).contains(&share) {
        format!("{:.0} %", share * 100.0)
    } else {
        format!("{:.1} %", share * 100.0)
    }
}

/// A duration: `850 ms`, `1.23 s`.
pub(super) fn duration(took: Duration) -> String {
    let milliseconds = took.whole_milliseconds();
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.2} s", took.as_seconds_f64())
    }
}
