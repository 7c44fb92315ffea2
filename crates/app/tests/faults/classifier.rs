//! Clarifai fails and recovers.

use crate::fake::{FakeClarifai, Play};
use crate::scene::{Call, Scene};
use crate::support::proxy::{Proxy, Way};

const TRAIN: &str = r#"{"status":{"code":10000,"description":"Ok"},
 "outputs":[{"id":"a1","status":{"code":10000,"description":"Ok"},
  "data":{"concepts":[{"id":"b2","name":"기차","value":0.99}]}}]}"#;

const FAILED: (u16, Option<u64>) = (500, Some(2));

fn train() -> Play {
    Play::Answer(200, TRAIN.to_owned())
}

/// A service with a simulated Clarifai that plays `plays`, and the proxy before it.
fn scene(plays: Vec<Play>) -> (Scene, Proxy) {
    let clarifai = FakeClarifai::start(plays);
    let address = clarifai.base_url();
    let way = Proxy::before(address.strip_prefix("http://").unwrap().parse().unwrap());
    let url = format!("http://{}", way.address);
    (Scene::with(|home| home.with("CLASSIFIER__CLARIFAI__BASE_URL", &url)), way)
}

/// Checks that the calls without a classifier still work.
#[track_caller]
fn assert_the_rest_works(scene: &mut Scene) {
    assert_eq!(scene.call("Clarifai down", Call::Feature), (200, None));
    assert_eq!(scene.readiness().0, 200);
}

#[test]
fn a_clarifai_that_fails_is_500_errcode_2() {
    let down = Play::Answer(500, String::new());
    let (mut scene, _way) = scene(vec![down.clone(), down, train()]);
    assert_eq!(scene.call("Clarifai fails (500)", Call::Keyword), FAILED);
    assert_the_rest_works(&mut scene);
    assert_eq!(scene.call("none any more", Call::Keyword), (200, None));
    scene.assert_recovered();
}

#[test]
fn a_clarifai_that_is_throttling_is_500_errcode_2() {
    let busy = Play::Answer(429, r#"{"status":{"code":11005,"description":"x"}}"#.to_owned());
    let (mut scene, _way) = scene(vec![busy.clone(), busy, train()]);
    assert_eq!(scene.call("Clarifai throttles (429)", Call::Keyword), FAILED);
    assert_the_rest_works(&mut scene);
    assert_eq!(scene.call("none any more", Call::Keyword), (200, None));
    scene.assert_recovered();
}

#[test]
fn a_clarifai_that_does_not_respond_is_500_errcode_2() {
    let (mut scene, _way) = scene(vec![Play::Silence, Play::Silence, train()]);
    assert_eq!(scene.call("Clarifai silent", Call::Keyword), FAILED);
    assert_the_rest_works(&mut scene);
    assert_eq!(scene.call("none any more", Call::Keyword), (200, None));
    scene.assert_recovered();
}

#[test]
fn a_clarifai_that_is_gone_is_500_errcode_2() {
    let (mut scene, way) = scene(vec![train()]);
    way.set(Way::Refused);
    assert_eq!(scene.call("Clarifai gone (connections refused)", Call::Keyword), FAILED);
    assert_the_rest_works(&mut scene);
    way.set(Way::Open);
    assert_eq!(scene.call("none any more", Call::Keyword), (200, None));
    scene.assert_recovered();
}

#[test]
fn one_failure_of_clarifai_is_not_noticed() {
    let (mut scene, _way) = scene(vec![Play::Cut, train()]);
    assert_eq!(scene.call("Clarifai cut off once", Call::Keyword), (200, None));
    scene.assert_recovered();
}
