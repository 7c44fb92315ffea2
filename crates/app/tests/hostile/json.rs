//! Malformed JSON, and JSON of a wrong shape.

use serde_json::json;

use crate::support::home::Home;
use crate::support::pictures::desk;
use crate::support::{base64, form, raw};
use crate::{CALLS, MALFORMED, Target, answer_to};

/// Body for any call; the parts are inserted as JSON.
fn body(id: &str, photo: &str, content: &str, keyword: &str) -> Vec<u8> {
    format!(
        "{{\"participation_id\":{id},\"std_img\":{photo},\"feed_img\":{photo},\
         \"feed_content\":{content},\"classification_keyword\":{keyword}}}"
    )
    .into_bytes()
}

fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let photo = format!("{:?}", base64(&desk()));
    let of_id = |id: &str| body(id, &photo, "\"x\"", "\"dog\"");
    let of_photo = |photo: &str| body("1", photo, "\"x\"", "\"dog\"");
    let good = of_id("1");
    let in_front = |extra: &[u8]| [b"{", extra, b",", &good[1..]].concat();
    let last = |to: &[u8]| [&good[..good.len() - 6], to].concat();
    vec![
        ("nothing", vec![]),
        ("a blank", b" ".to_vec()),
        ("cut after the brace", b"{".to_vec()),
        ("cut in a name", good[..8].to_vec()),
        ("cut in the photo", good[..5000].to_vec()),
        ("cut before the last brace", good[..good.len() - 1].to_vec()),
        ("something behind", [&good[..], b"{}"].concat()),
        ("null", b"null".to_vec()),
        ("a number", b"1".to_vec()),
        ("a text", b"\"participation_id\"".to_vec()),
        ("a text of 5 MB", [&b"\""[..], &[b'a'; 5_000_000], b"\""].concat()),
        ("an array of the fields", format!("[1,{photo},\"x\",\"dog\"]").into_bytes()),
        ("an array of the object", [b"[", &good[..], b"]"].concat()),
        ("an empty object", b"{}".to_vec()),
        ("single quotes", b"{'participation_id':1}".to_vec()),
        ("a trailing comma", last(b"\"dog\",}")),
        ("a comment", [b"/* */", &good[..]].concat()),
        ("a byte order mark", [b"\xef\xbb\xbf", &good[..]].concat()),
        (
            "UTF-16",
            String::from_utf8_lossy(&good).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("invalid UTF-8", in_front(b"\"u\":\"\xff\xfe\"")),
        ("overlong UTF-8", in_front(b"\"u\":\"\xc0\xaf\"")),
        ("half a surrogate", of_id("\"\\ud800\"")),
        ("a raw NUL", in_front(b"\"u\":\"\0\"")),
        ("NULs alone", vec![0; 100_000]),
        ("an unknown escape", in_front(b"\"u\":\"\\x41\"")),
        ("2^63", of_id("9223372036854775808")),
        ("2^63 as a text", of_id("\"9223372036854775808\"")),
        ("2^64", of_id("18446744073709551616")),
        ("-2^63", of_id("-9223372036854775808")),
        ("zero", of_id("0")),
        ("a float", of_id("1.5")),
        ("NaN", of_id("NaN")),
        ("1e999", of_id("1e999")),
        ("a number of 1,000,000 digits", of_id(&"9".repeat(1_000_000))),
        ("a text of 1,000,000 digits", of_id(&format!("\"{}\"", "1".repeat(1_000_000)))),
        ("a leading zero", of_id("01")),
        ("full-width digits", of_id("\"１\"")),
        ("SQL", of_id("\"1; DROP TABLE feed\"")),
        ("an object for an id", of_id("{\"$gt\":0}")),
        ("deep arrays", of_id(&"[".repeat(1_000_000))),
        ("deep objects", "{\"a\":".repeat(1_000_000).into_bytes()),
        ("a deep photo", of_photo(&["[".repeat(100_000), "]".repeat(100_000)].concat())),
        ("an id twice", in_front(b"\"participation_id\":1")),
        ("two photos", in_front(b"\"std_img\":\"a\",\"feed_img\":\"a\"")),
        ("a photo as a number", of_photo("1")),
        ("a photo as bytes", of_photo("[255,216,255]")),
        ("a photo in an object", of_photo("{\"data\":\"x\"}")),
        ("no photo", of_photo("null")),
        ("a form", form::body(&[("participation_id", None, b"1")])),
        ("XML", b"<participation_id>1</participation_id>".to_vec()),
        ("a bare JPEG", desk()),
    ]
}

