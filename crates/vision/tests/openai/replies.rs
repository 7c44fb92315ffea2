//! Results of complete replies.

use injeung_vision::WithoutVerdict;

use super::*;

const UNSURE: &str = r#"{"shows":"unsure","confidence":0.4}"#;

/// Replies in which the model, or a filter, refuses.
fn refusals() -> Vec<Play> {
    let refusal = json!({ "role": "assistant", "content": null, "refusal": "I cannot help." });
    let part = json!({ "role": "assistant", "content": [{ "type": "refusal", "refusal": "No." }] });
    let filtered = json!({ "role": "assistant" });
    let half = json!({ "role": "assistant", "content": r#"{"shows":"yes","confidence":1}"# });
    let azure = r#"{"error":{"message":"filtered","type":null,"param":"prompt","code":"content_filter",
        "status":400,"innererror":{"code":"ResponsibleAIPolicyViolation",
        "content_filter_result":{"violence":{"filtered":true,"severity":"high"}}}}}"#;
    let policy = r#"{"error":{"message":"policy","type":"invalid_request_error","param":null,
        "code":"image_content_policy_violation"}}"#;
    vec![
        completion(&refusal, &json!("stop")),
        completion(&part, &json!("stop")),
        completion(&filtered, &json!("content_filter")),
        completion(&half, &json!("content_filter")),
        Play::Answer(400, azure.to_owned()),
        Play::Answer(400, policy.to_owned()),
    ]
}

#[tokio::test]
async fn yes_is_the_keyword_and_no_is_nothing() {
    assert_final(yes(), shown(0.93)).await;
    assert_final(text(r#"{"shows":"no","confidence":0.99}"#), not_shown()).await;
}

#[tokio::test]
async fn the_concept_has_a_name_of_the_keyword() {
    for text in
        ["운동화", "#Running  Shoes!", "강아지를", "🍎", "요가 매트, dog", "a/b", "\"모자\""]
    {
        let server = FakeServer::start([yes()]);
        let keyword: Keyword = text.parse().unwrap();
        let classifier = classifier(settings(&server));
        let concepts = classifier.classify(&photos::transparent(), &keyword).await.unwrap();
        assert!(keyword.is_among(&concepts), "{text}");
    }
}

#[tokio::test]
async fn a_yes_below_the_minimum_is_unsure() {
    let weak = || [text(r#"{"shows":"yes","confidence":0.49}"#)];
    assert_eq!(classify(weak()).await, (not_shown(), 1));
    let accept = |settings: &mut OpenAiSettings| settings.when_unsure = WithoutVerdict::Accept;
    assert_eq!(with(weak(), accept).await, (shown(0.49), 1));
    let lower = |settings: &mut OpenAiSettings| settings.min_confidence = 0.49;
    assert_eq!(with(weak(), lower).await, (shown(0.49), 1));
}

#[tokio::test]
async fn unsure_is_handled_as_configured() {
    assert_final(text(UNSURE), not_shown()).await;
    let accept = |settings: &mut OpenAiSettings| settings.when_unsure = WithoutVerdict::Accept;
    assert_eq!(with([text(UNSURE)], accept).await, (shown(0.4), 1));
    let other = |settings: &mut OpenAiSettings| settings.when_refused = WithoutVerdict::Accept;
    assert_eq!(with([text(UNSURE)], other).await, (not_shown(), 1));
}

#[tokio::test]
async fn a_refusal_is_handled_as_configured() {
    for refusal in refusals() {
        assert_final(refusal.clone(), not_shown()).await;
        let accept = |settings: &mut OpenAiSettings| settings.when_refused = WithoutVerdict::Accept;
        assert_eq!(with([refusal.clone()], accept).await, (shown(0.0), 1));
        let other = |settings: &mut OpenAiSettings| settings.when_unsure = WithoutVerdict::Accept;
        assert_eq!(with([refusal], other).await, (not_shown(), 1));
    }
}

#[tokio::test]
async fn no_is_rejected_whatever_is_configured() {
    let accept = |settings: &mut OpenAiSettings| {
        settings.when_unsure = WithoutVerdict::Accept;
        settings.when_refused = WithoutVerdict::Accept;
    };
    let no = text(r#"{"shows":"no","confidence":0.01}"#);
    assert_eq!(with([no], accept).await, (not_shown(), 1));
}

#[tokio::test]
async fn an_answer_in_prose_fences_parts_or_after_reasoning_is_read() {
    let answer = r#"{"shows":"yes","confidence":0.93}"#;
    for reply in [
        format!("```json\n{answer}\n```"),
        format!("Here is the answer: {answer}. Is there more?"),
        format!("<think>Is it {{a shoe}}?</think>\n{answer}"),
    ] {
        assert_final(text(&reply), shown(0.93)).await;
    }
    let parts = json!({ "content": [{ "type": "text", "text": answer }, { "type": "audio" }] });
    let ollama = json!({ "role": "assistant", "content": answer, "reasoning": "It is a shoe." });
    for (message, finish_reason) in
        [(&parts, json!("stop")), (&ollama, json!(null)), (&ollama, json!("something_new"))]
    {
        assert_final(completion(message, &finish_reason), shown(0.93)).await;
    }
    let bare = json!({ "choices": [{ "message": { "content": answer } }] }).to_string();
    assert_final(Play::Answer(200, bare), shown(0.93)).await;
}

#[tokio::test]
async fn a_photo_whose_text_instructs_the_model_does_not_pass() {
    // The model follows the text in the photo instead of the question.
    for obeyed in [
        "yes",
        "ACCEPTED. This photo shows running shoes with 100 % confidence.",
        r#"{"accept":true}"#,
        r#"{"shows":"accept","confidence":1}"#,
        r#"{"shows":"yes","confidence":100}"#,
        r#"{"shows":["yes"],"confidence":1}"#,
        r#"The sign reads {"shows":"yes","confidence":1}. {"shows":"no","confidence":0.9}"#,
    ] {
        let accept = |settings: &mut OpenAiSettings| {
            settings.when_unsure = WithoutVerdict::Accept;
            settings.when_refused = WithoutVerdict::Accept;
        };
        assert_eq!(with(vec![text(obeyed); 4], accept).await, (TRANSIENT, 3), "{obeyed}");
    }
}

#[tokio::test]
async fn another_attempt_can_answer_what_one_did_not() {
    for message in [
        json!({ "content": null }),
        json!({ "content": "" }),
        json!({ "content": [] }),
        json!({ "content": null, "refusal": "" }),
        json!({ "content": null, "tool_calls": [{ "id": "1" }] }),
        json!(null),
    ] {
        assert_passes(completion(&message, &json!("stop"))).await;
    }
    for body in ["{}", "[]", "null", r#"{"choices":[]}"#, r#"{"choices":null}"#] {
        assert_passes(Play::Answer(200, body.to_owned())).await;
    }
    assert_passes(text(r#"{"shows":"yes"}"#)).await;
}

#[tokio::test]
async fn a_reply_cut_at_the_maximum_is_a_fault_that_names_the_setting() {
    let message = json!({ "content": "{\"shows\":\"yes\",\"conf" });
    let server = FakeServer::start([completion(&message, &json!("length")), yes()]);
    let result = classifier(settings(&server)).classify(&photos::transparent(), &keyword()).await;
    let error = result.unwrap_err();
    assert!(error.to_string().contains("classifier.openai.max_tokens"), "{error}");
    assert_eq!(Outcome::from(Err(error)), PERMANENT);
    assert_eq!(server.received().len(), 1);
}
