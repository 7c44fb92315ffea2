//! `GET /objects/{key}` with authentication.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use injeung_adapter::{Secret, UrlSigner};
use injeung_domain::Scope;
use injeung_domain::ports::MockObjectStore;
use injeung_http::{AuthSettings, Authentication, TokenAlgorithm};
use jsonwebtoken::Algorithm;
use serde_json::json;

use super::api_keys::{add, bearer};
use super::issuer::{SECRET, hmac, token};
use super::{NOT_OWNER, UNAUTHENTICATED, get_with, required, world};
use crate::client::{get, request, send};
use crate::world::World;

const PATH: &str = "/objects/std_2_20261123063000.jpg";
const NOT_FOUND: &str = "요청한 주소를 찾을 수 없습니다.";

/// A world with a photo of participation 2, and tokens without issuer and audience.
async fn world_with_photos() -> World {
    let mut settings = required();
    settings.token.algorithm = Some(TokenAlgorithm::HS256);
    settings.token.secret = Secret::new(SECRET);
    world_with(&settings).await
}

async fn world_with(settings: &AuthSettings) -> World {
    let world = world(settings).await;
    for name in ["std_2_20261123063000.jpg", "logo.jpg"] {
        fs::write(world.files.path().join(name), "photo").unwrap();
    }
    world
}

fn of_user(user: &str) -> String {
    let claims = json!({ "sub": user, "exp": 4_000_000_000_u64 }).to_string();
    let token = token(r#"{"alg":"HS256"}"#, &claims, &hmac(SECRET.as_bytes()), Algorithm::HS256);
    format!("Bearer {token}")
}

fn signed(letter: &str, valid: Duration) -> String {
    let signer = UrlSigner::new(&Secret::new(letter.repeat(32))).unwrap();
    let key = "std_2_20261123063000.jpg".parse().unwrap();
    format!("{PATH}?{}", signer.query(&key, valid))
}

#[tokio::test]
async fn a_guessed_name_is_not_enough() {
    let service = world_with_photos().await.start();
    for path in [PATH, "/objects/std_2_20261123063001.jpg", "/objects/logo.jpg"] {
        // The response does not show whether the photo exists.
        get(service.address, path).await.assert(401, Some(100), UNAUTHENTICATED);
        let head = send(service.address, &request("HEAD", path, &[], b"")).await;
        assert_eq!(head.status, 401);
    }
}

#[tokio::test]
async fn a_signed_url_is_enough_until_it_expires() {
    let service = world_with_photos().await.start();
    let url = signed("u", Duration::from_secs(60));
    let reply = get(service.address, &url).await;
    assert_eq!((reply.status, &reply.body[..]), (200, &b"photo"[..]));
    assert_eq!(reply.header("cache-control"), Some("private, max-age=31536000, immutable"));
    let (_, query) = url.split_once('?').unwrap();
    let (expires, signature) = query.split_once('&').unwrap();
    for wrong in [
        signed("u", Duration::ZERO),
        signed("x", Duration::from_secs(60)),
        format!("/objects/logo.jpg?{query}"),
        format!("{PATH}?{expires}0&{signature}"),
        format!("{PATH}?{expires}&signature="),
        format!("{PATH}?{signature}"),
        format!("{PATH}?{expires}"),
        format!("{PATH}?expires=-1&{signature}"),
        format!("{PATH}?{query}&{expires}0"),
    ] {
        get(service.address, &wrong).await.assert(401, Some(100), UNAUTHENTICATED);
    }
    // A wrong signature is not repaired by a credential.
    let reply = get_with(&service, &signed("x", Duration::from_secs(60)), &of_user("minji")).await;
    reply.assert(401, Some(100), UNAUTHENTICATED);
}

#[tokio::test]
async fn participants_read_their_own_photos_and_servers_all() {
    let world = world_with_photos().await;
    add(&world, 1, Scope::Verify, "app").await;
    add(&world, 2, Scope::Metrics, "prometheus").await;
    let service = world.start();
    assert_eq!(get_with(&service, PATH, &of_user("minji")).await.status, 200);
    for path in [PATH, "/objects/std_9_20261123063000.jpg", "/objects/logo.jpg"] {
        get_with(&service, path, &of_user("suho")).await.assert(403, Some(101), NOT_OWNER);
    }
    for path in [PATH, "/objects/logo.jpg"] {
        assert_eq!(get_with(&service, path, &bearer(1)).await.status, 200);
        let reply = get_with(&service, path, &bearer(2)).await;
        reply.assert(401, Some(100), UNAUTHENTICATED);
    }
    let gone = "/objects/std_2_20261123063001.jpg";
    get_with(&service, gone, &bearer(1)).await.assert(404, Some(102), NOT_FOUND);
}

#[tokio::test]
async fn public_photos_are_a_setting() {
    let mut settings = required();
    settings.public_photos = true;
    let service = world_with(&settings).await.start();
    let reply = get(service.address, PATH).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
}

#[tokio::test]
async fn without_a_secret_no_url_is_valid() {
    let mut settings = required();
    settings.url_secret = Secret::new("");
    let mut world = world_with(&settings).await;
    let url = signed("u", Duration::from_secs(60));
    get(world.start().address, &url).await.assert(401, Some(100), UNAUTHENTICATED);
    world.authentication = Authentication::off();
    assert_eq!(get(world.start().address, &url).await.status, 200);
}

#[tokio::test]
async fn who_may_read_a_photo_gets_a_url_for_an_hour() {
    let mut world = world_with_photos().await;
    add(&world, 1, Scope::Verify, "app").await;
    let mut objects = MockObjectStore::new();
    objects.expect_signed_url().returning(|key, valid| {
        let url = format!("https://bucket.example/{key}?expires={}", valid.as_secs());
        Ok(Some(url))
    });
    world.ports.objects = Arc::new(objects);
    let service = world.start();
    let path = format!("{PATH}/url");
    for authorization in [bearer(1), of_user("minji")] {
        let reply = get_with(&service, &path, &authorization).await;
        let url = "https://bucket.example/std_2_20261123063000.jpg?expires=3600";
        assert_eq!((reply.status, &reply.json()["data"]["url"]), (200, &json!(url)));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    get_with(&service, &path, &of_user("suho")).await.assert(403, Some(101), NOT_OWNER);
    let signed = signed("u", Duration::from_secs(60));
    let (_, query) = signed.split_once('?').unwrap();
    for path in [path.clone(), format!("{path}?{query}")] {
        get(service.address, &path).await.assert(401, Some(100), UNAUTHENTICATED);
    }
    get_with(&service, "/objects/.hidden/url", &bearer(1)).await.assert(404, Some(102), NOT_FOUND);
    // Not an object of this service.
    let other = "/objects/backup.sql/url";
    get_with(&service, other, &bearer(1)).await.assert(404, Some(102), NOT_FOUND);
    // A service that anyone can use signs no URL of a private bucket.
    world.authentication = Authentication::off();
    let mut objects = MockObjectStore::new();
    objects.expect_signed_url().never();
    objects.expect_url().returning(|key| format!("https://bucket.example/{key}"));
    world.ports.objects = Arc::new(objects);
    let reply = get(world.start().address, &path).await;
    let url = "https://bucket.example/std_2_20261123063000.jpg";
    assert_eq!((reply.status, &reply.json()["data"]["url"]), (200, &json!(url)));
}
