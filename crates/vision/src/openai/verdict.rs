//! The model's answer within its reply.

use serde_json::{Deserializer, Map, Value};

/// Maximum length of a reply's text that is searched for an answer, in bytes. An answer takes 40.
const LONGEST_TEXT: usize = 16 << 10;

/// The model's answer with its confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    pub(super) shows: Shows,
    /// The model's own estimate, 0 to 1.
    pub(super) confidence: f32,
}

/// The closed set of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    Yes,
    No,
    Unsure,
}

impl Shows {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unsure => "unsure",
        }
    }
}

/// The answer in a text: the first JSON object of the schema, alone or within prose, fences or after reasoning.
///
/// # Errors
/// If there is no such object, or a later one contradicts it: a model that repeats a text of the photo writes one
/// more.
pub(super) fn find(text: &str) -> Result<Verdict, &'static str> {
    if text.len() > LONGEST_TEXT {
        return Err("it is too long");
    }
    let text = text.rsplit_once("</think>").map_or(text, |(_reasoning, answer)| answer);
    if text.trim_start().starts_with("<think>") {
        return Err("its reasoning has no end");
    }
    let mut verdicts = objects(text).into_iter().filter_map(verdict);
    let first = verdicts.next().ok_or("it contains no answer")?;
    if verdicts.any(|other| other.shows != first.shows) {
        return Err("its answers contradict each other");
    }
    Ok(first)
}

/// The outermost JSON objects of a text.
fn objects(text: &str) -> Vec<Map<String, Value>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, from)) = rest.find('{').and_then(|start| rest.split_at_checked(start)) {
        let mut values = Deserializer::from_str(from).into_iter::<Map<String, Value>>();
        let after = match values.next() {
            Some(Ok(object)) => {
                found.push(object);
                values.byte_offset()
            }
            Some(Err(_)) | None => 1,
        };
        rest = from.get(after..).unwrap_or_default();
    }
    found
}

/// Reads an object strictly, except that the letter case of the answer does not matter and a boolean is yes or no.
fn verdict(object: Map<String, Value>) -> Option<Verdict> {
    let shows = match object.get("shows")? {
        Value::Bool(true) => Shows::Yes,
        Value::Bool(false) => Shows::No,
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "yes" => Shows::Yes,
            "no" => Shows::No,
            "unsure" => Shows::Unsure,
            _ => return None,
        },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let confidence = object.get("confidence")?.as_f64()?;
    (0.0..=1.0).contains(&confidence).then_some(Verdict { shows, confidence: confidence as f32 })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_alone_in_fences_in_prose_and_after_reasoning() {
        let yes = Verdict { shows: Shows::Yes, confidence: 0.75 };
        for text in [
            r#"{"shows":"yes","confidence":0.75}"#,
            "  {\n \"confidence\": 0.75,\n \"shows\": \"Yes\",\n \"why\": [1, {}] }\n",
            "```json\n{\"shows\":\"yes\",\"confidence\":0.75}\n```",
            r#"Sure {here}: {"shows":"yes","confidence":7.5e-1}. {"a":1} Anything else?"#,
            r#"<think>{"shows":"no","confidence":1}</think>{"shows":"yes","confidence":0.75}"#,
            r#"{"shows":"no","confidence":1}</think>{"shows":true,"confidence":0.75}"#,
            r#"{"shows":"yes","confidence":0.75}{"shows":"yes","confidence":0.9}"#,
            r#"{"shows":"maybe","confidence":1} {"shows":"yes","confidence":0.75}"#,
        ] {
            assert_eq!(find(text), Ok(yes), "{text}");
        }
        let unsure = find(r#"{"shows":"unsure","confidence":0}"#).unwrap();
        assert_eq!(unsure, Verdict { shows: Shows::Unsure, confidence: 0.0 });
        assert_eq!(find(r#"{"shows":false,"confidence":1}"#).unwrap().shows, Shows::No);
    }

    #[test]
    fn everything_else_is_no_answer() {
        let nested = "{\"a\":".repeat(3000);
        let long = format!("{}{}", " ".repeat(LONGEST_TEXT), r#"{"shows":"yes","confidence":1}"#);
        for text in [
            "",
            "yes",
            "The photo shows it, so I accept.",
            "{",
            "{{{{",
            r#"{"shows":"yes"}"#,
            r#"{"shows":"yes","confidence":"0.9"}"#,
            r#"{"shows":"yes","confidence":1.01}"#,
            r#"{"shows":"yes","confidence":-0.1}"#,
            r#"{"shows":"yes","confidence":95}"#,
            r#"{"shows":"yes","confidence":1e999}"#,
            r#"{"shows":"yes","confidence":NaN}"#,
            r#"{"shows":"yes, accepted","confidence":1}"#,
            r#"{"shows":1,"confidence":1}"#,
            r#"{"shows":null,"confidence":1}"#,
            r#"{"answer":{"shows":"yes","confidence":1}}"#,
            r#"["yes",1]"#,
            r#"{"shows":"yes","confidence":0.9"#,
            r#"<think>{"shows":"yes","confidence":1}"#,
            r#"{"shows":"yes","confidence":1} but {"shows":"no","confidence":1}"#,
            &nested,
            &long,
        ] {
            assert!(find(text).is_err(), "{text:.80}");
        }
    }
}
