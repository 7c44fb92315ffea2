//! Counters, and the decisions in logs and probes.

use std::net::SocketAddr;
use std::sync::Arc;

use injeung_domain::memory::SamePicture;
use injeung_domain::ports::{FeatureExtractor, MockClassifier, MockFeatureExtractor};
use injeung_domain::{
    ClassifierUsage, Comparison, QualityIssue, ReferenceFeatures, ReferenceQuality, TierScore,
};
use serde_json::json;

use crate::client::{get, post, request, send};
use crate::logs::{lines_until, request_with_id};
use crate::world::{World, classification, img_feature, std_img};

/// An extractor with two tiers, without a third, that returns the same decision for every photo.
fn two_tiers(same_scene: bool) -> Arc<MockFeatureExtractor> {
    let mut extractor = MockFeatureExtractor::new();
    extractor.expect_format().returning(|| SamePicture.format());
    extractor.expect_missing().returning(|| vec!["xfeat", "lighterglue"]);
    extractor.expect_compare().returning(move |_, _, _| {
        Ok(Comparison {
            same_scene,
            score: if same_scene { 0.875 } else { 0.125 },
            threshold: 0.5,
            tiers: vec![
                TierScore { name: "quick", inliers: 3, confirmed: 1, ..TierScore::default() },
                TierScore { name: "sift", inliers: 40, confirmed: 17, ..TierScore::default() },
            ],
            difference: None,
        }
        .into())
    });
    Arc::new(extractor)
}

/// A service with a registered reference that returns the same decision for every photo.
async fn with_verdict(world: &mut World, same_scene: bool) -> crate::world::Service {
    assert_eq!(post(world.start().address, "/std_img", &std_img()).await.status, 200);
    world.ports.extractor = two_tiers(same_scene);
    world.start()
}

