//! The page at `/` and its routes.

use injeung_domain::Scope;
use injeung_http::{Authentication, PagesSettings, Shown};
use serde_json::{Value, json};

use crate::auth::{api_keys, required};
use crate::client::{Reply, post, send};
use crate::world::{Service, World, classification, desk, img_feature, std_img, with};

/// A service with the page, as on loopback by default, without sample photos.
async fn world() -> World {
    let mut world = World::new().await;
    let samples = world.files.path().to_owned();
    world.pages = PagesSettings { samples, ..PagesSettings::default() };
    world
}

async fn get_as(service: &Service, host: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    send(service.address, request.as_bytes()).await
}

async fn get_page(service: &Service, path: &str) -> Reply {
    get_as(service, &service.address.to_string(), path, &[]).await
}

async fn try_as(service: &Service, host: &str, path: &str, headers: &str, body: &Value) -> Reply {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    send(service.address, request.as_bytes()).await
}

async fn try_call(service: &Service, path: &str, body: &Value) -> Reply {
    try_as(service, "localhost", path, "", body).await
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_no_inline_code() {
    let service = world().await.start();
    let page = get_page(&service, "/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    let html = text(&page);
    assert!(!html.contains("style=") && !html.contains(" onclick"), "{html}");
    let from_here = |part: &str| part.starts_with('/') || part.starts_with('#');
    for attribute in ["src=\"", "href=\""] {
        for part in html.split(attribute).skip(1) {
            assert!(from_here(part), "{part:.60}");
        }
    }
    for asset in html.split("\"/assets/").skip(1) {
        let url = format!("/assets/{}", asset.split('"').next().unwrap());
        let asset = get_page(&service, &url).await;
        assert_eq!((asset.status, asset.body.is_empty()), (200, false), "{url}");
        assert_eq!(asset.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(get_page(&service, "/assets/other.js").await.status, 404);
}

#[tokio::test]
async fn the_page_speaks_the_language_of_its_reader() {
    let service = world().await.start();
    let get = async |path: &str, headers: &[(&str, &str)]| {
        get_as(&service, "localhost", path, headers).await
    };
    let speaks = |page: &Reply, tag: &str| text(page).contains(&format!("<html lang=\"{tag}\">"));
    assert!(speaks(&get("/", &[]).await, "en"));
    assert!(speaks(&get("/", &[("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.8")]).await, "ko"));
    let chosen = get("/?lang=ko", &[("Accept-Language", "en")]).await;
    assert!(speaks(&chosen, "ko"));
    let cookie = chosen.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(speaks(&get("/", &[("Accept-Language", "en"), ("Cookie", &cookie)]).await, "ko"));
    assert!(speaks(&get("/?lang=xx", &[]).await, "en"));
}

#[tokio::test]
async fn another_name_for_this_machine_gets_nothing() {
    let service = world().await.start();
    assert_eq!(get_as(&service, "evil.example", "/", &[]).await.status, 404);
    let tried = try_as(&service, "evil.example", "/try/std_img", "", &std_img()).await;
    assert_eq!(tried.status, 404);
    assert_eq!(get_as(&service, "evil.example", "/try/reference/1", &[]).await.status, 404);
}

#[tokio::test]
async fn a_page_that_is_off_has_no_routes() {
    let mut world = world().await;
    world.pages.try_page = Shown::Off;
    world.pages.console = false;
    let service = world.start();
    for path in ["/", "/try/reference/1", "/try/samples/box.png", "/assets/style.css"] {
        assert_eq!(get_page(&service, path).await.status, 404, "{path}");
    }
    assert_eq!(try_call(&service, "/try/std_img", &std_img()).await.status, 404);
}

#[tokio::test]
async fn a_tried_call_is_the_call_with_its_evidence() {
    let world = world().await;
    let service = world.start();
    let registered = try_call(&service, "/try/std_img", &std_img()).await;
    assert_eq!(registered.status, 200);
    let found = &registered.json()["evidence"]["reference"];
    assert_eq!(*found, json!({ "points": 1, "verifiable": true, "issues": [] }));

    let accepted = try_call(&service, "/try/img_feature?lang=en", &img_feature()).await.json();
    let same = post(service.address, "/img_feature", &img_feature()).await;
    assert_eq!(accepted["response"], same.json(), "the call's own response is in it");
    assert_eq!(accepted["meaning"], "The photo is accepted.");
    let comparison = &accepted["evidence"]["comparison"];
    assert_eq!((&comparison["probability"], &comparison["threshold"]), (&json!(1.0), &json!(0.5)));
    let stages = accepted["evidence"]["stages"].as_array().unwrap();
    let names: Vec<_> = stages.iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["admit", "encode", "examine", "store"]);
    assert_eq!(world.feeds().await.len(), 2, "both added a row");

    let other = crate::pictures::base64(&crate::pictures::jpeg(b"kitchen"));
    let other = with(img_feature(), "feed_img", Some(other.into()));
    let rejected = try_call(&service, "/try/img_feature?lang=ko", &other).await;
    assert_eq!(rejected.status, 400);
    assert_eq!(rejected.json()["meaning"], "사진이 일치하지 않습니다.");
    assert_eq!(rejected.json()["evidence"]["comparison"]["same_scene"], false);

    let classified = try_call(&service, "/try/classification", &classification()).await.json();
    assert_eq!(classified["evidence"]["concepts"][1]["name"], "강아지");
    let certainty = classified["evidence"]["keyword_certainty"].as_f64().unwrap();
    assert!((certainty - 0.9).abs() < 1e-6, "{certainty}");
    assert_eq!(classified["evidence"]["comparison"], Value::Null);
    let unreadable = try_call(&service, "/try/img_feature", &json!({})).await;
    assert_eq!(unreadable.status, 400);
    assert_eq!(unreadable.json()["evidence"]["stages"], json!([]));
}

#[tokio::test]
async fn the_newest_reference_is_shown() {
    let service = world().await.start();
    assert_eq!(get_page(&service, "/try/reference/1").await.status, 204, "there is none yet");
    assert_eq!(post(service.address, "/std_img", &std_img()).await.status, 200);
    let shown = get_page(&service, "/try/reference/1").await;
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(crate::pictures::base64(&shown.body), desk());
    for (unknown, status) in [("2", 204), ("0", 404), ("x", 404)] {
        let path = format!("/try/reference/{unknown}");
        assert_eq!(get_page(&service, &path).await.status, status, "{unknown}");
    }
}

#[tokio::test]
async fn with_authentication_the_page_is_public_and_its_calls_are_not() {
    let mut world = world().await;
    world.authentication = Authentication::new(&required(), None).unwrap();
    api_keys::add(&world, 1, Scope::Verify, "app").await;
    let service = world.start();
    let page = get_page(&service, "/").await;
    assert!(text(&page).contains("name=\"credential\""));
    assert_eq!(try_call(&service, "/try/std_img", &std_img()).await.status, 401);
    assert_eq!(get_page(&service, "/try/reference/1").await.status, 401);
    let bearer = format!("Authorization: {}\r\n", api_keys::bearer(1));
    let tried = try_as(&service, "localhost", "/try/std_img", &bearer, &std_img()).await;
    assert_eq!(tried.status, 200);
}

#[tokio::test]
async fn only_listed_samples_are_served() {
    let world = world().await;
    std::fs::write(world.files.path().join("box.png"), b"a box").unwrap();
    std::fs::write(world.files.path().join("secret.png"), b"a secret").unwrap();
    let service = world.start();
    let sample = get_page(&service, "/try/samples/box.png").await;
    assert_eq!((sample.status, &sample.body[..]), (200, &b"a box"[..]));
    for other in ["secret.png", "graf1.png", "..%2fsecret.png", "%2e%2e%2fbox.png"] {
        let path = format!("/try/samples/{other}");
        assert_eq!(get_page(&service, &path).await.status, 404, "{other}");
    }
    let html = text(&get_page(&service, "/").await);
    assert!(html.contains("data-name=\"box.png\"") && !html.contains("graf1.png"));
}
