//! Fuzz targets of bodies.
#![allow(clippy::expect_used, reason = "a broken promise must stop the fuzzer")]

use std::sync::OnceLock;

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::test::TestRequest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use injeung_domain::PhotoLimits;
use tokio::runtime::{Builder, Runtime};

use super::{Body, Format};
use crate::{classification, img_feature, std_img};

const LIMITS: PhotoLimits = PhotoLimits { min_side: 1, max_pixels: 1_000_000 };

/// A JSON body of each call.
pub fn json(body: &[u8]) {
    for_each_call(|| Some(Body::Json(Bytes::copy_from_slice(body))));
}

/// The value of `Content-Type`, a line feed, and a body of that type, for each call.
pub fn form(input: &[u8]) {
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let (Some(media_type), Some(body)) = (lines.next(), lines.next()) else { return };
    let Ok(media_type) = HeaderValue::from_bytes(media_type) else { return };
    let request = TestRequest::default().insert_header((CONTENT_TYPE, media_type));
    let request = request.to_http_request();
    let _runtime = runtime().enter();
    for_each_call(|| {
        let format = Format::announced(&request, usize::MAX).ok()?;
        format.parse(Bytes::copy_from_slice(body)).ok()
    });
}

fn for_each_call(body: impl Fn() -> Option<Body>) {
    let Some(mut body_of_reference) = body() else { return };
    let _ = (std_img::call().parse)(&mut body_of_reference, &LIMITS);
    // Fields are moved out of a form.
    if let Some(mut body) = body() {
        let _ = (img_feature::call().parse)(&mut body, &LIMITS);
    }
    if let Some(mut body) = body() {
        let _ = (classification::call().parse)(&mut body, &LIMITS);
    }
}

/// The parser of forms runs on a thread of a runtime.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Builder::new_current_thread().build().expect("create a runtime"))
}

/// A text as a photo; the same bytes, encoded in each accepted form, are decoded again.
pub fn base64(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        super::base64::decode(text);
    }
    for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
        let text = engine.encode(bytes);
        let lines: Vec<_> = text.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
        let lines = lines.join("\r\n");
        for form in [&text, &lines, &format!("data:image/jpeg;base64,{text}")] {
            assert_eq!(super::base64::decode(form).as_deref(), Some(bytes));
        }
    }
}
