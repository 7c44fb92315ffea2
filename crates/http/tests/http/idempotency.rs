//! The header `Idempotency-Key`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use injeung_domain::Fault;
use injeung_domain::ports::{Clock, MockClassifier, MockObjectStore, MockRepository, PutError};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::client::{BOUNDARY, FormPart, Reply, form_body, request, send};
use crate::logs::lines_until;
use crate::pictures;
use crate::world::{
    Gate, IN_TIME, Service, TOO_LATE, World, classification, img_feature, std_img, with,
};

const OTHER: &str = "같은 요청 키로 다른 내용이 전송되었습니다.";
const BUSY: &str = "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.";

async fn post(service: &Service, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
    send(service.address, &request("POST", path, &headers, body.to_string().as_bytes())).await
}

#[tokio::test]
async fn each_call_is_answered_as_before_and_stores_nothing_twice() {
    let world = World::new().await;
    let service = world.start();
    for (path, body, message) in [
        ("/std_img", std_img(), "완료 되었습니다."),
        ("/img_feature", img_feature(), "완료되었습니다."),
        ("/classification", classification(), "완료"),
    ] {
        for _ in 0..3 {
            post(&service, path, path, &body).await.assert(200, None, message);
        }
    }
    assert_eq!((world.feeds().await.len(), world.objects.keys().len()), (2, 3));
}

#[tokio::test]
async fn the_same_request_can_be_encoded_differently() {
    let world = World::new().await;
    let service = world.start();
    let reply = post(&service, "/classification", "k", &classification()).await;
    reply.assert(200, None, "완료");
    let photo = pictures::jpeg(b"desk");
    let parts: [FormPart<'_>; 4] = [
        ("feed_img", Some("IMG_1.jpg"), &photo),
        ("classification_keyword", None, "  강아지".as_bytes()),
        ("feed_content", None, "오늘도 했다".as_bytes()),
        ("participation_id", None, b"1"),
    ];
    for boundary in [BOUNDARY, "another"] {
        let form = replaced(&form_body(&parts), BOUNDARY.as_bytes(), boundary.as_bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let headers = [("Content-Type", &*content_type), ("idempotency-key", "k")];
        let request = request("POST", "/classification", &headers, &form);
        send(service.address, &request).await.assert(200, None, "완료");
    }
    assert_eq!(world.feeds().await.len(), 1);
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    [&replaced, rest].concat()
}

#[tokio::test]
async fn another_request_under_the_key_is_106() {
    let world = World::new().await;
    let service = world.start();
    let first = post(&service, "/classification", "k", &classification()).await;
    first.assert(200, None, "완료");
    let street = json!(pictures::base64(&pictures::jpeg(b"street")));
    for (path, body) in [
        ("/classification", with(classification(), "feed_img", Some(street))),
        ("/classification", with(classification(), "feed_content", Some(json!("x")))),
        ("/classification", with(classification(), "classification_keyword", Some(json!("dog")))),
        ("/classification", with(classification(), "participation_id", Some(json!(2)))),
        ("/img_feature", img_feature()),
        ("/std_img", std_img()),
    ] {
        post(&service, path, "k", &body).await.assert(409, Some(106), OTHER);
    }
    let same = post(&service, "/classification", "k", &classification()).await;
    same.assert(200, None, "완료");
    assert_eq!(world.feeds().await.len(), 1);
}

#[tokio::test]
async fn rejections_that_can_change_are_evaluated_again() {
    let mut world = World::new().await;
    world.policy.rules.once_per_day = true;
    let service = world.start();
    let message = "기준 사진이 존재하지 않습니다.";
    post(&service, "/img_feature", "early", &img_feature()).await.assert(400, Some(2), message);
    post(&service, "/std_img", "reference", &std_img()).await.assert(200, None, "완료 되었습니다.");
    world.clock.set(TOO_LATE);
    let message = "인증 시간이 아닙니다.";
    post(&service, "/img_feature", "early", &img_feature()).await.assert(400, Some(3), message);
    post(&service, "/classification", "late", &classification()).await.assert(
        400,
        Some(4),
        message,
    );
    world.clock.set(IN_TIME);
    post(&service, "/img_feature", "early", &img_feature()).await.assert(
        200,
        None,
        "완료되었습니다.",
    );
    let message = "오늘 인증이 이미 완료 되었습니다.";
    let reply = post(&service, "/classification", "late", &classification()).await;
    reply.assert(409, Some(104), message);
    world.clock.set(IN_TIME + time::Duration::DAY);
    let reply = post(&service, "/classification", "late", &classification()).await;
    reply.assert(200, None, "완료");
    assert_eq!(world.feeds().await.len(), 2);
}

#[tokio::test]
async fn verdicts_are_repeated_even_if_they_would_change() {
    let world = World::new().await;
    let service = world.start();
    post(&service, "/std_img", "reference", &std_img()).await.assert(200, None, "완료 되었습니다.");
    let street = json!(pictures::base64(&pictures::jpeg(b"street")));
    let other = with(img_feature(), "feed_img", Some(street.clone()));
    let message = "사진이 일치하지 않습니다.";
    post(&service, "/img_feature", "verdict", &other).await.assert(400, Some(4), message);
    let reference = with(std_img(), "std_img", Some(street));
    post(&service, "/std_img", "new", &reference).await.assert(200, None, "완료 되었습니다.");
    let headers = [
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "verdict"),
        ("X-Request-Id", "again-1"),
    ];
    let body = other.to_string();
    let request = request("POST", "/img_feature", &headers, body.as_bytes());
    send(service.address, &request).await.assert(400, Some(4), message);
    let lines = lines_until("again-1", "a request got its earlier response").await;
    assert!(lines.iter().any(|line| line["fields"]["errcode"] == 4), "{lines:?}");
    assert_eq!(world.feeds().await, []);
}

