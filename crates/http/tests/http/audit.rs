//! Records of verifications.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_domain::memory::{MemoryObjectStore, SameEnding};
use injeung_domain::ports::{ObjectStore, PutError, ReplayDetector, Repository, VisionError};
use injeung_domain::{
    Attempt, AttemptKind, AttemptOutcome, AttemptQuery, ExaminedPhoto, Fault, JpegPhoto, ObjectKey,
    Photo, PhotoFlag,
};
use injeung_http::AuditSettings;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::browser::Browser;
use crate::client::{get, post, request, send};
use crate::world::{IN_TIME, PATIENCE, World, classification, id, img_feature, std_img, with};

/// Body of `POST /img_feature` with a photo that does not show the scene.
pub(crate) fn other_scene() -> Value {
    let photo = crate::pictures::base64(&crate::pictures::jpeg(b"kitchen"));
    with(img_feature(), "feed_img", Some(photo.into()))
}

/// The attempts, newest first, as soon as there are `count`.
pub(crate) async fn recorded(world: &World, count: usize) -> Vec<Attempt> {
    let all = AttemptQuery { limit: 100, ..AttemptQuery::default() };
    let wait = async {
        loop {
            let attempts = world.database.attempts(&all).await.unwrap();
            if attempts.len() >= count {
                return attempts;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let attempts = tokio::time::timeout(PATIENCE, wait).await.expect("records");
    assert_eq!(attempts.len(), count);
    attempts
}

fn kept(world: &World) -> Vec<String> {
    let keys = world.objects.keys();
    keys.iter().filter(|key| key.is_rejected()).map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_verification_is_recorded_and_a_rejected_photo_kept() {
    let world = World::new().await;
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await;
    let body = img_feature().to_string();
    let headers = [("Content-Type", "application/json"), ("X-Request-Id", "first")];
    send(service.address, &request("POST", "/img_feature", &headers, body.as_bytes())).await;
    let accepted = recorded(&world, 1).await.remove(0);
    let record = &accepted.record;
    assert_eq!((record.kind, record.outcome), (AttemptKind::Feature, AttemptOutcome::Accepted));
    assert_eq!((record.request_id.as_str(), record.created_at), ("first", IN_TIME));
    assert_eq!((record.probability, record.threshold), (Some(1.0), Some(0.5)));
    assert_eq!((record.errcode, record.content.as_str()), (None, "오늘도 했다"));
    assert_eq!(record.model, "same-picture version 1");
    assert_eq!(record.photo_url, Some(world.feeds().await[0].image_url.clone()));
    assert!(record.reference_url.is_some() && record.photo_sha256.is_some());
    let evidence: Value = serde_json::from_str(&record.evidence).unwrap();
    assert_eq!(evidence["comparison"]["same_scene"], true);
    assert_eq!(kept(&world), [""; 0], "an accepted photo has its own object");

    post(service.address, "/img_feature", &other_scene()).await;
    let attempts = recorded(&world, 2).await;
    let rejected = attempts.iter().find(|one| one.id != accepted.id).unwrap();
    assert_eq!(rejected.record.outcome, AttemptOutcome::Rejected);
    assert_eq!(rejected.record.errcode, Some(4));
    assert!(rejected.is_reviewable());
    assert_eq!(kept(&world), ["rejected_1_20261123063000.jpg"]);

    let keyword = with(classification(), "classification_keyword", Some("bicycle".into()));
    post(service.address, "/classification", &keyword).await;
    let attempts = recorded(&world, 3).await;
    let keyword = attempts.iter().find(|one| one.record.kind == AttemptKind::Keyword).unwrap();
    assert_eq!(keyword.record.keyword.as_deref(), Some("bicycle"));
    let evidence: Value = serde_json::from_str(&keyword.record.evidence).unwrap();
    assert_eq!(evidence["concepts"][0]["name"], "dog");
    assert_eq!(kept(&world).len(), 2);

    let unknown = with(img_feature(), "participation_id", Some(99.into()));
    post(service.address, "/img_feature", &unknown).await;
    let attempts = recorded(&world, 4).await;
    let unknown = attempts.iter().find(|one| one.record.participation_id == id(99)).unwrap();
    assert_eq!((unknown.record.errcode, &unknown.record.photo_url), (Some(2), &None));
    assert_eq!(kept(&world).len(), 2, "a photo that was not examined is not kept");
}

#[tokio::test]
async fn settings_turn_photos_or_records_off() {
    let mut world = World::new().await;
    world.audit = AuditSettings { keep_rejected_days: 0, ..AuditSettings::default() };
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await;
    post(service.address, "/img_feature", &other_scene()).await;
    assert_eq!(recorded(&world, 1).await[0].record.photo_url, None);
    drop(service);
    world.audit = AuditSettings { enabled: false, ..AuditSettings::default() };
    let mut service = world.start();
    post(service.address, "/img_feature", &other_scene()).await;
    service.stop();
    service.ended().await.unwrap();
    recorded(&world, 1).await;
    assert_eq!(kept(&world), [""; 0]);
}

/// A store in memory that puts rejected photos only after their release.
struct SlowStore {
    inner: Arc<MemoryObjectStore>,
    begun: Semaphore,
    released: Semaphore,
}

#[async_trait]
impl ObjectStore for SlowStore {
    async fn put_new(&self, key: &ObjectKey, photo: &JpegPhoto) -> Result<(), PutError> {
        if key.is_rejected() {
            self.begun.add_permits(1);
            self.released.acquire().await.unwrap().forget();
        }
        self.inner.put_new(key, photo).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault> {
        self.inner.get(key).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault> {
        self.inner.delete(key).await
    }

    fn url(&self, key: &ObjectKey) -> String {
        self.inner.url(key)
    }

    async fn signed_url(&self, key: &ObjectKey, valid: Duration) -> Result<Option<String>, Fault> {
        self.inner.signed_url(key, valid).await
    }

    async fn check(&self) -> Result<(), Fault> {
        self.inner.check().await
    }
}

/// Responses do not wait for records. A record without a place is dropped and counted; a stop waits for the others.
#[tokio::test]
async fn a_full_queue_drops_records_and_delays_no_response() {
    let mut world = World::new().await;
    world.audit = AuditSettings { queue: 1.try_into().unwrap(), ..AuditSettings::default() };
    let (inner, none) = (world.objects.clone(), || Semaphore::new(0));
    let slow = Arc::new(SlowStore { inner, begun: none(), released: none() });
    world.ports.objects = slow.clone();
    let mut service = world.start();
    post(service.address, "/std_img", &std_img()).await;
    assert_eq!(post(service.address, "/img_feature", &other_scene()).await.status, 400);
    let begun = tokio::time::timeout(PATIENCE, slow.begun.acquire()).await;
    begun.expect("a record that is written").unwrap().forget();
    assert_eq!(post(service.address, "/img_feature", &other_scene()).await.status, 400);
    assert_eq!(post(service.address, "/img_feature", &img_feature()).await.status, 200);
    let metrics = String::from_utf8(get(service.address, "/metrics").await.body).unwrap();
    assert!(metrics.contains("injeung_attempts_total{result=\"dropped\"} 2"), "{metrics}");
    service.stop();
    slow.released.add_permits(1);
    service.ended().await.unwrap();
    let attempts = recorded(&world, 1).await;
    assert!(attempts[0].is_reviewable(), "the stop waited for it");
}

#[tokio::test]
async fn a_photo_without_room_is_recorded_without_it() {
    let mut world = World::new().await;
    world.audit = AuditSettings { max_queued_bytes: 10, ..AuditSettings::default() };
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await;
    post(service.address, "/img_feature", &other_scene()).await;
    let attempt = recorded(&world, 1).await.remove(0);
    assert_eq!(attempt.record.photo_url, None);
    assert!(attempt.record.photo_sha256.is_some());
    let metrics = String::from_utf8(get(service.address, "/metrics").await.body).unwrap();
    assert!(metrics.contains("injeung_attempts_total{result=\"without_photo\"} 1"), "{metrics}");
}

/// A detector that finds no copies and takes every photo for one of a screen.
struct AllScreens;

#[async_trait]
impl ReplayDetector for AllScreens {
    async fn examine(&self, photo: &JpegPhoto) -> Result<ExaminedPhoto, VisionError> {
        SameEnding.examine(photo).await
    }

    async fn similar(&self, photo: &ExaminedPhoto, earlier: &[Bytes]) -> Result<Vec<usize>, Fault> {
        SameEnding.similar(photo, earlier).await
    }

    async fn is_copy(&self, photo: &Photo, earlier: &Photo) -> Result<bool, Fault> {
        SameEnding.is_copy(photo, earlier).await
    }

    async fn flags(&self, _: &Photo) -> Result<Vec<PhotoFlag>, Fault> {
        Ok(vec![PhotoFlag::Screen])
    }
}

#[tokio::test]
async fn flags_are_in_the_record_the_log_and_the_console() {
    crate::logs::capture();
    let mut world = World::new().await;
    world.ports.replay_detector = Arc::new(AllScreens);
    world.pages.console = true;
    world.audit.examine_pixels = true;
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await;
    let body = img_feature().to_string();
    let headers = [("Content-Type", "application/json"), ("X-Request-Id", "flagged")];
    let answer =
        send(service.address, &request("POST", "/img_feature", &headers, body.as_bytes())).await;
    assert_eq!(answer.status, 200, "flags reject nothing");
    let attempt = recorded(&world, 1).await.remove(0);
    let evidence: Value = serde_json::from_str(&attempt.record.evidence).unwrap();
    assert_eq!(evidence["flags"], serde_json::json!(["no_metadata", "screen"]));
    let lines = crate::logs::lines_until("flagged", "a verified photo has flags").await;
    let line = lines.iter().find(|line| line["fields"]["flags"].is_string()).unwrap();
    assert_eq!(line["fields"]["flags"], "no_metadata screen");
    let page = Browser::new(&service).page(&format!("/console/attempts/{}", attempt.id)).await;
    assert!(page.contains("May show a screen"), "{page}");
    drop(service);

    world.audit = AuditSettings::default();
    let service = world.start();
    post(service.address, "/img_feature", &img_feature()).await;
    let attempt = recorded(&world, 2).await.into_iter().find(|one| one.id != attempt.id).unwrap();
    let evidence: Value = serde_json::from_str(&attempt.record.evidence).unwrap();
    assert_eq!(evidence["flags"], serde_json::json!(["no_metadata"]));
}
