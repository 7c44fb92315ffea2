//! Malformed forms.

use crate::support::form::{self, BOUNDARY};
use crate::support::pictures::desk;
use crate::support::raw;
use crate::{CALLS, MALFORMED, Target, answer_to};

fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let desk = desk();
    let parts = |extra: &[form::FormPart<'_>]| {
        let good = [
            ("participation_id", None, &b"1"[..]),
            ("std_img", Some("a.jpg"), &desk),
            ("feed_img", Some("a.jpg"), &desk),
            ("feed_content", None, b"x"),
            ("classification_keyword", None, b"dog"),
        ];
        form::body(&[&good[..], extra].concat())
    };
    let good = parts(&[]);
    let text = |text: &str| text.replace('B', BOUNDARY).into_bytes();
    let disposition = "Content-Disposition: form-data; name=\"participation_id\"";
    let many: Vec<form::FormPart<'_>> = vec![("u", None, b"x"); 5000];
    vec![
        ("nothing", vec![]),
        ("no boundary", b"participation_id=1".to_vec()),
        ("cut in the boundary", good[..5].to_vec()),
        ("cut in a head", good[..40].to_vec()),
        ("cut in the photo", good[..5000].to_vec()),
        ("cut before the end", good[..good.len() - BOUNDARY.len() - 8].to_vec()),
        ("the end alone", text("--B--\r\n")),
        (
            "another boundary",
            String::from_utf8_lossy(&good).replace(BOUNDARY, "other").into_bytes(),
        ),
        ("no head", text("--B\r\n\r\n1\r\n--B--\r\n")),
        ("no name", text("--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--\r\n")),
        ("an attachment", text("--B\r\nContent-Disposition: attachment\r\n\r\n1\r\n--B--\r\n")),
        ("bare line feeds", text("--B\nContent-Disposition: form-data; name=\"a\"\n\n1\n--B--\n")),
        ("a head of 1 MB", text(&format!("--B\r\nX: {}\r\n\r\n1\r\n--B--", "x".repeat(1 << 20)))),
        (
            "a head of 1000 lines",
            text(&format!("--B\r\n{}\r\n1\r\n--B--", "X: x\r\n".repeat(1000))),
        ),
        ("a preamble of 1 MB", text(&format!("{}\r\n--B--", "x".repeat(1 << 20)))),
        (
            "a part that claims a length",
            text(&format!(
                "--B\r\n{disposition}\r\nContent-Length: 99999999\r\n\r\n1\r\n--B--\r\n"
            )),
        ),
        (
            "two photos",
            parts(&[("std_img", Some("b.jpg"), &desk), ("feed_img", Some("b.jpg"), &desk)]),
        ),
        ("two ids", parts(&[("participation_id", None, b"1")])),
        ("5000 parts", parts(&many)),
        ("an id as a file", form::body(&[("participation_id", Some("1"), b"1")])),
        ("an id of NULs", form::body(&[("participation_id", None, b"\0\0\0\0")])),
        ("NULs", vec![0; 1 << 20]),
        ("line breaks", b"\r\n".repeat(500_000)),
        ("dashes", vec![b'-'; 1 << 20]),
        ("JSON", b"{\"participation_id\":1}".to_vec()),
    ]
}

#[test]
fn broken_forms_are_errcode_1() {
    let target = Target::new();
    for (what, body) in broken() {
        for path in CALLS {
            let request = raw::request(path, &form::content_type(), &body);
            let reply = answer_to(target.address(), what, &request);
            assert_eq!(reply.outcome(), MALFORMED, "{path}: {what}");
        }
    }
    target.assert_unharmed();
}

#[test]
fn forms_without_a_usable_boundary_are_errcode_1() {
    let target = Target::new();
    let desk = desk();
    let body = form::body(&[("participation_id", None, b"1"), ("std_img", Some("a.jpg"), &desk)]);
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=another",
        &format!("multipart/form-data; boundary={}", "b".repeat(5000)),
    ] {
        let request = raw::request("/std_img", content_type, &body);
        let reply = answer_to(target.address(), content_type, &request);
        assert_eq!(reply.outcome(), MALFORMED, "{content_type:.60}");
    }
    target.assert_unharmed();
}

#[test]
fn media_types_that_cannot_be_read_are_415_108() {
    let target = Target::new();
    let body = form::body(&[("participation_id", None, b"1")]);
    for content_type in ["multipart/form-data; boundary=\"\"", "json", "/", "a/b/c"] {
        let request = raw::request("/std_img", content_type, &body);
        let reply = answer_to(target.address(), content_type, &request);
        assert_eq!(reply.outcome(), (415, Some(108)), "{content_type:?}");
    }
    target.assert_unharmed();
}