/// Waits for a counter's value: a request is counted after its response.
async fn assert_counted(address: SocketAddr, line: &str) {
    let wait = async {
        loop {
            let reply = get(address, "/metrics").await;
            assert_eq!(reply.status, 200);
            if String::from_utf8(reply.body).unwrap().lines().any(|found| found == line) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let counted = tokio::time::timeout(crate::world::PATIENCE, wait).await;
    counted.unwrap_or_else(|_| panic!("{line} was not counted"));
}

#[tokio::test]
async fn requests_are_counted_by_route_and_outcome() {
    let service = World::new().await.start();
    let address = service.address;
    for _ in 0..2 {
        post(address, "/std_img", &std_img()).await;
        post(address, "/img_feature", &json!({})).await;
    }
    get(address, "/objects/nothing").await;
    for path in ["/nowhere", "/secret/17", "/std_img/"] {
        get(address, path).await;
    }
    for line in [
        r#"injeung_requests_total{errcode="",route="/std_img",status="200"} 2"#,
        r#"injeung_requests_total{errcode="1",route="/img_feature",status="400"} 2"#,
        r#"injeung_requests_total{errcode="102",route="/objects/{key}",status="404"} 1"#,
        r#"injeung_requests_total{errcode="102",route="other",status="404"} 3"#,
        r#"injeung_request_seconds_count{route="/std_img"} 2"#,
        r#"injeung_request_seconds_bucket{route="/std_img",le="+Inf"} 2"#,
    ] {
        assert_counted(address, line).await;
    }
    let reply = get(address, "/metrics").await;
    let content_type = reply.header("content-type");
    assert_eq!(content_type, Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(!String::from_utf8(reply.body).unwrap().contains("secret"), "labels are ours");
    let head = send(address, &request("HEAD", "/metrics", &[], b"")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn verdicts_are_counted_by_the_tier_that_decided_them() {
    let mut world = World::new().await;
    let service = with_verdict(&mut world, true).await;
    post(service.address, "/img_feature", &img_feature()).await.assert(
        200,
        None,
        "완료되었습니다.",
    );
    for line in [
        r#"injeung_comparisons_total{tier="sift",verdict="same_scene"} 1"#,
        r#"injeung_comparison_probability_bucket{verdict="same_scene",le="0.75"} 0"#,
        r#"injeung_comparison_probability_bucket{verdict="same_scene",le="0.9"} 1"#,
        r#"injeung_stage_seconds_count{stage="examine"} 1"#,
        r#"injeung_stage_seconds_count{stage="store"} 1"#,
    ] {
        assert_counted(service.address, line).await;
    }
    let service = with_verdict(&mut World::new().await, false).await;
    for _ in 0..2 {
        assert_eq!(post(service.address, "/img_feature", &img_feature()).await.status, 400);
    }
    // A keyword causes no comparison.
    assert_eq!(post(service.address, "/classification", &classification()).await.status, 200);
    assert_counted(service.address, "injeung_keyword_certainty_count 1").await;
    let line = r#"injeung_comparisons_total{tier="sift",verdict="another_scene"} 2"#;
    assert_counted(service.address, line).await;
    let body = String::from_utf8(get(service.address, "/metrics").await.body).unwrap();
    assert_eq!(body.lines().filter(|line| line.starts_with("injeung_comparisons")).count(), 1);
}

#[tokio::test]
async fn missing_tiers_are_reported() {
    let mut world = World::new().await;
    let whole = world.start();
    let body = String::from_utf8(get(whole.address, "/metrics").await.body).unwrap();
    assert!(!body.contains("injeung_tier_missing{"), "{body}");
    world.ports.extractor = two_tiers(true);
    let service = world.start();
    for tier in ["xfeat", "lighterglue"] {
        let line = format!("injeung_tier_missing{{tier=\"{tier}\"}} 1");
        assert_counted(service.address, &line).await;
    }
    let ready = get(service.address, "/readyz").await;
    assert_eq!(ready.status, 200, "it works");
    assert_eq!(ready.json()["data"]["checks"]["extractor"], "reduced");
}

#[tokio::test]
async fn each_classifier_is_counted_and_reported() {
    let mut world = World::new().await;
    let usage = |name, failed, is_down, prompt_tokens| ClassifierUsage {
        name,
        answered: 5,
        failed,
        is_down,
        prompt_tokens,
        completion_tokens: 12,
    };
    let mut chain = MockClassifier::new();
    let both = vec![usage("clarifai", 0, false, 0), usage("openai", 2, true, 180)];
    chain.expect_usage().returning(move || both.clone());
    world.ports.classifier = Arc::new(chain);
    let service = world.start();
    for line in [
        "injeung_classifications_total{classifier=\"clarifai\",result=\"answered\"} 5",
        "injeung_classifications_total{classifier=\"openai\",result=\"failed\"} 2",
        "injeung_classifier_tokens_total{classifier=\"openai\",kind=\"prompt\"} 180",
        "injeung_classifier_tokens_total{classifier=\"openai\",kind=\"completion\"} 12",
    ] {
        assert_counted(service.address, line).await;
    }
    let ready = get(service.address, "/readyz").await;
    assert_eq!(ready.status, 200, "a classifier that is down rejects only keywords");
    let expected = json!({ "clarifai": "ok", "openai": "failed" });
    assert_eq!(ready.json()["data"]["checks"]["classifiers"], expected);
}

#[tokio::test]
async fn verdicts_are_logged_with_the_score_of_each_tier() {
    for (same_scene, id, message, probability) in [
        (true, "verdict-1", "a photo was accepted", 0.875),
        (false, "verdict-2", "a request was rejected", 0.125),
    ] {
        let service = with_verdict(&mut World::new().await, same_scene).await;
        send(service.address, &request_with_id("/img_feature", id, &img_feature())).await;
        let lines = lines_until(id, message).await;
        let line = lines.iter().find(|line| line["fields"]["message"] == message).unwrap();
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["fields"]["probability"], probability);
        assert_eq!(line["fields"]["tiers"], "quick=1/3 sift=17/40");
        assert_eq!(line["fields"]["participation"], 1);
    }
}

#[tokio::test]
async fn references_are_logged_with_their_quality() {
    let poor = vec![QualityIssue::TooFewFeatures, QualityIssue::Dark];
    for (id, message, feature_count, issues, told) in [
        (
            "poor-1",
            "a request was rejected",
            3,
            poor,
            "too few feature points to verify against; too dark",
        ),
        ("fair-1", "a reference was registered", 80, vec![QualityIssue::Dark], "too dark"),
        ("good-1", "a reference was registered", 800, Vec::new(), ""),
    ] {
        let mut world = World::new().await;
        let mut extractor = MockFeatureExtractor::new();
        extractor.expect_extract().returning(move |_| {
            let (verifiable, issues) = (feature_count > 50, issues.clone());
            let quality = ReferenceQuality { feature_count, verifiable, issues };
            let bytes = Default::default();
            Ok((ReferenceFeatures { format: SamePicture.format(), bytes }, quality))
        });
        world.ports.extractor = Arc::new(extractor);
        let service = world.start();
        send(service.address, &request_with_id("/std_img", id, &std_img())).await;
        let lines = lines_until(id, message).await;
        let fields =
            &lines.iter().find(|line| line["fields"]["message"] == message).unwrap()["fields"];
        assert_eq!(fields["features"], feature_count);
        assert_eq!(fields["issues"], told);
        assert_eq!(fields["participation"], 1);
        let refused = (message == "a request was rejected").then_some(3);
        assert_eq!(fields.get("errcode"), refused.map(|errcode| json!(errcode)).as_ref());
        assert!(fields.get("probability").is_none(), "{fields}");
    }
}
