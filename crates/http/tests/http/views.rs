//! Views that are learned after the response.

use std::sync::Arc;

use async_trait::async_trait;
use injeung_domain::memory::NearAngles;
use injeung_domain::ports::{FeatureExtractor, Repository, VisionError};
use injeung_domain::{
    Examination, FeatureFormat, LearnedView, MatchMode, Photo, ReferenceFeatures, ReferenceQuality,
    ViewSearch,
};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::audit::recorded;
use crate::browser::Browser;
use crate::client::{get, post, send};
use crate::logs::{lines_until, request_with_id};
use crate::world::{PATIENCE, World, id, img_feature, std_img, with};

/// A photo from an angle; [`NearAngles`] compares.
fn angle(degrees: u8) -> Value {
    crate::pictures::base64(&crate::pictures::jpeg(&[degrees])).into()
}

fn from(degrees: u8) -> Value {
    with(img_feature(), "feed_img", Some(angle(degrees)))
}

/// A world that learns, whose reference is photographed at 40 degrees.
async fn learning() -> World {
    let mut world = World::new().await;
    world.ports.extractor = Arc::new(NearAngles);
    world.policy.rules.learn_views = true;
    let reference = with(std_img(), "std_img", Some(angle(40)));
    assert_eq!(post(world.start().address, "/std_img", &reference).await.status, 200);
    world
}

async fn views(world: &World) -> Vec<LearnedView> {
    let reference = world.database.newest_reference(id(1)).await.unwrap().unwrap();
    world.database.views(reference.id, &NearAngles.format()).await.unwrap()
}

#[tokio::test]
async fn a_view_is_learned_and_recognises_a_photo() {
    let mut world = learning().await;
    world.pages.console = true;
    let mut service = world.start();
    let rejected = post(service.address, "/img_feature", &from(44)).await;
    rejected.assert(400, Some(4), "사진이 일치하지 않습니다.");
    let first = request_with_id("/img_feature", "learned-from", &from(42));
    assert_eq!(send(service.address, &first).await.status, 200);
    lines_until("learned-from", "a view was learned").await;
    let [view] = views(&world).await.try_into().unwrap();

    let second = request_with_id("/img_feature", "by-a-view", &from(44));
    assert_eq!(send(service.address, &second).await.status, 200);
    let lines = lines_until("by-a-view", "a photo was accepted").await;
    let line = lines.iter().find(|line| line["fields"]["view"].is_number()).unwrap();
    assert_eq!(line["fields"]["view"], view.id.get());
    let attempts = recorded(&world, 3).await;
    let attempt = attempts.iter().find(|one| one.record.request_id == "by-a-view").unwrap();
    assert_eq!(attempt.record.reference_url.as_ref(), Some(&view.image_url));
    assert_eq!((attempt.record.probability, attempt.record.threshold), (Some(0.95), Some(0.9)));
    let evidence: Value = serde_json::from_str(&attempt.record.evidence).unwrap();
    assert_eq!(evidence["reference_probability"], 0.1);
    let page = Browser::new(&service).page(&format!("/console/attempts/{}", attempt.id)).await;
    assert!(page.contains("A learned view decided. The reference alone: "), "{page}");
    assert!(page.contains("<figcaption>Learned view</figcaption>"), "{page}");

    // One view is too little to learn the second photo. A stop waits for the lessons.
    let metrics = async |service: &crate::world::Service| {
        String::from_utf8(get(service.address, "/metrics").await.body).unwrap()
    };
    let waiting = async {
        while !metrics(&service).await.contains(r#"injeung_lessons_total{result="nothing"} 1"#) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the second lesson");
    assert!(metrics(&service).await.contains(r#"injeung_lessons_total{result="learned"} 1"#));
    service.stop();
    service.ended().await.unwrap();
    assert_eq!(views(&world).await.len(), 1);
}

/// Extracts features after their release.
struct Slow {
    begun: Semaphore,
    released: Semaphore,
}

#[async_trait]
impl FeatureExtractor for Slow {
    fn format(&self) -> FeatureFormat {
        NearAngles.format()
    }

    fn missing(&self) -> Vec<&'static str> {
        Vec::new()
    }

    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        self.begun.add_permits(1);
        self.released.acquire().await.unwrap().forget();
        NearAngles.extract(photo).await
    }

    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
        mode: MatchMode,
    ) -> Result<Examination, VisionError> {
        NearAngles.compare(reference, photo, mode).await
    }

    async fn compare_views(
        &self,
        views: &[ReferenceFeatures],
        photo: &Photo,
        mode: MatchMode,
        search: ViewSearch,
    ) -> Result<Vec<(usize, Examination)>, VisionError> {
        NearAngles.compare_views(views, photo, mode, search).await
    }
}

/// Responses do not wait for lessons. A lesson without a place is dropped and counted; a stop waits for the others.
#[tokio::test]
async fn lessons_delay_no_response() {
    let mut world = learning().await;
    let slow = Arc::new(Slow { begun: Semaphore::new(0), released: Semaphore::new(0) });
    world.ports.extractor = slow.clone();
    let mut service = world.start();
    assert_eq!(post(service.address, "/img_feature", &from(42)).await.status, 200);
    let begun = tokio::time::timeout(PATIENCE, slow.begun.acquire()).await;
    begun.expect("a photo that is examined").unwrap().forget();
    for _ in 0..8 {
        assert_eq!(post(service.address, "/img_feature", &from(41)).await.status, 200);
    }
    let metrics = String::from_utf8(get(service.address, "/metrics").await.body).unwrap();
    assert!(metrics.contains(r#"injeung_lessons_total{result="dropped"} 1"#), "{metrics}");
    assert_eq!(views(&world).await, []);
    service.stop();
    slow.released.add_permits(8);
    service.ended().await.unwrap();
    assert_eq!(views(&world).await.len(), 2, "42 and 41; the others show nothing new");
}
