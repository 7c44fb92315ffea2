//! Envelopes, bodies, routes and methods.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::home::Home;
use crate::support::pictures::{blank, desk, desk_again};
use crate::support::{base64, form, raw};
use crate::{MALFORMED, img_feature, std_img, with};

const OK: (u16, Option<u64>) = (200, None);
const NOT_FOUND: &str = "요청한 주소를 찾을 수 없습니다.";
const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

#[test]
fn bare_envelope_sends_the_data_alone() {
    let home = Home::new().with("HTTP__ENVELOPE", "bare");
    let service = home.serve_open();
    let client = service.client();
    client.post("/std_img", &std_img(1, &desk())).assert_bare(200, None, "완료 되었습니다.");
    client.post("/std_img", &std_img(9, &desk())).assert_bare(400, 1, MALFORMED);
    client.request("POST", "/std_img", &JSON, "{").assert_bare(400, 1, MALFORMED);
    client.get("/nowhere").assert_bare(404, 102, NOT_FOUND);
}

#[test]
fn ids_are_numbers_or_texts_in_every_call() {
    let home = Home::new();
    let service = home.serve_open();
    for id in [json!(1), json!("1"), json!(1.0)] {
        for (path, body, expected) in [
            ("/std_img", std_img(1, &desk()), OK),
            ("/img_feature", img_feature(1, &desk_again()), OK),
            ("/classification", crate::classification(1, &desk(), "dog"), (500, Some(2))),
        ] {
            let body = with(body, "participation_id", Some(id.clone()));
            assert_eq!(service.client().post(path, &body).outcome(), expected, "{path} {id}");
        }
    }
}

#[test]
fn ids_go_up_to_63_bits() {
    let home = Home::new();
    home.put_open(i64::MAX);
    let service = home.serve();
    for id in [json!(i64::MAX), json!(i64::MAX.to_string())] {
        let body = with(std_img(1, &desk()), "participation_id", Some(id));
        assert_eq!(service.client().post("/std_img", &body).outcome(), OK);
    }
}

#[test]
fn base64_is_read_as_clients_write_it() {
    let home = Home::new();
    let service = home.serve_open();
    let plain = base64(&desk());
    let lines: Vec<&str> =
        plain.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    for photo in [
        plain.trim_end_matches('=').to_owned(),
        plain.replace('+', "-").replace('/', "_"),
        lines.join("\r\n"),
        format!("data:image/jpeg;base64,{plain}"),
        // The declared type is ignored.
        format!("data:image/png;base64,{plain}"),
    ] {
        let body = with(std_img(1, b""), "std_img", Some(json!(photo)));
        assert_eq!(service.client().post("/std_img", &body).outcome(), OK, "{:.40}", photo);
    }
}

#[test]
fn forms_are_read_as_json_is() {
    let home = Home::new();
    let service = home.serve_open();
    let (desk, again, base64) = (desk(), desk_again(), base64(&desk()));
    let id = ("participation_id", None, &b"1"[..]);
    let content = ("feed_content", None, "오늘도 했다".as_bytes());
    let keyword = ("classification_keyword", None, "dog".as_bytes());
    // The declared file name and type are ignored.
    let again = ("feed_img", Some("evil.php"), &again[..]);
    let client = service.client();
    client.post_form("/std_img", &[id, ("std_img", Some("a.jpg"), &desk)]).assert(
        200,
        None,
        "완료 되었습니다.",
    );
    client.post_form("/std_img", &[("std_img", None, base64.as_bytes()), id]).assert(
        200,
        None,
        "완료 되었습니다.",
    );
    client.post_form("/img_feature", &[again, content, id]).assert(200, None, "완료되었습니다.");
    let classified = client.post_form("/classification", &[id, again, content, keyword]);
    classified.assert(500, 2, "Clarifai 서버 문제, 혹은 그에 관한 문제");
    assert_eq!(home.rows().feeds()[0].content, "오늘도 했다");
    for parts in [&[id][..], &[("std_img", Some("a.jpg"), &desk[..])], &[id, id], &[]] {
        client.post_form("/std_img", parts).assert(400, 1, MALFORMED);
    }
}

#[test]
fn unknown_routes_are_404_102() {
    let home = Home::new().with("PAGES__TRY_PAGE", "off");
    let service = home.serve();
    let paths = [
        "/",
        "/std_img/",
        "/STD_IMG",
        "/feed",
        "/objects/",
        "/objects/std_1_20260101000000.jpg",
        "/objects/..%2f..%2fetc%2fpasswd",
        "/objects/../injeung.db",
        "/objects/%2e%2e%2finjeung.db",
    ];
    for path in paths {
        service.client().get(path).assert(404, 102, NOT_FOUND);
    }
    service.client().post("/std_imgs", &std_img(1, b"")).assert(404, 102, NOT_FOUND);
}

