//! The description of the service, and its page.

use std::path::PathBuf;

use injeung_http::EnvelopeStyle;
use serde_json::json;

use crate::client::get;
use crate::world::World;

/// The copy in the repository is what client generators read. `INJEUNG_UPDATE_OPENAPI=1` writes it.
#[tokio::test]
async fn the_committed_description_is_the_served_one() {
    let service = World::new().await.start();
    let reply = get(service.address, "/openapi.json").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let served = format!("{}\n", String::from_utf8(reply.body).unwrap());
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json"));
    if std::env::var_os("INJEUNG_UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        served == committed,
        "docs/openapi.json differs: update it with INJEUNG_UPDATE_OPENAPI=1"
    );
}

#[tokio::test]
async fn the_description_has_the_errcodes_and_the_envelope() {
    let mut world = World::new().await;
    let example = |document: &serde_json::Value| {
        document["paths"]["/std_img"]["post"]["responses"]["400"]["content"]["application/json"]
            ["examples"]["3"]["value"]
            .clone()
    };
    let data = json!({ "message": "특징점이 확실한 사직을 찍어주세요.", "errcode": 3 });
    let wrapped = get(world.start().address, "/openapi.json").await.json();
    assert_eq!(wrapped["openapi"], "3.1.0");
    assert_eq!(example(&wrapped), json!({ "status": 400, "data": data }));
    world.settings.envelope = EnvelopeStyle::Bare;
    let bare = get(world.start().address, "/openapi.json").await.json();
    assert_eq!(example(&bare), data);
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let service = World::new().await.start();
    let reply = get(service.address, "/docs").await;
    assert_eq!((reply.status, reply.header("location")), (308, Some("/docs/")));
    for file in ["", "swagger-initializer.js", "swagger-ui.css", "swagger-ui-bundle.js"] {
        let reply = get(service.address, &format!("/docs/{file}")).await;
        assert_eq!(reply.status, 200, "{file}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
    }
    let page = get(service.address, "/docs/swagger-initializer.js").await;
    assert!(String::from_utf8(page.body).unwrap().contains("/openapi.json"));
    assert_eq!(get(service.address, "/docs/other.js").await.status, 404);
    assert_eq!(get(service.address, "/docs/../Cargo.toml").await.status, 404);
}
