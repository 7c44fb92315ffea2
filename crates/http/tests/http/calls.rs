//! One test for each row of the contract's first table, in the order of the checks.

use std::sync::Arc;

use injeung_domain::ports::{
    FeatureExtractor, MockClassifier, MockFeatureExtractor, MockObjectStore, VisionError,
};
use injeung_domain::{Fault, PhotoError, ReferenceFeatures, ReferenceQuality};
use serde_json::json;

use crate::client::post;
use crate::pictures;
use crate::world::{TOO_LATE, World, classification, img_feature, std_img, with};

const MALFORMED: &str = "입력이 바르지 않습니다.";

fn broken_store() -> MockObjectStore {
    let mut objects = MockObjectStore::new();
    objects.expect_url().returning(|key| format!("memory:///{key}"));
    objects.expect_put_new().returning(|_, _| Err(Fault::transient("connection refused").into()));
    objects
}

#[tokio::test]
async fn std_img_malformed_json() {
    let service = World::new().await.start();
    let request = crate::client::json_request("/std_img", b"{\"participation_id\": \"1\", ");
    crate::client::send(service.address, &request).await.assert(400, Some(1), MALFORMED);
}

#[tokio::test]
async fn std_img_missing_field() {
    let service = World::new().await.start();
    for field in ["participation_id", "std_img"] {
        let body = with(std_img(), field, None);
        post(service.address, "/std_img", &body).await.assert(400, Some(1), MALFORMED);
    }
}

#[tokio::test]
async fn std_img_mistyped_field() {
    let service = World::new().await.start();
    for (field, value) in [("participation_id", json!(true)), ("std_img", json!(7))] {
        let body = with(std_img(), field, Some(value));
        post(service.address, "/std_img", &body).await.assert(400, Some(1), MALFORMED);
    }
}

#[tokio::test]
async fn std_img_unknown_participation_even_with_a_bad_photo() {
    let service = World::new().await.start();
    let body = with(std_img(), "participation_id", Some(json!(2)));
    post(service.address, "/std_img", &body).await.assert(400, Some(1), MALFORMED);
    let body = with(body, "std_img", Some(json!("")));
    post(service.address, "/std_img", &body).await.assert(400, Some(1), MALFORMED);
}

#[tokio::test]
async fn std_img_bad_photo() {
    let service = World::new().await.start();
    let cut_off = &pictures::jpeg(b"desk")[..28];
    for photo in [
        String::new(),
        "data:image/jpeg;base64,".to_owned(),
        "not base64!".to_owned(),
        pictures::base64(b"no picture"),
        pictures::base64(cut_off),
        pictures::base64(&pictures::jpeg_of(63, 480, b"small")),
        pictures::base64(&pictures::jpeg_of(60_000, 60_000, b"large")),
    ] {
        let body = with(std_img(), "std_img", Some(json!(photo)));
        let reply = post(service.address, "/std_img", &body).await;
        reply.assert(400, Some(2), "사진이 첨부되지 않았습니다.");
    }
}

#[tokio::test]
async fn std_img_undecodable_photo() {
    let mut world = World::new().await;
    let mut extractor = MockFeatureExtractor::new();
    extractor
        .expect_extract()
        .returning(|_| Err(VisionError::Photo(PhotoError::Undecodable("no Huffman table".into()))));
    world.ports.extractor = Arc::new(extractor);
    let reply = post(world.start().address, "/std_img", &std_img()).await;
    reply.assert(400, Some(2), "사진이 첨부되지 않았습니다.");
}

#[tokio::test]
async fn every_call_with_a_photo_in_heic_heif_or_avif() {
    let service = World::new().await.start();
    for brands in [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic", b"avif\0\0\0\0avifmif1"] {
        let photo = pictures::base64(&[b"\0\0\0\x18ftyp", &brands[..]].concat());
        for (path, body, field) in [
            ("/std_img", std_img(), "std_img"),
            ("/img_feature", img_feature(), "feed_img"),
            ("/classification", classification(), "feed_img"),
        ] {
            let body = with(body, field, Some(json!(photo)));
            let reply = post(service.address, path, &body).await;
            reply.assert(415, Some(114), "JPEG, PNG 또는 WebP 사진을 보내주세요.");
        }
    }
    // An unknown participation is reported first, as for any photo of `std_img` that is not accepted.
    let photo = pictures::base64(b"\0\0\0\x10ftypheic\0\0\0\0");
    let body = with(std_img(), "std_img", Some(json!(photo)));
    let body = with(body, "participation_id", Some(json!("2")));
    post(service.address, "/std_img", &body).await.assert(400, Some(1), MALFORMED);
}

