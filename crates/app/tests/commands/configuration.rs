//! What the program checks before it does anything.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::base64;
use crate::support::home::{Home, demo_photo};
use crate::support::service::Service;
use crate::{GROUP, assert_refused, file};

#[test]
fn serve_rejects_photo_urls_that_no_client_can_fetch() {
    for bind in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
        let home = Home::new().with("SERVER__BIND", bind).with("AUTH__ALLOW_OPEN", "true");
        for command in [&["serve"][..], &["url", "std_1_20260101000000.jpg"]] {
            assert_refused(&home.run(command), &["objects.public_base"]);
        }
        assert!(!home.path().join("injeung.db").exists());
        // These commands write no URL of a photo.
        home.succeed(&["migrate"]);
        home.succeed(&["clean-up"]);
        drop(home.with("OBJECTS__PUBLIC_BASE", "http://127.0.0.1/objects/").serve());
    }
    for base in ["http://0.0.0.0:8080/objects/", "http://[::]/"] {
        let home = Home::new().with("OBJECTS__PUBLIC_BASE", base);
        assert_refused(&home.run(&["serve"]), &["objects.public_base"]);
    }
}

#[test]
fn serve_is_open_on_loopback_only_unless_it_is_allowed() {
    let reachable = |bind: &str| {
        let home = Home::new().with("SERVER__BIND", bind);
        home.with("OBJECTS__PUBLIC_BASE", "http://127.0.0.1/objects/")
    };
    for bind in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0", "192.0.2.1:0"] {
        let home = reachable(bind);
        assert_refused(&home.run(&["serve"]), &["auth.required: is false", "auth.allow_open"]);
        assert!(!home.path().join("injeung.db").exists());
    }
    for bind in ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
        drop(reachable(bind).serve());
    }
    for setting in ["AUTH__ALLOW_OPEN", "AUTH__REQUIRED"] {
        drop(reachable("0.0.0.0:0").with(setting, "true").serve());
    }
}

#[test]
fn configuration_problems_are_reported_together_before_anything_happens() {
    let home = Home::new()
        .with("SERVER__BNID", "127.0.0.1:0")
        .with("SERVER__TIME_ZONE", "Asia/Soul")
        .with("HTTP__MAX_DOWNLOADS", "0")
        .with("HTTP__ENVELOPE", "curly")
        .with("DATABASE__URL", "mysql://root:hunter2@db/injeung")
        .with("VISION__SIFT__RATIO", "2")
        .with("VISION__OPERATING_POINT", "lax")
        .with("CLASSIFIER__CLARIFAI__DEADLINE_MS", "1");
    let told = [
        "server.bnid",
        "Asia/Soul",
        "http.max_downloads",
        "http.envelope",
        "database.url",
        "vision.sift.ratio",
        "vision.operating_point",
        "classifier.clarifai.request_timeout_ms",
    ];
    for command in [&["serve"][..], &["migrate"], &GROUP] {
        let finished = home.run(command);
        assert_refused(&finished, &told);
        assert!(!finished.stderr.contains("hunter2"), "{finished:?}");
    }
    assert!(!home.path().join("injeung.db").exists());
    assert!(!home.objects_directory().exists());
}

#[test]
fn configuration_file_is_between_defaults_and_environment() {
    let home = Home::new();
    let good =
        file(&home, "good.toml", b"[http]\nenvelope = \"bare\"\n[server]\nbind = \"nowhere\"");
    let service = Service::start(home.command(&["serve", "--config", &good]), home.path());
    service.client().get("/healthz").assert_bare(200, None, "ok");
    let bad = file(&home, "bad.toml", b"[http]\nenvelop = \"bare\"\n[colour]\nred = 1");
    assert_refused(&home.run(&["serve", "--config", &bad]), &["http.envelop", "colour.red"]);
    let gone: PathBuf = home.path().join("gone.toml");
    let gone = gone.to_str().unwrap();
    assert_refused(&home.run(&["serve", "--config", gone]), &[gone]);
}

#[test]
fn service_that_cannot_start_reports_the_reason() {
    let home = Home::new();
    let service = home.serve();
    let taken = service.address.to_string();
    let other = Home::new().with("SERVER__BIND", &taken);
    assert_refused(&other.run(&["serve"]), &[&taken]);
    let model = Home::new()
        .with("CLASSIFIER__KIND", "local")
        .with("CLASSIFIER__LOCAL__MODEL", "nowhere.onnx");
    assert_refused(&model.run(&["serve"]), &["nowhere.onnx"]);
    let objects = Home::new();
    fs::write(objects.objects_directory(), b"a file").unwrap();
    assert_refused(&objects.run(&["serve"]), &["objects"]);
}

#[test]
fn secrets_are_never_printed() {
    let home =
        Home::new().with("CLASSIFIER__CLARIFAI__KEY", "hunter2").with("LOG__FILTER", "trace");
    let mut service = home.serve_open();
    let body = json!({
        "participation_id": 1,
        "feed_img": base64(&demo_photo("fruits.jpg")),
        "feed_content": "x",
        "classification_keyword": "dog",
    });
    // The classifier is called and fails.
    assert_eq!(service.client().post("/classification", &body).outcome(), (500, Some(2)));
    let json = home.command(&["migrate"]).env("INJEUNG__LOG__FORMAT", "json").output().unwrap();
    service.terminate();
    let (status, stdout) = service.wait();
    assert_eq!(status.code(), Some(0));
    let log = service.log();
    assert!(log.contains("/classification"), "the log tells nothing: {log}");
    let mut printed = log + &stdout;
    for text in [json.stdout, json.stderr] {
        printed += &String::from_utf8(text).unwrap();
    }
    let refused = home.command(&["serve"]).env("INJEUNG__HTTP__ENVELOPE", "x").output().unwrap();
    printed += &String::from_utf8(refused.stderr).unwrap();
    assert!(!printed.contains("hunter2"));
    // The photo must not be printed either.
    assert!(!printed.contains(&base64(&demo_photo("fruits.jpg"))[100..160]));
}
