//! Limits: bodies that are too long or too slow, and too many bytes in memory.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use injeung_adapter::{Limits, Workers};
use injeung_http::MinRate;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::client::{self, get, post, receive, send};
use crate::world::{Gate, PATIENCE, World, classification, desk, std_img, with};

const TOO_LARGE: &str = "사진 용량이 너무 큽니다.";
const TOO_SLOW: &str = "전송이 너무 느립니다. 다시 시도해주세요.";
const BUSY: &str = "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.";

fn head(headers: &str) -> String {
    format!(
        "POST /std_img HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{headers}\r\n"
    )
}

#[tokio::test]
async fn a_body_that_is_announced_too_long_is_rejected_without_being_read() {
    let service = World::new().await.start();
    for length in ["1048577", "100000000000", "18446744073709551615"] {
        let head = head(&format!("Connection: close\r\nContent-Length: {length}\r\n"));
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        receive(stream).await.assert(413, Some(107), TOO_LARGE);
    }
}

#[tokio::test]
async fn a_body_is_cut_at_the_limit_where_its_length_is_not_announced() {
    let service = World::new().await.start();
    let form = format!("multipart/form-data; boundary={}", client::BOUNDARY);
    for content_type in ["application/json", &form] {
        let chunk = [b"10000\r\n", &[b'\n'; 0x10000][..], b"\r\n"].concat();
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let head = format!(
            "POST /std_img HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
             Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The limit is a megabyte, and the last chunk never arrives.
        for _ in 0..17 {
            let _ = stream.write_all(&chunk).await;
        }
        let _ = stream.shutdown().await;
        receive(stream).await.assert(413, Some(107), TOO_LARGE);
    }
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_read() {
    let mut world = World::new().await;
    let body = std_img().to_string();
    world.settings.max_body_bytes = body.len();
    let service = world.start();
    let request = client::json_request("/std_img", body.as_bytes());
    assert_eq!(send(service.address, &request).await.status, 200);
    let request = client::json_request("/std_img", format!("{body} ").as_bytes());
    send(service.address, &request).await.assert(413, Some(107), TOO_LARGE);
    let chunked = format!(
        "{}{:x}\r\n{body}\r\n0\r\n\r\n",
        head("Connection: close\r\nTransfer-Encoding: chunked\r\n"),
        body.len()
    );
    assert_eq!(send(service.address, chunked.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn megabytes_of_base64_are_read_and_a_hundred_are_not() {
    let mut world = World::new().await;
    world.settings.max_body_bytes = 16 * 1024 * 1024;
    let service = world.start();
    let photo = crate::pictures::jpeg(&vec![b'p'; 10 * 1024 * 1024]);
    let body = with(std_img(), "std_img", Some(json!(crate::pictures::base64(&photo))));
    assert_eq!(post(service.address, "/std_img", &body).await.status, 200);
    assert_eq!(world.objects.keys().len(), 1);
    let mut huge = client::json_request("/std_img", b"");
    huge.truncate(huge.len() - 2);
    huge.extend(b"Content-Length: 104857600\r\n\r\n");
    huge.extend(vec![b'A'; 100 * 1024 * 1024]);
    send(service.address, &huge).await.assert(413, Some(107), TOO_LARGE);
    assert_eq!(post(service.address, "/std_img", &std_img()).await.status, 200);
}

#[tokio::test]
async fn a_body_after_its_deadline_is_too_slow() {
    let mut world = World::new().await;
    world.settings.body_timeout = Duration::from_millis(200);
    let service = world.start();
    let mut slow = TcpStream::connect(service.address).await.unwrap();
    let head = head("Connection: close\r\nContent-Length: 1000\r\n");
    slow.write_all(head.as_bytes()).await.unwrap();
    slow.write_all(b"{").await.unwrap();
    receive(slow).await.assert(408, Some(113), TOO_SLOW);
}

#[tokio::test]
async fn a_body_below_the_minimum_rate_is_too_slow() {
    let mut world = World::new().await;
    world.settings.min_rate =
        MinRate { bytes_per_s: 1_000_000, window: Duration::from_millis(200) };
    let service = world.start();
    for head in [
        head("Connection: close\r\nContent-Length: 100000\r\n"),
        head("Connection: close\r\nTransfer-Encoding: chunked\r\n"),
    ] {
        let stream = TcpStream::connect(service.address).await.unwrap();
        let (mut read, mut write) = stream.into_split();
        let drip = tokio::spawn(async move {
            write.write_all(head.as_bytes()).await.unwrap();
            // A chunk, or bytes of the same form in a body with a length.
            while write.write_all(b"1\r\n{\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        let mut reply = [0; 12];
        read.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"HTTP/1.1 408");
        tokio::time::timeout(PATIENCE, drip).await.expect("a closed connection").unwrap();
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let service = World::new().await.start();
    let head = head("Connection: close\r\nContent-Length: 1000\r\n");
    let mut broken = TcpStream::connect(service.address).await.unwrap();
    broken.write_all(head.as_bytes()).await.unwrap();
    broken.write_all(b"{").await.unwrap();
    broken.shutdown().await.unwrap();
    receive(broken).await.assert(400, Some(1), "입력이 바르지 않습니다.");
}

/// Waits until the bodies in memory have this number of bytes.
async fn wait_until_held(address: SocketAddr, bytes: usize) {
    let line = format!("injeung_body_bytes {bytes}");
    let wait = async {
        loop {
            let metrics = String::from_utf8(get(address, "/metrics").await.body).unwrap();
            if metrics.lines().any(|found| found == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("that many bytes");
}

#[tokio::test]
async fn slow_uploads_do_not_keep_others_out() {
    let mut world = World::new().await;
    world.settings.max_held_bytes = world.settings.max_body_bytes;
    let service = world.start();
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let head = head("Content-Length: 1000000\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&[b' '; 100]).await.unwrap();
        slow.push(stream);
    }
    wait_until_held(service.address, 100 * 100).await;
    assert_eq!(post(service.address, "/std_img", &std_img()).await.status, 200);
    drop(slow);
    wait_until_held(service.address, 0).await;
}

#[tokio::test]
async fn bodies_above_max_held_bytes_are_rejected() {
    let mut world = World::new().await;
    let gate = Gate::new();
    world.ports.classifier = gate.clone();
    let body = std_img().to_string().len();
    let both = 2 * classification().to_string().len();
    world.settings.max_held_bytes = both + body - 1;
    let service = world.start();
    let address = service.address;

    let hold =
        || tokio::spawn(async move { post(address, "/classification", &classification()).await });
    let held = [hold(), hold()];
    gate.wait_until_begun().await;
    gate.wait_until_begun().await;
    wait_until_held(address, both).await;
    for path in ["/std_img", "/img_feature", "/classification"] {
        let reply = post(address, path, &std_img()).await;
        reply.assert(503, Some(110), BUSY);
        reply.assert_retry_soon();
        // Without a length, the body is rejected as soon as it exceeds the limit.
        let chunked = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
             {body:x}\r\n{}\r\n0\r\n\r\n",
            std_img()
        );
        send(address, chunked.as_bytes()).await.assert(503, Some(110), BUSY);
    }
    assert_eq!(get(address, "/readyz").await.status, 200);
    wait_until_held(address, both).await;

    gate.released.add_permits(2);
    for held in held {
        held.await.unwrap().assert(200, None, "완료");
    }
    wait_until_held(address, 0).await;
    let body = json!({ "participation_id": 1, "std_img": desk() });
    assert_eq!(post(address, "/std_img", &body).await.status, 200);
}

#[tokio::test]
async fn while_a_pool_is_full_no_body_is_read() {
    let mut world = World::new().await;
    let pool = Workers::new(Limits::untimed(1, 0));
    world.pools = vec![("busy", pool.clone())];
    let service = world.start();
    let address = service.address;
    assert_eq!(post(address, "/std_img", &std_img()).await.status, 200);
    let (release, held) = oneshot::channel::<()>();
    let running = tokio::spawn(async move { pool.run(held).await });
    let metrics = async || String::from_utf8(get(address, "/metrics").await.body).unwrap();
    while !metrics().await.contains(r#"injeung_pool_calls{pool="busy",state="running"} 1"#) {
        tokio::task::yield_now().await;
    }
    // Only the head of the request is sent.
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head("Content-Length: 100000\r\n").as_bytes()).await.unwrap();
    assert!(read_reply(&mut stream).await.contains(BUSY));
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(address, path).await.status, 200, "{path}");
    }
    release.send(()).unwrap();
    running.await.unwrap().unwrap().unwrap();
    assert_eq!(post(address, "/std_img", &std_img()).await.status, 200);
}

#[tokio::test]
async fn rejected_bodies_are_not_held() {
    let mut world = World::new().await;
    world.settings.max_held_bytes = std_img().to_string().len();
    let service = world.start();
    for _ in 0..3 {
        assert_eq!(post(service.address, "/std_img", &json!({})).await.status, 400);
        let reply = send(service.address, &client::json_request("/std_img", b"{")).await;
        assert_eq!(reply.status, 400);
    }
    assert_eq!(post(service.address, "/std_img", &std_img()).await.status, 200);
}

/// Reads a response with a JSON body from a connection that stays open.
async fn read_reply(stream: &mut TcpStream) -> String {
    let mut reply = Vec::new();
    while !reply.ends_with(b"}}") {
        reply.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(reply).unwrap()
}

#[tokio::test]
async fn a_slow_head_closes_its_connection_whichever_request_it_is() {
    const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";
    let mut world = World::new().await;
    // The clock that the first head of a connection is measured by can be half a second late.
    world.settings.head_timeout = Duration::from_millis(2000);
    let service = world.start();
    for requests in [0, 1, 3] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        for _ in 0..requests {
            stream.write_all(REQUEST).await.unwrap();
            assert!(read_reply(&mut stream).await.starts_with("HTTP/1.1 200"));
        }
        let drip = async {
            stream.write_all(b"GET /").await.unwrap();
            while stream.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, drip).await.expect("a closed connection");
    }
    // An idle connection stays open, and so does one with a head in two pieces.
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    for begun in [REQUEST.len(), 10, 10] {
        stream.write_all(&REQUEST[..begun]).await.unwrap();
        stream.write_all(&REQUEST[begun..]).await.unwrap();
        assert!(read_reply(&mut stream).await.starts_with("HTTP/1.1 200"));
        tokio::time::sleep(Duration::from_millis(2500)).await;
    }
}

#[tokio::test]
async fn an_address_has_a_limited_number_of_connections() {
    let mut world = World::new().await;
    world.settings.max_connections_per_address = NonZeroUsize::new(2);
    let service = world.start();
    let open = || async {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await;
        stream.read_u8().await.ok().map(|_| stream)
    };
    let first = open().await.expect("an answer");
    let second = open().await.expect("an answer");
    assert!(open().await.is_none());
    assert!(open().await.is_none());
    drop(first);
    let wait = async {
        loop {
            match open().await {
                Some(third) => return third,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let third = tokio::time::timeout(PATIENCE, wait).await.expect("a place");
    assert!(open().await.is_none());
    drop((second, third));
}

#[tokio::test]
async fn a_rejected_body_that_never_ends_does_not_keep_its_connection() {
    let service = World::new().await.start();
    for path in ["/nowhere", "/healthz"] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let head =
            format!("PUT {path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let drip = async {
            while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, drip).await.expect("a closed connection");
    }
}
