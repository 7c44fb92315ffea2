//! The HTTP contract, row by row, tested with the running program.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod auth;
mod classification;
mod faults;
mod graphics;
mod idempotency;
mod img_feature;
mod names;
mod photos;
mod replay;
mod rules;
mod std_img;
mod views;
mod window;
mod wire;

use serde_json::{Value, json};

use crate::support::base64;

/// Message of the contract for malformed input to any call.
const MALFORMED: &str = "입력이 바르지 않습니다.";

/// Valid body of `POST /std_img`.
fn std_img(id: i64, photo: &[u8]) -> Value {
    json!({ "participation_id": id.to_string(), "std_img": base64(photo) })
}

/// Valid body of `POST /img_feature`.
fn img_feature(id: i64, photo: &[u8]) -> Value {
    json!({
        "participation_id": id.to_string(),
        "feed_img": base64(photo),
        "feed_content": "오늘도 했다",
    })
}

/// Valid body of `POST /classification`.
fn classification(id: i64, photo: &[u8], keyword: &str) -> Value {
    json!({
        "participation_id": id,
        "feed_img": base64(photo),
        "feed_content": "오늘도 했다",
        "classification_keyword": keyword,
    })
}

/// Returns a body with one field replaced or removed.
fn with(mut body: Value, field: &str, value: Option<Value>) -> Value {
    let fields = body.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    body
}

/// Returns every variant of a valid body with one field missing or of a wrong type.
fn missing_or_mistyped(good: &Value) -> Vec<Value> {
    let wrong = |field: &str| match field {
        "participation_id" => {
            vec![
                json!(null),
                json!(0),
                json!(-1),
                json!(1.5),
                json!(""),
                json!("0"),
                json!("-1"),
                json!("one"),
                json!("1.0"),
                json!("9223372036854775808"),
                json!(true),
                json!([1]),
            ]
        }
        _ => vec![json!(null), json!(1), json!(false), json!(["a"]), json!({ "a": "b" })],
    };
    let fields: Vec<&String> = good.as_object().unwrap().keys().collect();
    let mut bodies = Vec::new();
    for field in fields {
        bodies.push(with(good.clone(), field, None));
        let wrong = wrong(field).into_iter();
        bodies.extend(wrong.map(|value| with(good.clone(), field, Some(value))));
    }
    bodies
}