#[tokio::test]
async fn std_img_too_few_features() {
    let mut world = World::new().await;
    let mut extractor = MockFeatureExtractor::new();
    extractor.expect_extract().returning(|_| {
        let format = injeung_domain::memory::SamePicture.format();
        let quality = ReferenceQuality { feature_count: 3, verifiable: false, issues: vec![] };
        Ok((ReferenceFeatures { format, bytes: Default::default() }, quality))
    });
    world.ports.extractor = Arc::new(extractor);
    let reply = post(world.start().address, "/std_img", &std_img()).await;
    reply.assert(400, Some(3), "특징점이 확실한 사직을 찍어주세요.");
    assert_eq!(world.objects.keys(), []);
}

#[tokio::test]
async fn std_img_object_store_unreachable() {
    let mut world = World::new().await;
    world.ports.objects = Arc::new(broken_store());
    let reply = post(world.start().address, "/std_img", &std_img()).await;
    reply.assert(500, Some(4), "사진이 업로드 되지 않습니다.");
}

#[tokio::test]
async fn std_img_stored() {
    let world = World::new().await;
    let reply = post(world.start().address, "/std_img", &std_img()).await;
    reply.assert(200, None, "완료 되었습니다.");
    let keys = world.objects.keys();
    assert_eq!(
        keys.iter().map(|key| key.as_str()).collect::<Vec<_>>(),
        ["std_1_20261123063000.jpg"]
    );
}

#[tokio::test]
async fn img_feature_malformed_input() {
    let service = World::new().await.start();
    for field in ["participation_id", "feed_img", "feed_content"] {
        for value in [None, Some(json!(null)), Some(json!(["a"]))] {
            let body = with(img_feature(), field, value);
            post(service.address, "/img_feature", &body).await.assert(400, Some(1), MALFORMED);
        }
    }
}

#[tokio::test]
async fn img_feature_photo_that_is_no_picture() {
    let service = World::new().await.start();
    for photo in [String::new(), "not base64!".to_owned(), pictures::base64(b"no picture")] {
        let body = with(img_feature(), "feed_img", Some(json!(photo)));
        post(service.address, "/img_feature", &body).await.assert(400, Some(1), MALFORMED);
    }
}

#[tokio::test]
async fn img_feature_no_reference_even_outside_the_window() {
    let world = World::new().await;
    world.clock.set(TOO_LATE);
    let service = world.start();
    for participation in [1, 2] {
        let body = with(img_feature(), "participation_id", Some(json!(participation)));
        let reply = post(service.address, "/img_feature", &body).await;
        reply.assert(400, Some(2), "기준 사진이 존재하지 않습니다.");
    }
}

#[tokio::test]
async fn img_feature_outside_the_window_even_with_another_scene() {
    let world = World::new().await;
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    world.clock.set(TOO_LATE);
    let other = pictures::base64(&pictures::jpeg(b"another desk"));
    let body = with(img_feature(), "feed_img", Some(json!(other)));
    let reply = post(service.address, "/img_feature", &body).await;
    reply.assert(400, Some(3), "인증 시간이 아닙니다.");
}

#[tokio::test]
async fn img_feature_different_scene() {
    let world = World::new().await;
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    let other = pictures::base64(&pictures::jpeg(b"another desk"));
    let body = with(img_feature(), "feed_img", Some(json!(other)));
    let reply = post(service.address, "/img_feature", &body).await;
    reply.assert(400, Some(4), "사진이 일치하지 않습니다.");
    assert_eq!(world.feeds().await, []);
}

