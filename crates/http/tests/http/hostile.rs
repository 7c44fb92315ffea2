//! Hostile bodies: each gets the contract's response, and the service stays up.

use serde_json::{Value, json};

use crate::client::{self, BOUNDARY, errcode, form_body, get, send};
use crate::pictures::{base64, jpeg, jpeg_of, png_of};
use crate::world::{World, classification, desk, img_feature, std_img, with};

const CALLS: [&str; 3] = ["/std_img", "/img_feature", "/classification"];

/// Invalid JSON, or JSON of another shape: errcode 1 in every call.
fn malformed_json() -> Vec<(&'static str, Vec<u8>)> {
    let photo = desk();
    let whole = |id: &str, photo: &str, content: &str| {
        format!(
            r#"{{"participation_id":{id},"std_img":{photo},"feed_img":{photo},"feed_content":{content},"classification_keyword":"dog"}}"#
        )
        .into_bytes()
    };
    let quoted = format!("{photo:?}");
    let good = whole("1", &quoted, "\"x\"");
    let replaced = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|window| window == from).unwrap();
        [&good[..at], to, &good[at + from.len()..]].concat()
    };
    let two_of = |extra: &str| [b"{", extra.as_bytes(), b",", &good[1..]].concat();
    vec![
        ("nothing", vec![]),
        ("a blank", b" ".to_vec()),
        ("cut after the brace", b"{".to_vec()),
        ("cut in a name", good[..8].to_vec()),
        ("cut in the photo", good[..60].to_vec()),
        ("cut before the last brace", good[..good.len() - 1].to_vec()),
        ("something behind", [&good[..], b"{}"].concat()),
        ("null", b"null".to_vec()),
        ("a number", b"1".to_vec()),
        ("a text", b"\"participation_id\"".to_vec()),
        ("a long text", [&b"\""[..], &[b'a'; 500_000], b"\""].concat()),
        ("an array of the fields", format!("[1,{quoted},\"x\",\"dog\"]").into_bytes()),
        ("an array of the object", [b"[", &good[..], b"]"].concat()),
        ("an empty object", b"{}".to_vec()),
        ("single quotes", b"{'participation_id':1}".to_vec()),
        ("a trailing comma", replaced(b"\"dog\"", b"\"dog\",")),
        ("a comment", [b"/* */", &good[..]].concat()),
        ("NaN", whole("NaN", &quoted, "\"x\"")),
        ("a byte order mark", [b"\xef\xbb\xbf", &good[..]].concat()),
        (
            "UTF-16",
            String::from_utf8_lossy(&good).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("invalid UTF-8", replaced(b"\"x\"", b"\"\xff\xfe\"")),
        ("invalid UTF-8 in an unknown field", two_of_bytes(&good, b"\"u\":\"\xff\"")),
        ("overlong UTF-8", replaced(b"\"x\"", b"\"\xc0\xaf\"")),
        ("half a surrogate", whole(r#""\ud800""#, &quoted, "\"x\"")),
        ("a raw NUL", replaced(b"\"x\"", b"\"\0\"")),
        ("NULs alone", vec![0; 1000]),
        ("a raw line break in a text", replaced(b"\"x\"", b"\"a\nb\"")),
        ("an unknown escape", whole("1", &quoted, r#""\x41""#)),
        ("2^63", whole("9223372036854775808", &quoted, "\"x\"")),
        ("2^64", whole("18446744073709551616", &quoted, "\"x\"")),
        ("-2^63", whole("-9223372036854775808", &quoted, "\"x\"")),
        ("a float", whole("1.5", &quoted, "\"x\"")),
        ("a negative exponent", whole("1e-1", &quoted, "\"x\"")),
        ("1e999", whole("1e999", &quoted, "\"x\"")),
        ("a number of 100,000 digits", whole(&"9".repeat(100_000), &quoted, "\"x\"")),
        ("a leading zero", whole("01", &quoted, "\"x\"")),
        ("SQL", whole("\"1; DROP TABLE feed\"", &quoted, "\"x\"")),
        ("deep arrays", whole(&"[".repeat(200_000), &quoted, "\"x\"")),
        ("deep objects", "{\"a\":".repeat(100_000).into_bytes()),
        ("a deep photo", whole("1", &("[".repeat(1000) + &"]".repeat(1000)), "\"x\"")),
        ("an id twice", two_of("\"participation_id\":1")),
        ("a photo twice", two_of(&format!("\"std_img\":{quoted},\"feed_img\":{quoted}"))),
        ("a photo as a number", whole("1", "1", "\"x\"")),
        ("a photo as bytes", whole("1", "[255,216,255]", "\"x\"")),
        ("a photo as an object", whole("1", r#"{"data":"x"}"#, "\"x\"")),
        ("no photo", whole("1", "null", "\"x\"")),
        ("a whole form", form_body(&[("participation_id", None, b"1")])),
        ("XML", b"<participation_id>1</participation_id>".to_vec()),
        ("a bare JPEG", jpeg(b"desk")),
    ]
}

fn two_of_bytes(good: &[u8], extra: &[u8]) -> Vec<u8> {
    [b"{", extra, b",", &good[1..]].concat()
}

/// Invalid photos: errcode 2 if a reference is registered, otherwise 1.
fn bad_photos() -> Vec<(&'static str, Vec<u8>)> {
    let picture = jpeg(&[7; 4000]);
    let png = png_of(640, 480);
    vec![
        ("an empty file", vec![]),
        ("one byte", vec![0xff]),
        ("text", "이것은 사진이 아닙니다".as_bytes().to_vec()),
        ("HTML", b"<!DOCTYPE html><html></html>".to_vec()),
        ("an SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("an SVG with a prolog", b"<?xml version=\"1.0\"?><svg/>".to_vec()),
        ("a GIF", b"GIF89a\x40\x01\xf0\0\0\0\0;".to_vec()),
        ("an MP4", b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2".to_vec()),
        ("a BMP", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0".to_vec()),
        ("a TIFF", b"II*\0\x08\0\0\0".to_vec()),
        ("a PDF", b"%PDF-1.7\n%\xe2\xe3".to_vec()),
        ("a ZIP", b"PK\x03\x04\x14\0\0\0".to_vec()),
        ("an ELF", b"\x7fELF\x02\x01\x01".to_vec()),
        ("NULs", vec![0; 10_000]),
        ("a JPEG cut in its head", picture[..9].to_vec()),
        ("a JPEG cut in the middle", picture[..2000].to_vec()),
        ("a JPEG without its last byte", picture[..picture.len() - 1].to_vec()),
        ("a JPEG of no pixels", jpeg_of(0, 0, b"x")),
        ("a JPEG of one pixel", jpeg_of(1, 1, b"x")),
        ("a JPEG of 65535x65535", jpeg_of(65_535, 65_535, b"x")),
        ("a JPEG without a frame", b"\xff\xd8\xff\xda\0\x08\x01\x01\0\0\x3f\0x\xff\xd9".to_vec()),
        ("start of a JPEG alone", b"\xff\xd8\xff".to_vec()),
        ("a segment of length 0", b"\xff\xd8\xff\xe0\0\0\xff\xd9".to_vec()),
        ("a PNG of 60000x60000", png_of(60_000, 60_000)),
        ("a PNG of 2^31", png_of(i32::MAX as u32, i32::MAX as u32)),
        ("a PNG of no pixels", png_of(0, 0)),
        ("a PNG cut off", png[..png.len() - 10].to_vec()),
        ("a PNG's signature alone", png[..8].to_vec()),
        ("a WebP's signature alone", b"RIFF\x04\0\0\0WEBP".to_vec()),
        ("a WebP that claims 4 GB", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff".to_vec()),
    ]
}

fn with_photo(path: &str, photo: &str) -> Value {
    let (body, field) = match path {
        "/std_img" => (std_img(), "std_img"),
        "/img_feature" => (img_feature(), "feed_img"),
        _ => (classification(), "feed_img"),
    };
    with(body, field, Some(json!(photo)))
}

#[tokio::test]
async fn malformed_json_is_errcode_1_in_every_call() {
    let world = World::new().await;
    let service = world.start();
    for (name, body) in malformed_json() {
        for path in CALLS {
            let reply = send(service.address, &client::json_request(path, &body)).await;
            assert_eq!((reply.status, errcode(&reply)), (400, Some(1)), "{path}: {name}");
        }
    }
    assert_eq!(get(service.address, "/healthz").await.status, 200);
    assert_eq!(world.objects.keys(), []);
}

#[tokio::test]
async fn files_that_are_not_photos_are_rejected_by_every_call() {
    let world = World::new().await;
    let service = world.start();
    for (name, file) in bad_photos() {
        for path in CALLS {
            let body = with_photo(path, &base64(&file));
            let reply = client::post(service.address, path, &body).await;
            let expected = if path == "/std_img" { 2 } else { 1 };
            assert_eq!((reply.status, errcode(&reply)), (400, Some(expected)), "{path}: {name}");
        }
        let parts = [("participation_id", None, &b"1"[..]), ("std_img", Some("a.jpg"), &file[..])];
        let reply = client::post_form(service.address, "/std_img", &parts).await;
        assert_eq!((reply.status, errcode(&reply)), (400, Some(2)), "form: {name}");
    }
    assert_eq!(world.objects.keys(), []);
}

#[tokio::test]
async fn texts_that_no_row_can_hold_are_errcode_1() {
    let service = World::new().await.start();
    for (path, field, text) in [
        ("/img_feature", "feed_content", "a\0b".to_owned()),
        ("/img_feature", "feed_content", "가".repeat(10_001)),
        ("/classification", "feed_content", "\0".to_owned()),
        ("/classification", "classification_keyword", "do\0g".to_owned()),
        ("/classification", "classification_keyword", "do\u{1b}g".to_owned()),
        ("/classification", "classification_keyword", "가".repeat(101)),
    ] {
        let body = if path == "/img_feature" { img_feature() } else { classification() };
        let reply =
            client::post(service.address, path, &with(body, field, Some(json!(text)))).await;
        assert_eq!((reply.status, errcode(&reply)), (400, Some(1)), "{path} {field} {text:?}");
    }
}

#[tokio::test]
async fn broken_forms_are_errcode_1() {
    let service = World::new().await.start();
    let photo = jpeg(b"desk");
    let good = form_body(&[("participation_id", None, b"1"), ("std_img", Some("a.jpg"), &photo)]);
    let text = |text: &str| text.replace("B", BOUNDARY).into_bytes();
    let disposition = "Content-Disposition: form-data; name=\"participation_id\"";
    for (name, body) in [
        ("nothing", vec![]),
        ("no boundary", b"participation_id=1".to_vec()),
        ("cut in the boundary", good[..5].to_vec()),
        ("cut in a head", good[..40].to_vec()),
        ("cut in the photo", good[..good.len() - 30].to_vec()),
        ("cut before the end", good[..good.len() - BOUNDARY.len() - 8].to_vec()),
        ("the end alone", text("--B--\r\n")),
        ("another boundary", text("--other\r\n\r\n--other--\r\n")),
        ("no head", text("--B\r\n\r\n1\r\n--B--\r\n")),
        ("no name", text("--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--\r\n")),
        ("an attachment", text("--B\r\nContent-Disposition: attachment\r\n\r\n1\r\n--B--\r\n")),
        ("bare line feeds", text("--B\nContent-Disposition: form-data; name=\"a\"\n\n1\n--B--\n")),
        ("a head of 100 kB", text(&format!("--B\r\nX: {}\r\n\r\n1\r\n--B--", "x".repeat(100_000)))),
        ("a head of 100 lines", text(&format!("--B\r\n{}\r\n1\r\n--B--", "X: x\r\n".repeat(100)))),
        ("a preamble of 100 kB", text(&format!("{}\r\n--B--", "x".repeat(100_000)))),
        (
            "a form in a form",
            text(&format!(
                "--B\r\n{disposition}\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a--\r\n--B--"
            )),
        ),
        (
            "a part that claims a length",
            text(&format!(
                "--B\r\n{disposition}\r\nContent-Length: 99999999\r\n\r\n1\r\n--B--\r\n"
            )),
        ),
        (
            "a length that is no number",
            text(&format!("--B\r\n{disposition}\r\nContent-Length: x\r\n\r\n1\r\n--B--\r\n")),
        ),
        ("NULs", vec![0; 100_000]),
        ("line breaks", b"\r\n".repeat(50_000)),
        ("dashes", vec![b'-'; 100_000]),
        ("JSON", std_img().to_string().into_bytes()),
    ] {
        let reply = send(service.address, &client::form_request("/std_img", &body)).await;
        assert_eq!((reply.status, errcode(&reply)), (400, Some(1)), "{name}");
    }
    for head in ["multipart/form-data", "multipart/form-data; boundary="] {
        let request = client::request("POST", "/std_img", &[("Content-Type", head)], &good);
        let reply = send(service.address, &request).await;
        assert_eq!((reply.status, errcode(&reply)), (400, Some(1)), "{head}");
    }
    assert_eq!(send(service.address, &client::form_request("/std_img", &good)).await.status, 200);
}
