//! Requests that are malformed below their bodies.

use std::io::Write;

use serde_json::json;

use crate::support::home::Home;
use crate::support::pictures::desk;
use crate::support::{base64, raw};
use crate::{CALLS, Target, answer_to};

const JSON: &str = "application/json";

fn good() -> Vec<u8> {
    json!({ "participation_id": 1, "std_img": base64(&desk()) }).to_string().into_bytes()
}

/// Request head with these lines in place of a length.
fn head(more: &str) -> Vec<u8> {
    raw::head("/std_img", JSON, more).into_bytes()
}

#[test]
fn bodies_that_end_early_store_nothing() {
    let target = Target::new();
    let good = good();
    let half = &good[..good.len() / 2];
    let chunk = [format!("{:x}\r\n", half.len()).as_bytes(), half, b"\r\n"].concat();
    for (what, request) in [
        (
            "a length that is too long",
            [head(&format!("Content-Length: {}\r\n", good.len() + 1)), good.clone()].concat(),
        ),
        (
            "half of what the length tells",
            [head(&format!("Content-Length: {}\r\n", good.len())), half.to_vec()].concat(),
        ),
        ("chunks without an end", [head("Transfer-Encoding: chunked\r\n"), chunk.clone()].concat()),
        (
            "a chunk that is cut off",
            [head("Transfer-Encoding: chunked\r\n"), chunk[..1000].to_vec()].concat(),
        ),
        (
            "a chunk whose length is no number",
            [head("Transfer-Encoding: chunked\r\n"), b"xyz\r\n".to_vec()].concat(),
        ),
        ("no length at all", [head(""), good.clone()].concat()),
    ] {
        // A client that hung up may get no response, but never a wrong one.
        if let Some(reply) = raw::send_and_hang_up(target.address(), &request) {
            assert_eq!(reply.status, 400, "{what}");
        }
    }
    target.assert_unharmed();
}

#[test]
fn slow_uploads_do_not_block_other_clients() {
    let target = Target::new();
    let slow = (0..100).map(|place| {
        let mut stream = raw::connect(target.address());
        let more = "Content-Length: 30000000\r\nExpect: 100-continue\r\n";
        let path = CALLS[place % CALLS.len()];
        stream.write_all(raw::head(path, JSON, more).as_bytes()).unwrap();
        raw::await_continue(&mut stream);
        stream.write_all(b"{").unwrap();
        stream
    });
    let slow: Vec<_> = slow.collect();
    target.assert_unharmed();
    drop(slow);
}

#[test]
fn bodies_that_never_end_are_rejected() {
    let target = Target::of(Home::new().with("HTTP__BODY_TIMEOUT_S", "1"));
    let good = good();
    let half = &good[..good.len() / 2];
    for path in CALLS {
        for (more, begun) in [
            ("Content-Length: 30000000\r\n", half.to_vec()),
            ("Transfer-Encoding: chunked\r\n", [b"100\r\n", &half[..256], b"\r\n"].concat()),
        ] {
            let mut stream = raw::connect(target.address());
            stream.write_all(raw::head(path, JSON, more).as_bytes()).unwrap();
            stream.write_all(&begun).unwrap();
            let reply = raw::receive(stream).expect("an answer");
            assert_eq!(reply.outcome(), (408, Some(113)), "{path}: {more}");
        }
    }
    target.assert_unharmed();
}

#[test]
fn chunks_beyond_the_limit_are_413_107() {
    let target = Target::new();
    let chunk = [&b"100000\r\n"[..], &vec![b'a'; 1 << 20], b"\r\n"].concat();
    for path in CALLS {
        let mut stream = raw::connect(target.address());
        let head = raw::head(path, JSON, "Transfer-Encoding: chunked\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // The service may close the connection before it has read everything.
        let _ = (0..100).try_for_each(|_| stream.write_all(&chunk));
        let reply = raw::receive(stream).expect("an answer");
        assert_eq!(reply.outcome(), (413, Some(107)), "{path}");
    }
    target.assert_unharmed();
}

#[test]
fn contradictory_lengths_are_rejected() {
    let target = Target::new();
    let good = good();
    for more in [
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: one\r\n".to_owned(),
        "Content-Length: 99999999999999999999999\r\n".to_owned(),
        format!("Content-Length: {}\r\nContent-Length: 5\r\n", good.len()),
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", good.len()),
        "Transfer-Encoding: gzip\r\n".to_owned(),
    ] {
        let request = [head(&more), good.clone()].concat();
        let reply = answer_to(target.address(), &more, &request);
        assert!((400..500).contains(&reply.status), "{more}: {}", reply.status);
    }
    target.assert_unharmed();
}

#[test]
fn compressed_bodies_are_415_108() {
    let target = Target::new();
    let good = good();
    for coding in ["gzip", "deflate", "br", "gzip, gzip"] {
        let more = format!("Content-Encoding: {coding}\r\nContent-Length: {}\r\n", good.len());
        let reply = answer_to(target.address(), coding, &[head(&more), good.clone()].concat());
        reply.assert(415, 108, "지원하지 않는 형식입니다.");
    }
    target.assert_unharmed();
}

#[test]
fn input_that_is_not_http_does_not_stop_the_service() {
    let target = Target::new();
    let long = [b"GET /", &vec![b'a'; 1 << 20][..], b" HTTP/1.1\r\n\r\n"].concat();
    let headers = "X: x\r\n".repeat(100_000);
    let headers = format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{headers}\r\n").into_bytes();
    for request in [
        &b""[..],
        b"\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: \xff\xfe\r\nX: a\0b\r\n\r\n",
        &long,
        &headers,
    ] {
        if let Some(reply) = raw::send_and_hang_up(target.address(), request) {
            assert_ne!(reply.status, 500, "{:.40}", String::from_utf8_lossy(request));
        }
    }
    target.assert_unharmed();
}
