//! What is logged of an answer.

use injeung_vision::WithoutVerdict;
use tokio::runtime::Builder;

use super::*;
use crate::logged::logged;

/// Log lines of a classification with `when_unsure` and `when_refused` set to accept.
fn lines(play: Play) -> Vec<String> {
    let accept = |settings: &mut OpenAiSettings| {
        settings.when_unsure = WithoutVerdict::Accept;
        settings.when_refused = WithoutVerdict::Accept;
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let classify = || drop(runtime.block_on(with([play], accept)));
    logged(classify).into_iter().filter(|line| line.contains("photo")).collect()
}

#[test]
fn an_answer_is_logged_with_its_cost_and_the_id_of_its_request() {
    let Play::Answer(status, body) = text(r#"{"shows":"no","confidence":0.5}"#) else { panic!() };
    assert_eq!(
        lines(Play::Headed(status, "x-request-id: req_7\r\n", body)),
        ["INFO message=the model examined a photo keyword=운동화 answer=\"no\" confidence=0.5 \
          prompt_tokens=180 completion_tokens=12 request_id=\"req_7\""]
    );
}

#[test]
fn a_photo_that_passes_without_a_verdict_is_marked_for_review() {
    let unsure = text(r#"{"shows":"unsure","confidence":0.5}"#);
    let refused = completion(&json!({ "refusal": "no" }), &json!("stop"));
    for (play, answer) in [(unsure, "unsure"), (refused, "refused")] {
        let lines = lines(play);
        let marked = format!("review=true keyword=운동화 answer={answer:?}");
        assert!(lines[1].starts_with("WARN") && lines[1].contains(&marked), "{lines:?}");
    }
    assert_eq!(lines(yes()).len(), 1);
}