#[test]
fn malformed_json_is_errcode_1() {
    let target = Target::new();
    for (what, body) in malformed() {
        for path in CALLS {
            let request = raw::request(path, "application/json", &body);
            let reply = answer_to(target.address(), what, &request);
            assert_eq!(reply.outcome(), MALFORMED, "{path}: {what}");
        }
    }
    target.assert_unharmed();
}

#[test]
fn texts_that_no_row_can_hold_are_errcode_1() {
    let target = Target::new();
    let long = "가".repeat(10_001);
    for (field, text) in [
        ("feed_content", "a\0b"),
        ("feed_content", &long),
        ("classification_keyword", "do\0g"),
        ("classification_keyword", "do\u{1b}g"),
        ("classification_keyword", &long),
    ] {
        let mut body = json!({
            "participation_id": 1,
            "feed_img": base64(&desk()),
            "feed_content": "x",
            "classification_keyword": "dog",
        });
        body[field] = text.into();
        let reply = target.client().post("/classification", &body);
        assert_eq!(reply.outcome(), MALFORMED, "{field}: {text:.10?}");
        if field == "feed_content" {
            let reply = target.client().post("/img_feature", &body);
            assert_eq!(reply.outcome(), MALFORMED, "{field}: {text:.10?}");
        }
    }
    target.assert_unharmed();
}

/// The log is text for people here, so a line break in it would look like another entry.
#[test]
fn what_is_sent_begins_no_line_of_the_log() {
    let target = Target::new();
    let forged = "1\n2026-11-29T00:00:00Z  INFO forged: a photo was accepted\r\u{1b}[31m";
    let client = target.client();
    for field in [
        "participation_id",
        "std_img",
        "feed_img",
        "feed_content",
        "classification_keyword",
        forged,
    ] {
        let mut body = json!({
            "participation_id": 1, "std_img": base64(b"x"), "feed_img": base64(b"x"), "feed_content": "x",
            "classification_keyword": "dog",
        });
        body[field] = forged.into();
        for path in CALLS {
            assert_ne!(client.post(path, &body).status, 200);
        }
    }
    let log = target.log();
    assert!(log.contains("a request was rejected"), "{log}");
    for line in log.lines() {
        let mut words = line.split_whitespace();
        let source = words.nth(2).unwrap_or_default();
        assert!(line.starts_with("20") && source != "forged:", "{line:?}");
    }
    assert!(!log.contains('\u{1b}') && !log.contains('\r'), "{log:?}");
    target.assert_unharmed();
}

/// Body of a call with 100 MB of base64 as its photo.
fn megabytes(path: &str) -> Vec<u8> {
    let field = if path == "/std_img" { "std_img" } else { "feed_img" };
    format!(
        "{{\"participation_id\":1,\"feed_content\":\"x\",\"classification_keyword\":\"dog\",\
         \"{field}\":\"{}\"}}",
        "A".repeat(100 << 20)
    )
    .into_bytes()
}

#[test]
fn base64_of_100_mb_is_413_107() {
    let target = Target::new();
    for path in CALLS {
        let request = raw::request(path, "application/json", &megabytes(path));
        let reply = answer_to(target.address(), "100 MB", &request);
        reply.assert(413, 107, "사진 용량이 너무 큽니다.");
    }
    target.assert_unharmed();
}

#[test]
fn base64_of_100_mb_is_no_photo_where_it_is_allowed() {
    let allowed = Home::new().with("HTTP__MAX_BODY_BYTES", "150000000");
    let target = Target::of(allowed);
    let path = "/std_img";
    let request = raw::request(path, "application/json", &megabytes(path));
    assert_eq!(answer_to(target.address(), "100 MB", &request).outcome(), (400, Some(2)));
    target.assert_unharmed();
}
