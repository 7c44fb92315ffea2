//! Clients that disconnect, and stops of the service.

use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{post, receive};
use crate::logs::{lines_until, request_with_id};
use crate::world::{Gate, PATIENCE, Service, World, classification, std_img};

async fn wait_for_a_feed(world: &World) {
    let wait = async {
        while world.feeds().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("a feed");
}

/// Sends a classification, waits until it is at the gate, and breaks the connection.
async fn send_and_leave(service: &Service, gate: &Gate, id: &str) {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(&request_with_id("/classification", id, &classification())).await.unwrap();
    gate.wait_until_begun().await;
    // A reset, unlike an orderly close, shows the service that nobody will read the response.
    stream.set_zero_linger().unwrap();
    drop(stream);
    lines_until(id, "the client left before the response").await;
}

#[tokio::test]
async fn a_client_that_leaves_cancels_nothing() {
    let mut world = World::new().await;
    let gate = Gate::new();
    world.ports.classifier = gate.clone();
    let service = world.start();
    send_and_leave(&service, &gate, "leaver-1").await;
    gate.released.add_permits(1);
    wait_for_a_feed(&world).await;
}

#[tokio::test]
async fn a_client_that_sends_nothing_more_gets_its_answer() {
    let world = World::new().await;
    let service = world.start();
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream
        .write_all(&request_with_id("/classification", "half-1", &classification()))
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    receive(stream).await.assert(200, None, "완료");
}

#[tokio::test]
async fn a_stop_finishes_what_was_accepted() {
    let mut world = World::new().await;
    let gate = Gate::new();
    world.ports.classifier = gate.clone();
    let mut service = world.start();
    let address = service.address;

    send_and_leave(&service, &gate, "leaver-2").await;
    let waiting =
        tokio::spawn(async move { post(address, "/classification", &classification()).await });
    gate.wait_until_begun().await;
    // An idle connection does not delay the stop.
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    idle.read_u8().await.unwrap();

    service.stop();
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("a closed port");
    assert_eq!(world.feeds().await, []);

    gate.released.add_permits(2);
    waiting.await.unwrap().assert(200, None, "완료");
    service.ended().await.unwrap();
    assert_eq!(world.feeds().await.len(), 2);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let mut world = World::new().await;
    let gate = Gate::new();
    world.ports.classifier = gate.clone();
    world.server.shutdown_timeout = Duration::from_millis(100);
    let mut service = world.start();
    send_and_leave(&service, &gate, "leaver-3").await;
    service.stop();
    let error = service.ended().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    let service = World::new().await.start();
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let body = std_img().to_string();
    let request = format!(
        "POST /std_img HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        while !reply.ends_with(b"}}") {
            reply.push(stream.read_u8().await.unwrap());
        }
        let start = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let reply: Value = serde_json::from_slice(&reply[start..]).unwrap();
        assert_eq!(reply["status"], 200);
    }
}

#[tokio::test]
async fn sigterm_stops() {
    let termination = injeung_http::termination().unwrap();
    let kill = format!("kill -TERM {}", std::process::id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    tokio::time::timeout(PATIENCE, termination).await.expect("the signal");
}
