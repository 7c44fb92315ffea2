//! The admin API.

use std::sync::Arc;

use injeung_domain::Scope;
use injeung_domain::ports::{MockClassifier, ObjectStore, Repository};
use serde_json::{Value, json};

use crate::auth::api_keys::{add, bearer};
use crate::auth::{self, UNAUTHENTICATED};
use crate::client::{Reply, errcode, request, send};
use crate::world::{PATIENCE, Service, World, id, img_feature, std_img};

/// A world with an API key of the scope `admin`.
async fn with_key() -> World {
    let world = auth::world(&auth::required()).await;
    add(&world, 1, Scope::Admin, "backend").await;
    add(&world, 2, Scope::Verify, "app").await;
    world
}

async fn call(service: &Service, method: &str, path: &str, body: &str) -> Reply {
    let headers = [("Authorization", bearer(1)), ("Content-Type", "application/json".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let path = format!("/admin/v1{path}");
    send(service.address, &request(method, &path, &headers, body.as_bytes())).await
}

async fn data(service: &Service, method: &str, path: &str, body: Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let reply = call(service, method, path, &body).await;
    let json = reply.json();
    assert_eq!(reply.status, 200, "{method} {path}: {json}");
    assert_eq!(json["data"]["message"], "ok");
    json["data"].clone()
}

/// Status of a call by the app's server.
async fn post(service: &Service, path: &str, body: Value) -> u16 {
    let bearer = bearer(2);
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    send(service.address, &request("POST", path, &headers, body.to_string().as_bytes()))
        .await
        .status
}

fn group(name: &str) -> Value {
    json!({
        "name": name,
        "start_date": "2026-12-01",
        "end_date": "2026-12-31",
        "start_time": "06:00",
        "end_time": "07:00",
        "time_zone": "Europe/Berlin",
    })
}

#[tokio::test]
async fn groups_and_participations_are_put_and_read() {
    let world = with_key().await;
    let service = world.start();
    let stored = data(&service, "PUT", "/groups/7", group("desk")).await["group"].clone();
    assert_eq!((&stored["id"], &stored["end_time"]), (&json!(7), &json!("07:00:59")));
    assert_eq!(stored["match"], "place");
    assert_eq!(data(&service, "GET", "/groups/7", Value::Null).await["group"], stored);
    // What was read can be sent back.
    assert_eq!(data(&service, "PUT", "/groups/7", stored.clone()).await["group"], stored);

    let mut with_default = group("gym");
    with_default.as_object_mut().unwrap().remove("time_zone");
    with_default["match"] = json!("thing");
    let other = data(&service, "PUT", "/groups/8", with_default).await;
    assert_eq!(
        (&other["group"]["time_zone"], &other["group"]["match"]),
        (&json!("Asia/Seoul"), &json!("thing"))
    );
    assert_eq!(data(&service, "GET", "/groups/8", Value::Null).await, other);
    let page = data(&service, "GET", "/groups?after=1&limit=1", Value::Null).await;
    assert_eq!((&page["groups"], &page["next"]), (&json!([stored]), &json!(7)));
    let page = data(&service, "GET", "/groups?after=7", Value::Null).await;
    assert_eq!((page["groups"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));

    let fields = json!({ "group_id": 7, "user_id": "mina" });
    let stored = data(&service, "PUT", "/participations/5", fields).await["participation"].clone();
    assert_eq!(stored, json!({ "id": 5, "group_id": 7, "user_id": "mina" }));
    let read = data(&service, "GET", "/participations/5", Value::Null).await;
    assert_eq!(read["participation"], stored);
    for query in ["?group_id=7", "?user_id=mina", "?after=4"] {
        let path = format!("/participations{query}");
        let page = data(&service, "GET", &path, Value::Null).await;
        assert_eq!(page["participations"], json!([stored]), "{query}");
    }
}

#[tokio::test]
async fn rejected_requests_name_their_reason() {
    let service = with_key().await.start();
    let put = |field: &str, value: &str| {
        let mut fields = group("desk");
        fields[field] = json!(value);
        fields.to_string()
    };
    let id = json!({ "id": 8, "group_id": 1 }).to_string();
    for (method, path, body, reason) in [
        ("PUT", "/groups/7", put("start_date", "1.12.2026"), "start_date"),
        ("PUT", "/groups/7", put("end_date", "2026-11-30"), "2026-11-30"),
        ("PUT", "/groups/7", put("end_time", "24:00"), "end_time"),
        ("PUT", "/groups/7", put("time_zone", "Mars"), "time_zone"),
        ("PUT", "/groups/7", put("colour", "red"), "colour"),
        ("PUT", "/groups/7", put("match", "colour"), "match"),
        ("PUT", "/groups/7", put("name", "a\0b"), "NUL"),
        ("PUT", "/groups/7", "{".to_owned(), "EOF"),
        ("PUT", "/participations/7", json!({ "group_id": 99 }).to_string(), "99"),
        ("PUT", "/participations/7", json!({ "group_id": 0 }).to_string(), "group_id"),
        ("PUT", "/participations/7", id, "path"),
        ("GET", "/groups?limit=0", String::new(), "limit"),
        ("GET", "/groups?page=2", String::new(), "page"),
        ("GET", "/groups?after=0", String::new(), "whole number"),
        ("GET", "/feed?since=yesterday", String::new(), "RFC 3339"),
        ("GET", "/keywords", String::new(), "keyword"),
        ("POST", "/erasures", "{}".to_owned(), "user_id"),
        ("POST", "/erasures", r#"{"user_id":"a","participation_id":1}"#.to_owned(), "either"),
    ] {
        let reply = call(&service, method, path, &body).await;
        assert_eq!((reply.status, errcode(&reply)), (400, Some(1)), "{method} {path}");
        let json = reply.json();
        let given = json["data"]["reason"].as_str().unwrap();
        assert!(given.contains(reason), "{method} {path}: {given}");
    }
    for path in ["/groups/99", "/groups/x", "/participations/0", "/erasures/1", "/nothing"] {
        let reply = call(&service, "GET", path, "").await;
        assert_eq!((reply.status, errcode(&reply)), (404, Some(102)), "{path}");
    }
    let reply = call(&service, "DELETE", "/groups/7", "").await;
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD, PUT, OPTIONS"));
}

#[tokio::test]
async fn an_import_reports_each_line() {
    let world = with_key().await;
    let service = world.start();
    let mut fields = group("desk");
    fields["id"] = json!(7);
    let lines = [
        json!({ "group": fields }).to_string(),
        json!({ "participation": { "id": 5, "group_id": 7 } }).to_string(),
        String::new(),
        json!({ "participation": { "id": 6, "group_id": 99 } }).to_string(),
        "no JSON".to_owned(),
        json!({ "participation": { "group_id": 7 } }).to_string(),
    ];
    let reply = call(&service, "POST", "/import", &lines.join("\n")).await;
    let reports = reply.json()["data"]["lines"].clone();
    let stored: Vec<_> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|report| (report["line"].as_u64().unwrap(), report["stored"] == true))
        .collect();
    assert_eq!(stored, [(1, true), (2, true), (4, false), (5, false), (6, false)]);
    assert!(reports[2]["reason"].as_str().unwrap().contains("99"));
    assert!(world.database.find_participation(id(5)).await.unwrap().is_some());

    let reply = call(&service, "POST", "/import", &"\n".repeat(10_002)).await;
    assert_eq!((reply.status, errcode(&reply)), (400, Some(1)));
}

#[tokio::test]
async fn what_is_stored_is_listed_and_erased() {
    let world = with_key().await;
    let service = world.start();
    assert_eq!(post(&service, "/std_img", std_img()).await, 200);
    assert_eq!(post(&service, "/img_feature", img_feature()).await, 200);
    let page = data(&service, "GET", "/feed?participation_id=1&limit=1", Value::Null).await;
    let row = page["feed"][0].clone();
    assert_eq!((&row["participation_id"], &page["next"]), (&json!(1), &row["id"]));
    assert_eq!(row["created_at"], "2026-11-22T21:30:00Z");
    let since = "/feed?since=2026-11-23T06:30:01%2B09:00";
    assert_eq!(data(&service, "GET", since, Value::Null).await["feed"], json!([]));
    let page = data(&service, "GET", "/participations/1/references", Value::Null).await;
    assert_eq!(page["references"].as_array().unwrap().len(), 1);

    let reply = call(&service, "POST", "/erasures", r#"{"participation_id":1}"#).await;
    let erasure = reply.json()["data"]["erasure"].clone();
    assert_eq!((reply.status, &erasure["id"]), (200, &json!(1)));
    assert_eq!(erasure["completed_at"], Value::Null);
    let erased = async {
        loop {
            let erasure =
                data(&service, "GET", "/erasures/1", Value::Null).await["erasure"].clone();
            if erasure["participations"] == 1 {
                return erasure;
            }
            tokio::task::yield_now().await;
        }
    };
    let erased = tokio::time::timeout(PATIENCE, erased).await.expect("an end");
    assert_eq!((&erased["references"], &erased["feed"]), (&json!(1), &json!(1)));
    assert_eq!(world.feeds().await, []);
    for url in [&row["feed_img"], &page["references"][0]["std_img"]] {
        let key = injeung_domain::ObjectKey::from_url(url.as_str().unwrap()).unwrap();
        assert_eq!(world.objects.get(&key).await.unwrap(), None, "{key}");
    }
    assert_eq!(post(&service, "/std_img", std_img()).await, 400, "the participation is gone");
}

#[tokio::test]
async fn keywords_are_checked() {
    let mut world = with_key().await;
    let known = data(&world.start(), "GET", "/keywords?keyword=dog", Value::Null).await;
    assert_eq!(known["known"], Value::Null, "this classifier lists no names");
    let mut classifier = MockClassifier::new();
    classifier.expect_knows().returning(|keyword| Some(keyword.as_str() == "dog"));
    world.ports.classifier = Arc::new(classifier);
    let service = world.start();
    for (keyword, known) in [("dog", true), ("unicorn", false)] {
        let path = format!("/keywords?keyword={keyword}");
        assert_eq!(data(&service, "GET", &path, Value::Null).await["known"], known, "{keyword}");
    }
}

#[tokio::test]
async fn only_keys_with_the_scope_are_admitted() {
    let world = with_key().await;
    let service = world.start();
    let get = async |headers: &[(&str, &str)]| {
        send(service.address, &request("GET", "/admin/v1/groups", headers, b"")).await
    };
    get(&[]).await.assert(401, Some(100), UNAUTHENTICATED);
    let app = bearer(2);
    get(&[("Authorization", &app)]).await.assert(401, Some(100), UNAUTHENTICATED);

    let service = World::new().await.start();
    let get = async |host: &str, more: &str| {
        let text = format!(
            "GET /admin/v1/groups HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n"
        );
        send(service.address, text.as_bytes()).await.status
    };
    assert_eq!(get("localhost:8080", "").await, 200);
    assert_eq!(get("example.com", "").await, 404, "a page of another site");
    assert_eq!(get("localhost", "X-Forwarded-For: 10.0.0.1\r\n").await, 404, "a proxy");
}