#[test]
fn other_methods_are_405_103() {
    let home = Home::new();
    let service = home.serve();
    for path in ["/std_img", "/img_feature", "/classification"] {
        for method in ["GET", "PUT", "DELETE", "PATCH", "BREW"] {
            let reply = service.client().request(method, path, &[], ());
            reply.assert(405, 103, "허용되지 않은 메서드입니다.");
            assert!(reply.header("allow").unwrap().contains("POST"));
        }
    }
    let reply = service.client().request("POST", "/healthz", &JSON, "{}");
    reply.assert(405, 103, "허용되지 않은 메서드입니다.");
}

#[test]
fn too_large_bodies_are_413_107() {
    let home = Home::new().with("HTTP__MAX_BODY_BYTES", "200000");
    let service = home.serve_open();
    let large = vec![b'a'; 200_001];
    let chunked: Vec<u8> = (0..11)
        .flat_map(|_| [b"4e20\r\n", &large[..20_000], b"\r\n"].concat())
        .chain(*b"0\r\n\r\n")
        .collect();
    let chunked_head = |path| raw::head(path, "application/json", "Transfer-Encoding: chunked\r\n");
    for path in ["/std_img", "/img_feature", "/classification"] {
        for request in [
            raw::request(path, "application/json", &large),
            raw::request(path, &form::content_type(), &large),
            [chunked_head(path).as_bytes(), &chunked].concat(),
        ] {
            let reply = raw::send(service.address, &request).unwrap();
            reply.assert(413, 107, "사진 용량이 너무 큽니다.");
        }
    }
    // A body of exactly the maximum length is read.
    let json = std_img(1, &blank()).to_string();
    let padded = [&json, &*" ".repeat(200_000 - json.len())].concat();
    let reply = service.client().request("POST", "/std_img", &JSON, padded.as_str());
    assert_eq!(reply.outcome(), (400, Some(3)));
}

#[test]
fn neither_json_nor_form_is_415_108() {
    let home = Home::new();
    let service = home.serve_open();
    for path in ["/std_img", "/img_feature", "/classification"] {
        for media_type in
            ["text/plain", "image/jpeg", "application/x-www-form-urlencoded", "text/json"]
        {
            let headers = [("Content-Type", media_type)];
            let reply = service.client().request("POST", path, &headers, &desk()[..]);
            reply.assert(415, 108, "지원하지 않는 형식입니다.");
        }
    }
    let headers = [("Content-Type", "application/json; charset=utf-8")];
    let body = std_img(1, &desk()).to_string();
    assert_eq!(service.client().request("POST", "/std_img", &headers, &body).outcome(), OK);
}

#[test]
fn too_many_bytes_of_bodies_are_503_110() {
    let body = std_img(1, &desk()).to_string();
    let (length, first) = (body.len(), body.len() - 1);
    let home = Home::new()
        .with("HTTP__MAX_BODY_BYTES", &length.to_string())
        .with("HTTP__MAX_HELD_BYTES", &(length + first - 1).to_string());
    let service = home.serve_open();
    let mut slow = raw::connect(service.address);
    let more = format!("Content-Length: {length}\r\n");
    slow.write_all(raw::head("/std_img", "application/json", &more).as_bytes()).unwrap();
    slow.write_all(&body.as_bytes()[..first]).unwrap();
    let held = format!("injeung_body_bytes {first}");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !service.client().get("/metrics").text().lines().any(|line| line == held) {
        assert!(Instant::now() < deadline, "{first} bytes never arrived");
        thread::sleep(Duration::from_millis(20));
    }

    let reply = service.client().post("/std_img", &std_img(1, &desk()));
    reply.assert(503, 110, "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.");
    assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);

    slow.write_all(&body.as_bytes()[first..]).unwrap();
    raw::receive(slow).unwrap().assert(200, None, "완료 되었습니다.");
    assert_eq!(home.rows().references().len(), 1);
    assert_eq!(service.client().post("/std_img", &std_img(1, &desk())).outcome(), OK);
}

#[test]
fn slow_body_is_408_113() {
    let home = Home::new().with("HTTP__RATE_WINDOW_S", "1");
    let service = home.serve_open();
    for path in ["/std_img", "/img_feature", "/classification"] {
        let mut slow = raw::connect(service.address);
        let head = raw::head(path, "application/json", "Content-Length: 1000000\r\n");
        slow.write_all(head.as_bytes()).unwrap();
        slow.write_all(b"{").unwrap();
        raw::receive(slow).unwrap().assert(408, 113, "전송이 너무 느립니다. 다시 시도해주세요.");
    }
}

#[test]
fn probes_answer_in_the_envelope() {
    let home = Home::new();
    let service = home.serve();
    service.client().get("/healthz").assert(200, None, "ok");
    let ready = service.client().get("/readyz");
    assert_eq!(ready.outcome(), OK);
    assert_eq!(ready.json()["data"]["message"], "ready");
}