#[tokio::test]
async fn failures_are_tried_again() {
    let mut world = World::new().await;
    let mut objects = MockObjectStore::new();
    objects.expect_url().returning(|key| format!("memory:///{key}"));
    let mut faults = [Fault::overloaded("queue full"), Fault::transient("refused")].into_iter();
    objects
        .expect_put_new()
        .times(2)
        .returning(move |_, _| Err(PutError::Fault(faults.next().unwrap())));
    let stored = world.objects.clone();
    world.ports.objects = Arc::new(objects);
    let service = world.start();
    let reply = post(&service, "/classification", "k", &classification()).await;
    reply.assert(503, Some(110), BUSY);
    let reply = post(&service, "/classification", "k", &classification()).await;
    reply.assert(500, Some(5), "S3 오류");
    world.ports.objects = stored;
    let reply = post(&world.start(), "/classification", "k", &classification()).await;
    reply.assert(200, None, "완료");
    assert_eq!(world.feeds().await.len(), 1);
}

#[tokio::test]
async fn a_key_is_1_to_255_visible_characters_and_one() {
    let world = World::new().await;
    let service = world.start();
    let malformed = "입력이 바르지 않습니다.";
    let long = "k".repeat(256);
    for key in ["", "a b", "열쇠", "a\tb", &long] {
        let reply = post(&service, "/std_img", key, &std_img()).await;
        reply.assert(400, Some(1), malformed);
    }
    let twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
    let body = std_img().to_string();
    let request = request("POST", "/std_img", &twice, body.as_bytes());
    send(service.address, &request).await.assert(400, Some(1), malformed);
    assert_eq!(world.objects.keys(), []);
    let reply = post(&service, "/std_img", &long[1..], &std_img()).await;
    reply.assert(200, None, "완료 되었습니다.");
}

#[tokio::test]
async fn a_malformed_request_does_not_use_its_key() {
    let world = World::new().await;
    let service = world.start();
    let malformed = with(img_feature(), "feed_img", Some(json!("no photo")));
    let reply = post(&service, "/img_feature", "k", &malformed).await;
    reply.assert(400, Some(1), "입력이 바르지 않습니다.");
    post(&service, "/std_img", "k", &std_img()).await.assert(200, None, "완료 되었습니다.");
}

/// A clock with a fixed time, whose sleeps last a moment of real time.
struct RealNaps;

#[async_trait]
impl Clock for RealNaps {
    fn now(&self) -> OffsetDateTime {
        IN_TIME
    }

    async fn sleep(&self, _duration: Duration) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Two replicas share one database: the second returns the response of the first.
#[tokio::test]
async fn of_two_at_once_the_second_waits_for_the_answer_of_the_first() {
    let mut world = World::new().await;
    world.ports.clock = Arc::new(RealNaps);
    world.policy.rules.request_keys.wait = time::Duration::HOUR;
    let gate = Gate::new();
    world.ports.classifier = gate.clone();
    let first = world.start();
    world.ports.classifier = Arc::new(MockClassifier::new());
    let second = world.start();
    let body = classification();
    let both = async {
        let answering = post(&first, "/classification", "k", &body);
        let waiting = async {
            gate.wait_until_begun().await;
            let other = with(body.clone(), "feed_content", Some(json!("x")));
            let reply = post(&second, "/classification", "k", &other).await;
            reply.assert(409, Some(106), OTHER);
            tokio::join!(post(&second, "/classification", "k", &body), async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                gate.released.add_permits(1);
            })
            .0
        };
        tokio::join!(answering, waiting)
    };
    let (answered, waited) = both.await;
    answered.assert(200, None, "완료");
    waited.assert(200, None, "완료");
    assert_eq!((world.feeds().await.len(), world.objects.keys().len()), (1, 1));
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_110() {
    let mut world = World::new().await;
    world.policy.rules.request_keys.wait = time::Duration::SECOND;
    let gate = Gate::new();
    world.ports.classifier = gate.clone();
    let service = world.start();
    let body = classification();
    let first = post(&service, "/classification", "k", &body);
    let second = async {
        gate.wait_until_begun().await;
        let reply = post(&service, "/classification", "k", &body).await;
        reply.assert(503, Some(110), BUSY);
        reply.assert_retry_soon();
        gate.released.add_permits(1);
    };
    let (first, ()) = tokio::join!(first, second);
    first.assert(200, None, "완료");
    post(&service, "/classification", "k", &body).await.assert(200, None, "완료");
    assert_eq!(world.feeds().await.len(), 1);
}

#[tokio::test]
async fn a_database_that_keeps_no_keys_is_111_before_anything_is_done() {
    let mut world = World::new().await;
    let mut repository = MockRepository::new();
    repository.expect_claim_key().returning(|_, _, _, _| Err(Fault::permanent("no such table")));
    world.ports.repository = Arc::new(repository);
    let service = world.start();
    let reply = post(&service, "/std_img", "k", &std_img()).await;
    reply.assert(500, Some(111), "DB 접근 오류");
    assert_eq!(world.objects.keys(), []);
    world.ports.repository = world.database.clone();
    let service = world.start();
    let reply = crate::client::post(service.address, "/std_img", &std_img()).await;
    reply.assert(200, None, "완료 되었습니다.");
}