#[tokio::test]
async fn img_feature_object_store_unreachable() {
    let mut world = World::new().await;
    let registered = post(world.start().address, "/std_img", &std_img()).await;
    registered.assert(200, None, "완료 되었습니다.");
    world.ports.objects = Arc::new(broken_store());
    let reply = post(world.start().address, "/img_feature", &img_feature()).await;
    reply.assert(500, Some(5), "사진이 업로드 되지 않습니다.");
}

#[tokio::test]
async fn img_feature_stored() {
    let world = World::new().await;
    let service = world.start();
    post(service.address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    let reply = post(service.address, "/img_feature", &img_feature()).await;
    reply.assert(200, None, "완료되었습니다.");
    let feeds = world.feeds().await;
    assert_eq!(feeds.len(), 1);
    assert_eq!(feeds[0].content.as_str(), "오늘도 했다");
    assert_eq!(feeds[0].image_url, "memory:///feature_1_20261123063000.jpg");
}

#[tokio::test]
async fn classification_malformed_input() {
    let service = World::new().await.start();
    for field in ["participation_id", "feed_img", "feed_content", "classification_keyword"] {
        for value in [None, Some(json!(null)), Some(json!({}))] {
            let body = with(classification(), field, value);
            post(service.address, "/classification", &body).await.assert(400, Some(1), MALFORMED);
        }
    }
}

#[tokio::test]
async fn classification_empty_keyword() {
    let service = World::new().await.start();
    for keyword in ["", " \t\u{3000}"] {
        let body = with(classification(), "classification_keyword", Some(json!(keyword)));
        post(service.address, "/classification", &body).await.assert(400, Some(1), MALFORMED);
    }
}

#[tokio::test]
async fn classification_photo_that_is_no_picture() {
    let service = World::new().await.start();
    for photo in [String::new(), "not base64!".to_owned(), pictures::base64(b"no picture")] {
        let body = with(classification(), "feed_img", Some(json!(photo)));
        post(service.address, "/classification", &body).await.assert(400, Some(1), MALFORMED);
    }
}

#[tokio::test]
async fn classification_unknown_participation() {
    let service = World::new().await.start();
    let body = with(classification(), "participation_id", Some(json!("2")));
    post(service.address, "/classification", &body).await.assert(400, Some(1), MALFORMED);
}

#[tokio::test]
async fn classification_outside_the_window_before_the_classifier_runs() {
    let mut world = World::new().await;
    world.ports.classifier = Arc::new(MockClassifier::new());
    world.clock.set(TOO_LATE);
    let reply = post(world.start().address, "/classification", &classification()).await;
    reply.assert(400, Some(4), "인증 시간이 아닙니다.");
}

#[tokio::test]
async fn classification_classifier_failed() {
    let mut world = World::new().await;
    let mut classifier = MockClassifier::new();
    classifier.expect_classify().returning(|_, _| Err(Fault::permanent("status 11102").into()));
    world.ports.classifier = Arc::new(classifier);
    let reply = post(world.start().address, "/classification", &classification()).await;
    reply.assert(500, Some(2), "Clarifai 서버 문제, 혹은 그에 관한 문제");
}

#[tokio::test]
async fn classification_keyword_not_shown() {
    let world = World::new().await;
    let body = with(classification(), "classification_keyword", Some(json!("고양이")));
    let reply = post(world.start().address, "/classification", &body).await;
    let message = "해당 단어에 알맞지 않은 사진이거나, 사진을 다시 찍어주세요.";
    reply.assert(400, Some(3), message);
    assert_eq!(world.feeds().await, []);
}

#[tokio::test]
async fn classification_object_store_unreachable() {
    let mut world = World::new().await;
    world.ports.objects = Arc::new(broken_store());
    let reply = post(world.start().address, "/classification", &classification()).await;
    reply.assert(500, Some(5), "S3 오류");
}

#[tokio::test]
async fn classification_stored() {
    let world = World::new().await;
    let reply = post(world.start().address, "/classification", &classification()).await;
    reply.assert(200, None, "완료");
    let feeds = world.feeds().await;
    assert_eq!(feeds.len(), 1);
    assert_eq!(feeds[0].image_url, "memory:///classification_1_20261123063000.jpg");
}
