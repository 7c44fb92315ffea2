//! The console: who is admitted, what it shows, and what decisions do.

use std::time::Duration;

use injeung_domain::ports::{Clock, Repository};
use injeung_domain::{DeliveryEnd, EventKind, ReviewState, Scope};
use injeung_http::{Authentication, MinRate, PagesSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::audit::{other_scene, recorded};
use crate::auth::{api_keys, required};
use crate::browser::{Browser, token};
use crate::client::{post, send};
use crate::world::{Service, World, classification, img_feature, std_img, with};

/// A world with the console, as on loopback by default.
async fn world() -> World {
    let mut world = World::new().await;
    world.pages = PagesSettings::default();
    world
}

/// A service with one accepted and two rejected attempts, one of each kind.
async fn with_attempts(world: &World) -> Service {
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await;
    post(service.address, "/img_feature", &img_feature()).await;
    recorded(world, 1).await;
    post(service.address, "/img_feature", &other_scene()).await;
    recorded(world, 2).await;
    let keyword = with(classification(), "classification_keyword", Some("bicycle".into()));
    post(service.address, "/classification", &keyword).await;
    recorded(world, 3).await;
    service
}

async fn decide(browser: &Browser<'_>, id: i64, decision: &str, reason: &str) -> String {
    let page = browser.page(&format!("/console/attempts/{id}")).await;
    let token = token(&page);
    let fields = [("token", token.as_str()), ("decision", decision), ("reason", reason)];
    let reply = browser.post(&format!("/console/attempts/{id}/decision"), &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.head);
    reply.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn the_queue_has_what_waits_and_the_list_everything() {
    let world = world().await;
    let service = with_attempts(&world).await;
    let browser = Browser::new(&service);
    let queue = browser.page("/console").await;
    assert!(queue.contains("Participation 1"));
    assert_eq!(queue.matches("class=\"item\"").count(), 2);
    let rows = async |query: &str| {
        let page = browser.page(&format!("/console/attempts{query}")).await;
        page.matches("<th scope=\"row\">").count()
    };
    assert_eq!(rows("").await, 3);
    assert_eq!(rows("?outcome=accepted").await, 1);
    assert_eq!(rows("?outcome=rejected&kind=keyword").await, 1);
    assert_eq!(rows("?errcode=4&waiting=1").await, 1);
    assert_eq!(rows("?participation=2").await, 0);
    assert_eq!(rows("?since=2026-11-23&until=2026-11-23").await, 3, "the last day is included");
    assert_eq!(rows("?since=2026-11-24").await, 0);
    assert_eq!(rows("?until=2026-11-22").await, 0);
    assert_eq!(rows("?outcome=%3Cscript%3E&order=x&page=x").await, 3, "nonsense has no effect");
    let page = browser.page("/console/attempts?request=%22%3E%3Cscript%3E").await;
    assert!(!page.contains("<script>"), "texts are escaped");
}

#[tokio::test]
async fn the_page_of_an_attempt_has_photos_and_evidence() {
    let world = world().await;
    let service = with_attempts(&world).await;
    let browser = Browser::new(&service);
    let page = browser.page("/console/attempts/2").await;
    assert!(page.contains("accepted from 50 %"), "{page}");
    assert!(page.contains("does not show the scene of the reference"));
    let pane = page.split("pane after").nth(1).unwrap();
    let photo = pane.split("src=\"").nth(1).unwrap();
    let path = photo.split('"').next().unwrap();
    let photo = browser.get(path).await;
    assert_eq!((photo.status, photo.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(photo.body, crate::pictures::jpeg(b"kitchen"));
    assert_eq!(photo.header("cache-control"), Some("private, max-age=600"));
    for unknown in ["/console/photos/other.jpg", "/console/photos/..%2fx", "/console/attempts/99"] {
        assert_eq!(browser.get(unknown).await.status, 404, "{unknown}");
    }
    let keyword = browser.page("/console/attempts/3").await;
    assert!(keyword.contains("bicycle") && keyword.contains("강아지"));
    let korean = browser.page("/console/attempts/2?lang=ko").await;
    assert!(korean.contains("사진이 일치하지 않습니다."));
    for page in ["/console/statistics", "/console/participations/1", "/console/log"] {
        let html = browser.page(page).await;
        assert!(!html.contains("style=\""), "{page}");
    }
    let reply = browser.get("/console").await;
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_decision_adds_a_row_is_logged_and_can_be_undone() {
    let world = world().await;
    let service = with_attempts(&world).await;
    let browser = Browser::new(&service);
    assert_eq!(world.feeds().await.len(), 1);
    let after = decide(&browser, 2, "accept", "poor_photo").await;
    assert_eq!(after, "/console?done=2&decision=accept");
    assert_eq!(world.feeds().await.len(), 2);
    let queue = browser.page(&after).await;
    assert!(queue.contains("the photo has a row in the feed now"));
    assert_eq!(queue.matches("class=\"item\"").count(), 1);
    let log = browser.page("/console/log").await;
    assert!(log.contains("rejected → accepted") && log.contains("Dark or blurred"), "{log}");

    let again = decide(&browser, 2, "accept", "shows_it").await;
    assert_eq!(again, "/console/attempts/2?problem=other_state");
    assert_eq!(world.feeds().await.len(), 2);
    decide(&browser, 2, "undo", "mistake").await;
    assert_eq!(world.feeds().await.len(), 1);
    let log = browser.page("/console/log").await;
    assert!(log.contains("accepted → rejected"), "{log}");

    decide(&browser, 3, "confirm", "unclear").await;
    let id = 3.try_into().unwrap();
    let attempt = world.database.find_attempt(id).await.unwrap().unwrap();
    assert_eq!(attempt.review, Some(ReviewState::Confirmed));
    let other = decide(&browser, 2, "accept", "unclear").await;
    assert_eq!(other, "/console/attempts/2?problem=other_reason");
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let world = world().await;
    let service = with_attempts(&world).await;
    let browser = Browser::new(&service);
    let valid = token(&browser.page("/console/attempts/2").await);
    let other = "0".repeat(64);
    for token in ["", "x", &other, &valid[..63]] {
        let fields = [("token", token), ("decision", "accept"), ("reason", "shows_it")];
        let reply = browser.post("/console/attempts/2/decision", &fields).await;
        let page = reply.header("location");
        assert_eq!((reply.status, page), (303, Some("/console/attempts/2?problem=expired")));
    }
    let fields = [("decision", "accept"), ("reason", "shows_it")];
    let reply = browser.post("/console/attempts/2/decision", &fields).await;
    reply.assert(400, Some(1), "입력이 바르지 않습니다.");
    assert_eq!(world.feeds().await.len(), 1);
    assert!(browser.page("/console/attempts/2?problem=expired").await.contains("Decide again."));
}

#[tokio::test]
async fn a_dead_webhook_is_listed_and_waits_again_after_the_form_with_its_token() {
    let mut world = world().await;
    world.policy.events = vec![EventKind::ReferenceRegistered];
    let service = world.start();
    let browser = Browser::new(&service);
    assert!(browser.page("/console/webhooks").await.contains("No message waits."));
    post(service.address, "/std_img", &std_img()).await;
    let (at, error) = (world.clock.now(), "deliver the message: <b>500</b>".to_owned());
    let id = 1.try_into().unwrap();
    world.database.end_delivery(id, DeliveryEnd::Dead { at, error }).await.unwrap();
    let page = browser.page("/console/webhooks").await;
    assert!(page.contains("reference.registered") && page.contains("&lt;b&gt;500"), "{page}");
    assert!(browser.page("/console/webhooks?lang=ko").await.contains("다시 보내기"));

    let again = async |id: &str, token: &str| {
        let reply =
            browser.post(&format!("/console/webhooks/{id}/again"), &[("token", token)]).await;
        (reply.status, reply.header("location").unwrap_or_default().to_owned())
    };
    let to = |query: &str| (303, format!("/console/webhooks?{query}"));
    let dead = async || world.database.count_messages().await.unwrap().dead;
    assert_eq!(again("1", "forged").await, to("problem=expired"));
    assert_eq!(dead().await, 1);
    let token = token(&page);
    assert_eq!(again("1", &token).await, to("sent=1"));
    assert_eq!(dead().await, 0);
    assert_eq!(again("1", &token).await, to("problem=not_dead"));
    assert_eq!(again("x", &token).await.0, 404);
    let page = browser.page("/console/webhooks?sent=1").await;
    assert!(page.contains("waits for its delivery again"), "{page}");
}

#[tokio::test]
async fn without_authentication_only_this_machine_is_admitted() {
    let world = world().await;
    let service = with_attempts(&world).await;
    let mut browser = Browser::new(&service);
    browser.host = "evil.example".to_owned();
    for path in ["/console", "/console/attempts/2", "/console/photos/rejected_1_20261123063000.jpg"]
    {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    browser.host = "localhost".to_owned();
    for proxy in ["X-Forwarded-For: 203.0.113.9", "Via: 1.1 proxy"] {
        let request = format!(
            "GET /console HTTP/1.1\r\nHost: localhost\r\n{proxy}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(send(service.address, request.as_bytes()).await.status, 404, "{proxy}");
    }
    let wrong_method = browser.post("/console/statistics", &[]).await;
    assert_eq!(
        (wrong_method.status, wrong_method.header("allow")),
        (405, Some("GET, HEAD, OPTIONS"))
    );
    let mut world = world;
    world.pages.console = false;
    let service = world.start();
    assert_eq!(Browser::new(&service).get("/console").await.status, 404);
}

#[tokio::test]
async fn operators_log_in_with_a_key_of_the_scope() {
    let mut world = world().await;
    let service = with_attempts(&world).await;
    drop(service);
    world.authentication = Authentication::new(&required(), None).unwrap();
    api_keys::add(&world, 1, Scope::Console, "reviewer").await;
    api_keys::add(&world, 2, Scope::Verify, "app").await;
    let service = world.start();
    let mut browser = Browser::new(&service);
    let turned_away = browser.get("/console/attempts?errcode=4").await;
    assert_eq!(turned_away.status, 303);
    let to = turned_away.header("location").unwrap();
    assert_eq!(to, "/console/login?next=%2Fconsole%2Fattempts%3Ferrcode%3D4");
    assert_eq!(browser.get("/console/photos/rejected_1_20261123063000.jpg").await.status, 303);
    assert!(browser.page(to).await.contains("value=\"/console/attempts?errcode=4\""));

    let key = |nth| api_keys::bearer(nth).strip_prefix("Bearer ").unwrap().to_owned();
    let log_in = async |key: &str| {
        browser.post("/console/login", &[("key", key), ("next", "/console/log")]).await
    };
    for wrong in [key(2).as_str(), key(3).as_str(), "", "nonsense"] {
        let reply = log_in(wrong).await;
        assert_eq!((reply.status, reply.header("set-cookie")), (401, None), "{wrong}");
    }
    let reply = log_in(&key(1)).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/console/log")));
    let cookie = reply.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains(&key(1)), "the key is not in it");
    browser.keep(&reply);
    decide(&browser, 2, "accept", "shows_it").await;
    assert!(browser.page("/console/log").await.contains("reviewer ("));

    // A session is bound to its signature, its end and its key.
    let valid = browser.cookie.clone().unwrap();
    let altered = valid.replacen('.', "0.", 1);
    browser.cookie = Some(altered);
    assert_eq!(browser.get("/console").await.status, 303);
    browser.cookie = Some(valid);
    let page = browser.page("/console").await;
    let out = browser.post("/console/logout", &[("token", &token(&page))]).await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"), "{}", out.head);
    world.clock.set(crate::world::IN_TIME + world.pages.session);
    assert_eq!(browser.get("/console").await.status, 303, "it is over");
    world.clock.set(crate::world::IN_TIME);
    assert_eq!(browser.get("/console").await.status, 200);
    let text: injeung_domain::KeyText = key(1).parse().unwrap();
    world.database.revoke_api_key(text.id(), crate::world::IN_TIME).await.unwrap();
    assert_eq!(browser.get("/console").await.status, 303, "its key is revoked");
}

#[tokio::test]
async fn a_rejected_photo_is_never_public() {
    let mut world = world().await;
    let settings = injeung_http::AuthSettings { public_photos: true, ..required() };
    world.authentication = Authentication::new(&settings, None).unwrap();
    std::fs::write(world.files.path().join("feature_1_20261123063000.jpg"), b"a photo").unwrap();
    std::fs::write(world.files.path().join("rejected_1_20261123063000.jpg"), b"a photo").unwrap();
    let service = world.start();
    let browser = Browser::new(&service);
    assert_eq!(browser.get("/objects/feature_1_20261123063000.jpg").await.status, 200);
    assert_eq!(browser.get("/objects/rejected_1_20261123063000.jpg").await.status, 401);
}

#[tokio::test]
async fn a_log_in_that_is_sent_too_slowly_is_rejected() {
    let mut world = world().await;
    world.authentication = Authentication::new(&required(), None).unwrap();
    world.settings.min_rate =
        MinRate { bytes_per_s: 1_000_000, window: Duration::from_millis(200) };
    let service = world.start();
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let head = "POST /console/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nk";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"HTTP/1.1 408");
}
