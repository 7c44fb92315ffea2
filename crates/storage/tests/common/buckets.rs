//! Tests of both S3 adapters, on two servers other than Amazon's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use injeung_adapter::Secret;
use injeung_domain::ports::{ObjectStore, PutError};
use injeung_domain::{FaultKind, conformance};
use injeung_storage::{S3Credentials, S3Encryption, S3Settings};

use super::s3::{Loss, S3Server, key_pair, moto_settings};
use super::{jpeg, key};

pub(crate) async fn the_bucket_of_a_server_that_checks_signatures_keeps_objects<
    S: ObjectStore + 'static,
>(
    open: fn(&S3Settings) -> S,
) {
    let (server, nth) = (S3Server::start().await, AtomicU32::new(0));
    conformance::object_store(async || {
        let nth = nth.fetch_add(1, Ordering::Relaxed);
        Arc::new(open(&server.settings(&format!("bucket-{nth}"))))
    })
    .await;
}

pub(crate) async fn the_bucket_of_moto_keeps_objects<S: ObjectStore + 'static>(
    open: fn(&S3Settings) -> S,
) {
    conformance::object_store(async || Arc::new(open(&moto_settings().await))).await;
}

pub(crate) async fn an_object_whose_response_was_lost_is_not_taken_for_another_programs<
    S: ObjectStore + 'static,
>(
    open: fn(&S3Settings) -> S,
) {
    let server = S3Server::start().await;
    let store = open(&server.settings("homybk"));
    server.lose_answers(1);
    store.put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
    server.lose_answers(1);
    let again = store.put_new(&key("a.jpg"), &jpeg(10)).await;
    assert!(matches!(again, Err(PutError::AlreadyExists)), "{again:?}");
    server.lose_answers(0);
    assert_eq!(store.get(&key("a.jpg")).await.unwrap().unwrap(), jpeg(10).bytes());
}

pub(crate) async fn a_put_without_a_response_is_retried_and_recognised<S: ObjectStore + 'static>(
    open: fn(&S3Settings) -> S,
) {
    for loss in [Loss::HungUp, Loss::Silent] {
        let server = S3Server::start().await;
        let settings = S3Settings {
            request_timeout: Duration::from_secs(2),
            retry_timeout: Duration::from_secs(60),
            ..server.settings("homybk")
        };
        let store = open(&settings);
        server.lose_answers_by(loss, 1);
        store.put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
        let again = store.put_new(&key("a.jpg"), &jpeg(20)).await;
        assert!(matches!(again, Err(PutError::AlreadyExists)), "{loss:?}: {again:?}");
        assert_eq!(store.get(&key("a.jpg")).await.unwrap().unwrap(), jpeg(10).bytes());
    }
}

pub(crate) async fn a_short_outage_is_not_noticed_and_a_long_one_is_a_transient_fault<
    S: ObjectStore + 'static,
>(
    open: fn(&S3Settings) -> S,
) {
    let server = S3Server::start().await;
    let settings = S3Settings { max_retries: 2, ..server.settings("homybk") };
    let store = open(&settings);
    server.be_down(2);
    store.put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
    server.be_down(u32::MAX);
    conformance::broken_object_store(&store, FaultKind::Transient).await;
    server.be_down(0);
    store.check().await.unwrap();
}

pub(crate) async fn wrong_keys_and_missing_buckets_are_permanent_faults<
    S: ObjectStore + 'static,
>(
    open: fn(&S3Settings) -> S,
) {
    let server = S3Server::start().await;
    let settings = server.settings("homybk");
    let credentials = S3Credentials { secret_access_key: Secret::new("wr0ng"), ..key_pair() };
    let stranger = open(&S3Settings { credentials, ..settings });
    let nowhere = open(&S3Settings { bucket: "nowhere".to_owned(), ..moto_settings().await });
    for store in [&stranger, &nowhere] {
        for fault in conformance::broken_object_store(store, FaultKind::Permanent).await {
            assert!(!format!("{fault:?}").contains("wr0ng"), "{fault:?}");
        }
    }
}

pub(crate) async fn an_absent_or_silent_server_is_a_transient_fault<S: ObjectStore + 'static>(
    open: fn(&S3Settings) -> S,
) {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listening = silent.local_addr().unwrap().port();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for port in [listening, closed] {
        let store = open(&S3Settings {
            endpoint: Some(format!("http://127.0.0.1:{port}")),
            virtual_hosted: false,
            credentials: key_pair(),
            request_timeout: Duration::from_millis(50),
            max_retries: 1,
            ..S3Settings::default()
        });
        for fault in conformance::broken_object_store(&store, FaultKind::Transient).await {
            assert!(!format!("{fault:?}").contains("s3cret"), "{fault:?}");
        }
    }
}

pub(crate) async fn objects_are_served_as_they_should_be_to_whoever_has_a_signed_url<
    S: ObjectStore + 'static,
>(
    open: fn(&S3Settings) -> S,
) {
    let encrypted = S3Encryption::S3;
    let settings = S3Settings { encryption: encrypted, ..moto_settings().await };
    let store = open(&settings);
    store.put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
    let url = store.signed_url(&key("a.jpg"), Duration::from_secs(90)).await.unwrap().unwrap();
    assert!(url.contains("X-Amz-Expires=90&"), "{url}");
    let headers = curl(&["--head", "--request", "GET", &url]).to_lowercase();
    for header in [
        "200 ok",
        "content-type: image/jpeg",
        "cache-control: max-age=31536000, immutable",
        "x-amz-server-side-encryption: aes256",
    ] {
        assert!(headers.contains(header), "{header} in {headers}");
    }
    let forever = store.signed_url(&key("a.jpg"), Duration::MAX).await.unwrap().unwrap();
    assert!(forever.contains("X-Amz-Expires=604800&"), "{forever}");

    let server = S3Server::start().await;
    let store = open(&server.settings("homybk"));
    store.put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
    let url = store.signed_url(&key("a.jpg"), Duration::from_secs(90)).await.unwrap().unwrap();
    assert_eq!(status(&[&url]), "200", "the signature holds");
    assert_eq!(status(&[&url.replace("Expires=90", "Expires=900")]), "403");
}

pub(crate) async fn a_caller_that_goes_away_leaves_a_whole_object_or_none<
    S: ObjectStore + 'static,
>(
    open: fn(&S3Settings) -> S,
) {
    let server = S3Server::start().await;
    let store = open(&server.settings("homybk"));
    for round in 0..40_u64 {
        let (key, photo) = (key(&format!("{round}.jpg")), jpeg(300_000));
        let patience = Duration::from_micros(100 * round);
        // The put may complete or time out.
        let _ = tokio::time::timeout(patience, store.put_new(&key, &photo)).await;
        match store.put_new(&key, &photo).await {
            Ok(()) | Err(PutError::AlreadyExists) => {}
            Err(PutError::Fault(fault)) => panic!("{fault}"),
        }
        assert_eq!(store.get(&key).await.unwrap().unwrap(), photo.bytes());
    }
}

/// HTTP status that another program's request gets.
pub(crate) fn status(arguments: &[&str]) -> String {
    let status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    curl(&[&status[..], arguments].concat())
}

fn curl(arguments: &[&str]) -> String {
    let output = std::process::Command::new("curl").arg("--silent").args(arguments).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}
