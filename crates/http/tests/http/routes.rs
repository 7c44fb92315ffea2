//! Routes, methods, envelopes, request ids.

use injeung_http::EnvelopeStyle;
use serde_json::json;

use crate::client::{get, post, request, send};
use crate::world::{World, std_img};

const NOT_FOUND: &str = "요청한 주소를 찾을 수 없습니다.";

#[tokio::test]
async fn unknown_routes_are_102() {
    let service = World::new().await.start();
    for path in [
        "/",
        "/std_img/",
        "//std_img",
        "/STD_IMG",
        "/std_img/1",
        "/favicon.ico",
        "/objects",
        "/objects/",
        "/..%2f..%2fetc/passwd",
        "/%ff%fe",
        "/%00",
        "/%EC%82%AC%EC%A7%84",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let reply = send(service.address, &request(method, path, &[], b"")).await;
            reply.assert(404, Some(102), NOT_FOUND);
        }
    }
}

#[tokio::test]
async fn unsupported_methods_are_103_and_the_allowed_ones_are_listed() {
    let service = World::new().await.start();
    let posted = ["/std_img", "/img_feature", "/classification"];
    let read = ["/healthz", "/readyz", "/metrics", "/objects/a.jpg"];
    let routes = posted.map(|path| (path, "POST, OPTIONS"));
    for (path, allow) in routes.into_iter().chain(read.map(|path| (path, "GET, HEAD, OPTIONS"))) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if allow.contains(method) {
                continue;
            }
            let reply = send(service.address, &request(method, path, &[], b"")).await;
            reply.assert(405, Some(103), "허용되지 않은 메서드입니다.");
            assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
        }
        let reply = send(service.address, &request("OPTIONS", path, &[], b"")).await;
        assert_eq!((reply.status, reply.header("allow")), (204, Some(allow)));
        assert!(reply.body.is_empty());
    }
    let reply = send(service.address, &request("HEAD", "/std_img", &[], b"")).await;
    assert_eq!((reply.status, reply.body.len()), (405, 0));
}

#[tokio::test]
async fn the_bare_envelope_is_the_data_alone() {
    let mut world = World::new().await;
    world.settings.envelope = EnvelopeStyle::Bare;
    let service = world.start();
    let address = service.address;
    let reply = post(address, "/std_img", &std_img()).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "message": "완료 되었습니다." })));
    let reply = post(address, "/std_img", &json!({})).await;
    let malformed = json!({ "message": "입력이 바르지 않습니다.", "errcode": 1 });
    assert_eq!((reply.status, reply.json()), (400, malformed));
    let reply = get(address, "/nowhere").await;
    assert_eq!(
        (reply.status, reply.json()),
        (404, json!({ "message": NOT_FOUND, "errcode": 102 }))
    );
    let reply = get(address, "/std_img").await;
    assert_eq!((reply.status, reply.json()["errcode"].as_u64()), (405, Some(103)));
    assert_eq!(get(address, "/healthz").await.json(), json!({ "message": "ok" }));
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test]
async fn a_request_keeps_its_id_if_it_is_sane() {
    let service = World::new().await.start();
    let long = "x".repeat(65);
    for (given, kept) in [
        ("abc-123", true),
        (&long[..64], true),
        (&long[..], false),
        ("", false),
        ("two words", false),
        ("한글", false),
    ] {
        let headers = [("X-Request-Id", given)];
        for path in ["/healthz", "/nowhere", "/std_img"] {
            let reply = send(service.address, &request("GET", path, &headers, b"")).await;
            let id = reply.header("x-request-id").expect("an id");
            assert_eq!(id == given, kept, "{given:?}");
            assert!(kept || id.len() == 36, "{id}");
        }
    }
    let one = get(service.address, "/healthz").await;
    let other = get(service.address, "/healthz").await;
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}
