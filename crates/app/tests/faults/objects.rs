//! The bucket is slow, rejects connections, is down, and recovers.

use std::time::Duration;

use crate::scene::{Call, Scene};
use crate::support::proxy::Way;

const SLOW_DOWN: &str = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[track_caller]
fn assert_all_fail(scene: &mut Scene, fault: &str) {
    assert_eq!(scene.call(fault, Call::Reference), (500, Some(4)));
    assert_eq!(scene.call(fault, Call::Feature), (500, Some(5)));
    let (status, checks) = scene.readiness();
    assert_eq!((status, checks["objects"].as_str()), (503, Some("failed")), "{checks}");
    assert_eq!(checks["database"], "ok", "{checks}");
}

#[test]
fn a_slow_bucket_is_waited_for() {
    let mut scene = Scene::new();
    scene.objects.set(Way::Slow(Duration::from_millis(20)));
    for call in [Call::Reference, Call::Feature] {
        assert_eq!(scene.call("bucket slow (20 ms a piece)", call), (200, None));
    }
    assert_eq!(scene.readiness().0, 200);
    scene.assert_recovered();
}

#[test]
fn a_bucket_that_is_too_slow_is_500_errcode_4_or_5() {
    let mut scene = Scene::new();
    // The delay outlasts the test, so nothing arrives after its clean-up with a grace of 0.
    scene.objects.set(Way::Slow(Duration::from_secs(600)));
    assert_all_fail(&mut scene, "bucket too slow (10 min a piece)");
    scene.assert_recovered();
}

#[test]
fn a_bucket_that_is_gone_is_500_errcode_4_or_5() {
    let mut scene = Scene::new();
    scene.objects.set(Way::Refused);
    assert_all_fail(&mut scene, "bucket gone (connections refused)");
    scene.assert_recovered();
}

#[test]
fn a_bucket_that_does_not_respond_is_500_errcode_4_or_5() {
    let mut scene = Scene::new();
    scene.objects.set(Way::Silent);
    assert_all_fail(&mut scene, "bucket silent (packets dropped)");
    scene.assert_recovered();
}

#[test]
fn a_bucket_that_rejects_calls_is_500_errcode_4_or_5() {
    for (fault, answer) in
        [("bucket overloaded (503)", SLOW_DOWN), ("bucket refuses (403)", FORBIDDEN)]
    {
        let mut scene = Scene::new();
        scene.objects.set(Way::Says(answer));
        assert_all_fail(&mut scene, fault);
        scene.assert_recovered();
    }
}

#[test]
fn a_photo_whose_answer_is_lost_once_is_accepted() {
    for (fault, cuts) in [
        ("an answer of the bucket lost, connection cut", true),
        ("an answer of the bucket lost, connection silent", false),
    ] {
        let mut scene = Scene::with(|home| home.with("OBJECTS__S3__RETRY_TIMEOUT_MS", "30000"));
        for call in [Call::Reference, Call::Feature] {
            scene.objects.set(Way::Forgetful { answers: 1, cuts });
            assert_eq!(scene.call(fault, call), (200, None));
        }
        scene.assert_recovered();
    }
}

/// The object is stored, but the service cannot know.
#[test]
fn an_object_whose_answer_is_lost_is_removed_by_the_janitor() {
    let mut scene = Scene::new();
    scene.objects.set(Way::Deaf { after: 0 });
    assert_all_fail(&mut scene, "bucket's answers lost");
    let objects = scene.home.objects().len();
    assert!(objects > scene.home.rows().object_keys().len(), "{objects} objects");
    assert!(!scene.home.rows().reservations().is_empty());
    scene.assert_recovered();
}

#[test]
fn an_answer_of_the_bucket_that_is_lost_is_made_up_for_by_a_retry() {
    let mut scene = Scene::new();
    for (call, expected) in [(Call::Reference, (500, Some(4))), (Call::Feature, (500, Some(5)))] {
        let block = |scene: &Scene| scene.objects.set(Way::Deaf { after: 0 });
        let (first, _) = scene.call_until_accepted("bucket's answers lost", call, block);
        assert_eq!(first, expected);
    }
    scene.assert_recovered();
}
