//! Views learned from accepted photos, and photos that only a view recognises.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use injeung_domain::memory::NearAngles;
use injeung_domain::ports::{Clock, FeatureExtractor, MockFeatureExtractor, Repository};
use injeung_domain::{
    Comparison, Difference, Fault, LearnedView, Lesson, NewView, ReferenceFeatures, ReplayRule,
    VerificationError, VerifiedFeature, VerifyFeatureError, Voucher, learn_view, verify_feature,
};
use support::pictures::jpeg;
use support::world::{World, done, feature, id, register, world};
use time::Duration;

/// The reference is photographed at 40 degrees; [`NearAngles`] compares.
fn learning() -> World {
    let mut world = world();
    world.ports.extractor = Arc::new(NearAngles);
    world.policy.rules.learn_views = true;
    done(world.register_reference(register(jpeg(40)))).unwrap();
    world
}

/// Sends a photo that is taken at an angle.
fn send(world: &World, angle: u8) -> Result<VerifiedFeature, VerifyFeatureError> {
    world.clock.set(world.clock.now() + Duration::SECOND);
    done(world.verify_feature(feature(jpeg(angle))))
}

fn learn(world: &World, lesson: Option<Lesson>) -> bool {
    done(learn_view(&world.ports, lesson.unwrap())).unwrap()
}

/// Sends a photo that is accepted, and learns from it. Returns whether a view was stored.
fn send_and_learn(world: &World, angle: u8) -> bool {
    let verified = send(world, angle).unwrap();
    learn(world, verified.lesson)
}

fn is_rejected(world: &World, angle: u8) -> bool {
    matches!(send(world, angle), Err(VerifyFeatureError::DifferentScene(_)))
}

/// Angles of the views, oldest first.
fn views(world: &World) -> Vec<u8> {
    let reference = done(world.database.newest_reference(id(1))).unwrap().unwrap();
    let views = done(world.database.views(reference.id, &NearAngles.format())).unwrap();
    views.iter().filter_map(|view| view.features.bytes.first().copied()).collect()
}

#[test]
fn a_view_recognises_what_the_reference_does_not() {
    let world = learning();
    assert!(is_rejected(&world, 44));
    assert!(send_and_learn(&world, 42));
    let context = world.context();
    let collector = context.collector.clone();
    let command = feature(jpeg(44));
    let verified = done(verify_feature(&world.ports, &world.policy, command, context)).unwrap();
    assert_eq!((verified.comparison.score, verified.comparison.threshold), (0.95, 0.9));
    assert!(verified.lesson.unwrap().seen.view.is_some());
    let evidence = collector.evidence();
    let view = evidence.view.unwrap();
    assert_eq!(view.image_url, *world.feed().last().unwrap(), "the photo of the view");
    assert_eq!(view.reference_score, 0.1);
    assert_eq!(evidence.examination.unwrap().comparison, verified.comparison);
    assert!(is_rejected(&world, 45), "no view is that near");
}

#[test]
fn nothing_is_learned_or_compared_without_the_rule() {
    let mut world = learning();
    assert!(send_and_learn(&world, 42));
    world.policy.rules.learn_views = false;
    world.mock_repository(|mock| {
        mock.expect_views().never();
    });
    assert!(is_rejected(&world, 44));
    assert_eq!(send(&world, 41).unwrap().lesson, None);
}

#[test]
fn what_the_first_tier_recognises_is_not_learned() {
    let world = learning();
    assert_eq!(send(&world, 40).unwrap().lesson, None, "the reference shows it");
    assert!(send_and_learn(&world, 42));
    assert!(!send_and_learn(&world, 42), "a view shows it");
    assert_eq!(views(&world), [42]);
}

#[test]
fn copies_are_not_learned() {
    let mut world = learning();
    world.policy.rules.replay = ReplayRule::Flag;
    assert!(send(&world, 42).unwrap().lesson.is_some());
    let copy = send(&world, 42).unwrap();
    assert!(copy.replay.is_some());
    assert_eq!(copy.lesson, None);
}

#[test]
fn a_view_matches_the_reference_or_two_views() {
    let world = learning();
    assert!(send_and_learn(&world, 42));
    // One view recognises it.
    assert!(!send_and_learn(&world, 44));
    // The reference accepts it, without certainty, and one view matches.
    assert!(!send_and_learn(&world, 43));
    assert!(send_and_learn(&world, 41));
    assert!(send_and_learn(&world, 43), "41 and 42 match");
    assert!(send_and_learn(&world, 44), "42 and 43 match");
    assert_eq!(views(&world), [42, 41, 43, 44]);
    assert!(send(&world, 46).is_ok());
    assert!(is_rejected(&world, 47));
}

#[test]
fn of_too_many_views_the_one_goes_that_recognised_nothing_for_longest() {
    let world = learning();
    assert!(send_and_learn(&world, 42));
    assert!(send_and_learn(&world, 38));
    // The older one recognises a photo.
    assert!(!send_and_learn(&world, 44));
    let reference_id = done(world.database.newest_reference(id(1))).unwrap().unwrap().id;
    for angle in 100..107 {
        let feed_id = send(&world, 40).unwrap().feed_id;
        let features = ReferenceFeatures { format: NearAngles.format(), bytes: vec![angle].into() };
        let new = NewView { reference_id, feed_id, voucher: Voucher::Reference, features };
        assert!(done(world.database.add_view(new, world.clock.now())).unwrap());
    }
    let left = views(&world);
    assert_eq!(left.len(), LearnedView::MAX);
    assert!(left.contains(&42) && !left.contains(&38), "{left:?}");
}

#[test]
fn a_new_reference_starts_over() {
    let world = learning();
    assert!(send_and_learn(&world, 42));
    let late = send(&world, 41).unwrap().lesson;
    done(world.register_reference(register(jpeg(40)))).unwrap();
    assert!(is_rejected(&world, 44));
    assert!(!learn(&world, late), "its reference is replaced");
    assert_eq!(views(&world), []);
}

#[test]
fn other_things_are_not_compared_with_views() {
    let mut world = learning();
    let mut extractor = MockFeatureExtractor::new();
    extractor.expect_format().returning(|| NearAngles.format());
    extractor.expect_compare().returning(|_, _, _| {
        let difference = Some(Difference { amount: 0.5, limit: 0.1 });
        let (score, threshold, tiers) = (0.99, 0.5, Vec::new());
        Ok(Comparison { same_scene: false, score, threshold, tiers, difference }.into())
    });
    extractor.expect_compare_views().never();
    world.ports.extractor = Arc::new(extractor);
    assert!(is_rejected(&world, 40));
}

#[test]
fn a_fault_of_the_views_is_no_verdict() {
    let mut world = learning();
    let verified = send(&world, 42).unwrap();
    world.mock_repository(|mock| {
        mock.expect_views().returning(|_, _| Err(Fault::permanent("no table")));
    });
    let error = send(&world, 44).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::Database(_))),
        "{error:?}"
    );
    assert!(send(&world, 41).is_ok(), "what the reference recognises needs no views");
    assert!(done(learn_view(&world.ports, verified.lesson.unwrap())).is_err());
    assert_eq!(views(&world), []);
}
