//! Appeals against rejections.

use injeung_domain::Scope;
use injeung_http::{Authentication, PagesSettings};
use serde_json::{Value, json};

use crate::audit::{other_scene, recorded};
use crate::auth::{api_keys, required};
use crate::browser::{Browser, token};
use crate::client::{get, post, request, send};
use crate::world::{TOO_LATE, World, std_img};

const FILED: &str = "이의 제기가 접수되었습니다.";

/// A world with a rejected photo of the request `first`.
async fn with_rejected() -> World {
    let mut world = World::new().await;
    world.pages = PagesSettings::default();
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await;
    let headers = [("Content-Type", "application/json"), ("X-Request-Id", "first")];
    let body = other_scene().to_string();
    send(service.address, &request("POST", "/img_feature", &headers, body.as_bytes())).await;
    recorded(&world, 1).await;
    world
}

fn appeal(request_id: &str) -> Value {
    json!({ "participation_id": 1, "request_id": request_id, "text": "제 <b>책상</b>입니다" })
}

#[tokio::test]
async fn an_appeal_is_filed_decided_and_read() {
    let world = with_rejected().await;
    let service = world.start();
    let state = async || {
        let path = "/appeals?participation_id=1&request_id=first";
        get(service.address, path).await.json()["data"]["state"].clone()
    };
    get(service.address, "/appeals?participation_id=1&request_id=first").await.assert(
        404,
        Some(102),
        "요청한 주소를 찾을 수 없습니다.",
    );
    for _ in 0..2 {
        let reply = post(service.address, "/appeals", &appeal("first")).await;
        let data = json!({ "message": FILED, "state": "open" });
        assert_eq!(reply.json(), json!({ "status": 200, "data": data }));
    }
    assert_eq!(state().await, "open");

    let browser = Browser::new(&service);
    let queue = browser.page("/console").await;
    assert!(queue.contains("Appeal of the participant"), "{queue}");
    assert!(queue.contains("제 &lt;b&gt;책상&lt;/b&gt;입니다"), "{queue}");
    let token = token(&queue);
    let fields = [("token", token.as_str()), ("decision", "accept"), ("reason", "shows_it")];
    assert_eq!(browser.post("/console/attempts/1/decision", &fields).await.status, 303);
    assert_eq!(state().await, "accepted");
    assert_eq!(post(service.address, "/appeals", &appeal("first")).await.status, 200);
    assert_eq!(world.feeds().await.len(), 1);
}

#[tokio::test]
async fn an_appeal_that_cannot_be_filed_gets_its_reason() {
    let world = with_rejected().await;
    let service = world.start();
    let file = async |body: Value| post(service.address, "/appeals", &body).await;
    let malformed = "입력이 바르지 않습니다.";
    for body in [
        json!({}),
        json!({ "participation_id": 1 }),
        json!({ "participation_id": 0, "request_id": "first" }),
        json!({ "participation_id": 1, "request_id": "" }),
        json!({ "participation_id": 1, "request_id": "a\0b" }),
        json!({ "participation_id": 1, "request_id": "first", "text": 1 }),
        json!({ "participation_id": 1, "request_id": "first", "text": "x".repeat(10_001) }),
        json!({ "participation_id": 99, "request_id": "first" }),
    ] {
        file(body).await.assert(400, Some(1), malformed);
    }
    for query in ["", "?participation_id=1", "?participation_id=x&request_id=first"] {
        get(service.address, &format!("/appeals{query}")).await.assert(400, Some(1), malformed);
    }
    file(appeal("unknown")).await.assert(404, Some(102), "요청한 주소를 찾을 수 없습니다.");
    // The window of the attempt is closed, and it is the next day in Seoul.
    world.clock.set(TOO_LATE + time::Duration::hours(17));
    file(appeal("first")).await.assert(409, Some(116), "이의 제기 기간이 지났습니다.");
    let confirmed = injeung_domain::ReviewAttempt {
        attempt_id: 1.try_into().unwrap(),
        decision: injeung_domain::ReviewDecision::Confirm,
        reason: injeung_domain::ReviewReason::Unclear,
        operator: "minji".to_owned(),
    };
    injeung_domain::review_attempt(&world.ports, &world.policy, confirmed).await.unwrap();
    file(appeal("first")).await.assert(409, Some(115), "이의를 제기할 수 없는 인증입니다.");
}

#[tokio::test]
async fn an_appeal_needs_the_credential_of_its_participation() {
    let mut world = with_rejected().await;
    world.authentication = Authentication::new(&required(), None).unwrap();
    api_keys::add(&world, 1, Scope::Verify, "app").await;
    let service = world.start();
    let reply = post(service.address, "/appeals", &appeal("first")).await;
    reply.assert(401, Some(100), "토큰이 입력되지 않았습니다.");
    let path = "/appeals?participation_id=1&request_id=first";
    assert_eq!(get(service.address, path).await.status, 401);
    let bearer = api_keys::bearer(1);
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    let body = appeal("first").to_string();
    let filed = request("POST", "/appeals", &headers, body.as_bytes());
    assert_eq!(send(service.address, &filed).await.status, 200);
    let found = request("GET", path, &headers[1..], b"");
    assert_eq!(send(service.address, &found).await.json()["data"]["state"], "open");
}
