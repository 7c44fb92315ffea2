//! API keys of servers.

use injeung_domain::ports::{MockRepository, Repository};
use injeung_domain::{ApiKey, Fault, KeyId, KeyText, Scope};
use std::sync::Arc;
use time::Duration;

use super::{ACCEPTED, UNAUTHENTICATED, get_with, post, reference, required, world};
use crate::client::{get, request, send};
use crate::logs::lines_until;
use crate::world::{IN_TIME, World, img_feature, with};

fn text(nth: u8) -> KeyText {
    KeyText::new(KeyId::new([nth; KeyId::BYTES]), [nth; KeyText::SECRET_BYTES])
}

pub(crate) fn bearer(nth: u8) -> String {
    format!("Bearer {}", text(nth).expose())
}

/// Adds a key, which `bearer(nth)` sends.
pub(crate) async fn add(world: &World, nth: u8, scope: Scope, name: &str) {
    add_key(world, ApiKey { scopes: vec![scope], name: name.parse().unwrap(), ..key(nth) }).await;
}

async fn add_key(world: &World, key: ApiKey) {
    assert!(world.database.add_api_key(&key).await.unwrap());
}

fn key(nth: u8) -> ApiKey {
    ApiKey {
        id: text(nth).id().clone(),
        name: "app".parse().unwrap(),
        digest: text(nth).digest(),
        scopes: vec![Scope::Verify],
        created_at: IN_TIME,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

#[tokio::test]
async fn a_server_acts_for_every_participation_until_its_key_is_revoked() {
    let world = world(&required()).await;
    add(&world, 1, Scope::Verify, "app").await;
    let service = world.start();
    for participation in [1, 2, 3] {
        let reply = post(&service, &bearer(1), &reference(participation)).await;
        reply.assert(200, None, ACCEPTED);
    }
    assert!(world.database.revoke_api_key(text(1).id(), IN_TIME).await.unwrap());
    post(&service, &bearer(1), &reference(1)).await.assert(401, Some(100), UNAUTHENTICATED);
}

/// Every reason has one response, so that nobody learns which keys exist.
#[tokio::test]
async fn other_keys_get_one_response() {
    let world = world(&required()).await;
    add(&world, 1, Scope::Verify, "app").await;
    add_key(&world, ApiKey { expires_at: Some(IN_TIME), ..key(2) }).await;
    add_key(&world, ApiKey { revoked_at: Some(IN_TIME - Duration::DAY), ..key(3) }).await;
    add(&world, 4, Scope::Metrics, "prometheus").await;
    let service = world.start();
    let right = bearer(1);
    for wrong in [
        bearer(2),
        bearer(3),
        bearer(4),
        bearer(5),
        format!("Bearer {}", KeyText::new(text(1).id().clone(), [9; 32]).expose()),
        right.to_uppercase().replace("BEARER", "Bearer"),
        right[..right.len() - 1].to_owned(),
        format!("{right}0"),
        "Bearer injeung_".to_owned(),
        "Bearer injeung_' OR 1=1 --".to_owned(),
        // A token, although none are configured.
        "Bearer a.b.c".to_owned(),
    ] {
        let reply = post(&service, &wrong, &reference(1)).await;
        assert_eq!(reply.status, 401, "{wrong}");
        reply.assert(401, Some(100), UNAUTHENTICATED);
    }
}

#[tokio::test]
async fn metrics_need_their_scope() {
    let world = world(&required()).await;
    add(&world, 1, Scope::Verify, "app").await;
    add(&world, 2, Scope::Metrics, "prometheus").await;
    let service = world.start();
    get(service.address, "/metrics").await.assert(401, Some(100), UNAUTHENTICATED);
    for wrong in [bearer(1), "Bearer a.b.c".to_owned()] {
        let reply = get_with(&service, "/metrics", &wrong).await;
        reply.assert(401, Some(100), UNAUTHENTICATED);
    }
    let reply = get_with(&service, "/metrics", &bearer(2)).await;
    assert_eq!(reply.status, 200);
    assert!(String::from_utf8(reply.body).unwrap().contains("injeung_requests_total"));
}

/// A stranger who guesses the idempotency key of another caller must not get that caller's response.
#[tokio::test]
async fn an_idempotency_key_belongs_to_its_caller() {
    let world = world(&required()).await;
    add(&world, 1, Scope::Verify, "app").await;
    add(&world, 2, Scope::Verify, "other").await;
    // A new key of the first server, as in a rotation.
    add(&world, 3, Scope::Verify, "app").await;
    let service = world.start();
    post(&service, &bearer(1), &reference(1)).await.assert(200, None, ACCEPTED);
    let feed = async |nth, content: &str| {
        let (authorization, body) =
            (bearer(nth), with(img_feature(), "feed_content", Some(content.into())));
        let headers = [
            ("Content-Type", "application/json"),
            ("Authorization", &*authorization),
            ("Idempotency-Key", "k"),
        ];
        let body = body.to_string();
        let request = request("POST", "/img_feature", &headers, body.as_bytes());
        send(service.address, &request).await.status
    };
    assert_eq!(feed(1, "mine").await, 200);
    assert_eq!(feed(2, "another").await, 200, "another caller has its own keys");
    assert_eq!(feed(3, "mine").await, 200);
    assert_eq!(world.feeds().await.len(), 2, "the new key got the response of the first");
    assert_eq!(feed(3, "another").await, 409);
}

#[tokio::test]
async fn a_database_that_is_down_is_no_invalid_key() {
    let mut world = world(&required()).await;
    let mut repository = MockRepository::new();
    let fault = |_: &KeyId| Err(Fault::permanent("the database is down"));
    repository.expect_find_api_key().returning(fault);
    world.ports.repository = Arc::new(repository);
    let reply = post(&world.start(), &bearer(1), &reference(1)).await;
    reply.assert(500, Some(111), "DB 접근 오류");
}

#[tokio::test]
async fn the_log_names_the_key_and_not_its_secret() {
    let world = world(&required()).await;
    add(&world, 1, Scope::Verify, "app").await;
    let service = world.start();
    for (id, authorization, expected) in [
        ("a-good-key", bearer(1), "Service(KeyName(\\\\\\\"app\\\\\\\"))"),
        ("a-wrong-key", bearer(2), "find API key 020202020202: there is none"),
    ] {
        let headers = [("X-Request-Id", id), ("Authorization", &*authorization)];
        let body = reference(1).to_string();
        send(service.address, &request("POST", "/std_img", &headers, body.as_bytes())).await;
        let lines = lines_until(id, "answered a request").await;
        let logged = serde_json::to_string(&lines).unwrap();
        assert!(logged.contains(&expected.replace("\\\\\\\"", "\\\"")), "{logged}");
        assert!(
            !logged.contains(&"01".repeat(32)) && !logged.contains(&"02".repeat(32)),
            "{logged}"
        );
    }
}
