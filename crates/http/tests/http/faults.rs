//! Responses to faults behind a port.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use injeung_domain::ports::{
    MockClassifier, MockFeatureExtractor, MockObjectStore, MockRepository, PutError, Repository,
};
use injeung_domain::{Fault, FeatureFormat};
use serde_json::json;

use crate::client::{Reply, get, post};
use crate::world::{World, classification, id, img_feature, std_img, with};

const BUSY: &str = "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.";
const UNFORESEEN: &str = "서버 오류가 발생했습니다.";

#[track_caller]
fn assert_busy(reply: &Reply) {
    reply.assert(503, Some(110), BUSY);
    reply.assert_retry_soon();
}

#[tokio::test]
async fn a_database_fault_is_111_in_every_call() {
    let mut world = World::new().await;
    let mut repository = MockRepository::new();
    repository.expect_find_participation().returning(|_| Err(Fault::transient("disk I/O error")));
    world.ports.repository = Arc::new(repository);
    let service = world.start();
    let address = service.address;
    post(address, "/std_img", &std_img()).await.assert(500, Some(111), "DB 접근 오류");
    post(address, "/img_feature", &img_feature()).await.assert(500, Some(111), "DB 접근 오류");
    post(address, "/classification", &classification()).await.assert(
        500,
        Some(111),
        "DB 접근 오류",
    );
}

#[tokio::test]
async fn a_fault_of_the_look_up_of_the_reference_is_111() {
    let mut world = World::new().await;
    let participation = world.database.find_participation(id(1)).await.unwrap();
    let mut repository = MockRepository::new();
    repository.expect_find_participation().returning(move |_| Ok(participation.clone()));
    repository.expect_newest_reference().returning(|_| Err(Fault::permanent("no such table")));
    world.ports.repository = Arc::new(repository);
    let service = world.start();
    let reply = post(service.address, "/img_feature", &img_feature()).await;
    reply.assert(500, Some(111), "DB 접근 오류");
}

#[tokio::test]
async fn a_vision_fault_is_112() {
    let mut world = World::new().await;
    post(world.start().address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    let mut extractor = MockFeatureExtractor::new();
    let format = || FeatureFormat { algorithm: "same-picture".to_owned(), version: 1 };
    extractor.expect_format().returning(format);
    extractor.expect_extract().returning(|_| Err(Fault::permanent("out of memory").into()));
    extractor.expect_compare().returning(|_, _, _| Err(Fault::permanent("out of memory").into()));
    world.ports.extractor = Arc::new(extractor);
    let service = world.start();
    let address = service.address;
    post(address, "/std_img", &std_img()).await.assert(500, Some(112), UNFORESEEN);
    post(address, "/img_feature", &img_feature()).await.assert(500, Some(112), UNFORESEEN);
}

#[tokio::test]
async fn a_full_queue_is_110_behind_every_port() {
    let mut world = World::new().await;
    post(world.start().address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");

    let mut extractor = MockFeatureExtractor::new();
    let format = || FeatureFormat { algorithm: "same-picture".to_owned(), version: 1 };
    extractor.expect_format().returning(format);
    extractor.expect_extract().returning(|_| Err(Fault::overloaded("queue full").into()));
    extractor.expect_compare().returning(|_, _, _| Err(Fault::overloaded("queue full").into()));
    let mut classifier = MockClassifier::new();
    classifier.expect_classify().returning(|_, _| Err(Fault::overloaded("queue full").into()));
    let (old_extractor, old_classifier) =
        (world.ports.extractor.clone(), world.ports.classifier.clone());
    world.ports.extractor = Arc::new(extractor);
    world.ports.classifier = Arc::new(classifier);
    let service = world.start();
    let address = service.address;
    assert_busy(&post(address, "/std_img", &std_img()).await);
    assert_busy(&post(address, "/img_feature", &img_feature()).await);
    assert_busy(&post(address, "/classification", &classification()).await);

    let mut objects = MockObjectStore::new();
    objects.expect_url().returning(|key| format!("memory:///{key}"));
    objects
        .expect_put_new()
        .returning(|_, _| Err(PutError::Fault(Fault::overloaded("queue full"))));
    world.ports.extractor = old_extractor;
    world.ports.classifier = old_classifier;
    world.ports.objects = Arc::new(objects);
    let service = world.start();
    let address = service.address;
    assert_busy(&post(address, "/std_img", &std_img()).await);
    assert_busy(&post(address, "/img_feature", &img_feature()).await);
    assert_busy(&post(address, "/classification", &classification()).await);

    let mut repository = MockRepository::new();
    repository
        .expect_find_participation()
        .returning(|_| Err(Fault::overloaded("no connection is free")));
    world.ports.repository = Arc::new(repository);
    let service = world.start();
    let address = service.address;
    assert_busy(&post(address, "/std_img", &std_img()).await);
    assert_busy(&post(address, "/img_feature", &img_feature()).await);
    assert_busy(&post(address, "/classification", &classification()).await);
}

#[tokio::test]
async fn a_panic_is_112_and_only_its_own_requests_matter() {
    let mut world = World::new().await;
    let mut classifier = MockClassifier::new();
    classifier.expect_classify().returning(|_, _| panic!("a bug in a use case"));
    let mut objects = MockObjectStore::new();
    objects.expect_check().returning(|| panic!("a bug in a handler"));
    world.ports.classifier = Arc::new(classifier);
    world.ports.objects = Arc::new(objects);
    let service = world.start();
    let reply = post(service.address, "/classification", &classification()).await;
    reply.assert(500, Some(112), UNFORESEEN);
    get(service.address, "/readyz").await.assert(500, Some(112), UNFORESEEN);
    assert_eq!(get(service.address, "/healthz").await.status, 200);
}

#[tokio::test]
async fn readiness_fails_with_its_dependencies() {
    let mut world = World::new().await;
    let reply = get(world.start().address, "/readyz").await;
    let checks = json!({
        "accepting": "ok",
        "database": "ok",
        "objects": "ok",
        "extractor": "ok",
        "classifiers": {},
    });
    let data = json!({ "message": "ready", "checks": checks });
    assert_eq!(reply.json(), json!({ "status": 200, "data": data }));

    let mut objects = MockObjectStore::new();
    objects.expect_check().returning(|| Err(Fault::permanent("access denied for key AKIA123")));
    world.ports.objects = Arc::new(objects);
    let service = world.start();
    let address = service.address;
    let reply = get(address, "/readyz").await;
    let checks = with(checks, "objects", Some(json!("failed")));
    let data = json!({ "message": BUSY, "errcode": 110, "checks": checks });
    assert_eq!(reply.json(), json!({ "status": 503, "data": data }));
    assert_eq!(reply.status, 503);
    reply.assert_retry_soon();
    get(address, "/healthz").await.assert(200, None, "ok");
}

#[tokio::test]
async fn readiness_is_checked_once_a_second_at_most() {
    let mut world = World::new().await;
    let checks = Arc::new(AtomicUsize::new(0));
    let mut objects = MockObjectStore::new();
    let counted = checks.clone();
    objects.expect_check().returning(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    world.ports.objects = Arc::new(objects);
    let service = world.start();
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(get(service.address, "/readyz").await.status, 200);
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    let checked = checks.load(Ordering::SeqCst);
    assert!((1..=seconds + 1).contains(&checked), "{checked} checks in {seconds} seconds");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(get(service.address, "/readyz").await.status, 200);
    assert!(checks.load(Ordering::SeqCst) > checked, "an old result is not reused");
}
