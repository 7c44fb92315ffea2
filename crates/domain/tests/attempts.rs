//! Records of verifications, and decisions about them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use injeung_domain::memory::SamePicture;
use injeung_domain::ports::{FeatureExtractor, ObjectStore, Repository};
use injeung_domain::{
    AttemptId, AttemptKind, AttemptOutcome, AttemptRetention, Evidence, FeedId, ForgottenAttempts,
    NewAttempt, RequestContext, ReviewAttempt, ReviewAttemptError, ReviewDecision, ReviewReason,
    ReviewState, Stage, VerifyFeature, forget_attempts, record_attempt, review_attempt,
    verify_feature,
};
use support::pictures::jpeg;
use support::world::{NOON, World, done, feature, id, register, world};
use time::Duration;

/// The record of a rejected photo.
fn rejected(evidence: &Evidence) -> NewAttempt {
    NewAttempt {
        request_id: "a-request".to_owned(),
        created_at: NOON,
        participation_id: id(1),
        kind: AttemptKind::Feature,
        outcome: AttemptOutcome::Rejected,
        errcode: Some(4),
        content: "오늘도 했다".parse().unwrap(),
        keyword: None,
        probability: Some(0.0),
        threshold: Some(0.5),
        model: SamePicture.format().to_string(),
        took: Duration::SECOND,
        reference_url: None,
        photo_sha256: evidence.photo.as_ref().map(|photo| *photo.sha256()),
        photo_url: None,
        evidence: String::new(),
    }
}

/// A world with a rejected photo that is kept, and its id.
fn with_rejected() -> (World, AttemptId) {
    let world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let context = world.context();
    let collector = context.collector.clone();
    let command = feature(jpeg(2));
    let result = done(verify_feature(&world.ports, &world.policy, command, context));
    assert!(result.is_err(), "{result:?}");
    let evidence = collector.evidence();
    let photo = evidence.photo.clone();
    let recorded = record_attempt(&world.ports, &world.policy, rejected(&evidence), photo);
    let attempt = done(recorded).unwrap();
    (world, attempt)
}

fn decide(
    world: &World,
    attempt_id: AttemptId,
    decision: ReviewDecision,
    reason: ReviewReason,
) -> Result<Option<FeedId>, ReviewAttemptError> {
    let operator = "minji".to_owned();
    let command = ReviewAttempt { attempt_id, decision, reason, operator };
    done(review_attempt(&world.ports, &world.policy, command))
}

fn accept(world: &World, id: AttemptId) -> Result<Option<FeedId>, ReviewAttemptError> {
    decide(world, id, ReviewDecision::Accept, ReviewReason::ShowsIt)
}

fn undo(world: &World, id: AttemptId) -> Result<Option<FeedId>, ReviewAttemptError> {
    decide(world, id, ReviewDecision::Undo, ReviewReason::Mistake)
}

fn state(world: &World, id: AttemptId) -> Option<ReviewState> {
    done(world.database.find_attempt(id)).unwrap().unwrap().review
}

const KEPT: &str = "rejected_1_20261123120000.jpg";
const ACCEPTED: &str = "feature_1_20261123120000.jpg";
const REFERENCE: &str = "std_1_20261123120000.jpg";

#[test]
fn a_trace_has_what_the_steps_found() {
    let world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let context = world.context();
    let collector = context.collector.clone();
    let command = feature(jpeg(1));
    done(verify_feature(&world.ports, &world.policy, command, context)).unwrap();
    let evidence = collector.evidence();
    assert!(evidence.examination.unwrap().comparison.same_scene);
    assert_eq!(evidence.photo.unwrap().photo().bytes(), jpeg(1).bytes());
    assert!(evidence.reference.unwrap().image_url.ends_with(REFERENCE));
    assert!(evidence.image_url.unwrap().ends_with(ACCEPTED));
    let stages: Vec<_> = evidence.stages.iter().map(|stage| stage.stage).collect();
    assert_eq!(stages, Stage::ALL);

    let unknown = RequestContext::new(NOON, world.caller.clone());
    let collector = unknown.collector.clone();
    let command = VerifyFeature { participation_id: id(99), ..feature(jpeg(1)) };
    assert!(done(verify_feature(&world.ports, &world.policy, command, unknown)).is_err());
    let evidence = collector.evidence();
    let stages: Vec<_> = evidence.stages.iter().map(|stage| stage.stage).collect();
    assert_eq!(stages, [Stage::Admit], "a step that failed has its time, too");
    assert_eq!(Evidence { stages: Vec::new(), ..evidence }, Evidence::default());
}

#[test]
fn a_rejected_photo_is_kept_with_its_record() {
    let (world, attempt) = with_rejected();
    assert_eq!(world.stored(), [KEPT, REFERENCE]);
    let record = done(world.database.find_attempt(attempt)).unwrap().unwrap();
    assert!(record.record.photo_url.as_deref().unwrap().ends_with(KEPT));
    assert!(record.is_reviewable());
    assert_eq!(world.reserved(), [""; 0], "its reservation became the record");
}

#[test]
fn an_accepted_photo_gets_the_row_and_the_object_of_its_request() {
    let (world, attempt) = with_rejected();
    world.clock.set(NOON + Duration::HOUR);
    let feed_id = accept(&world, attempt).unwrap().unwrap();
    let rows = done(world.database.latest_feed(id(1), 10)).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].id, rows[0].created_at), (feed_id, NOON));
    assert!(rows[0].image_url.ends_with(ACCEPTED), "{}", rows[0].image_url);
    assert_eq!(rows[0].content.as_str(), "오늘도 했다");
    assert_eq!(world.stored(), [ACCEPTED, KEPT, REFERENCE]);
    assert_eq!(state(&world, attempt), Some(ReviewState::Accepted));
    let again = accept(&world, attempt);
    assert!(matches!(again, Err(ReviewAttemptError::OtherState(_))), "{again:?}");
    assert_eq!(world.stored(), [ACCEPTED, KEPT, REFERENCE]);
}

#[test]
fn a_decision_can_be_undone_on_its_day_and_its_object_is_removed() {
    let (world, attempt) = with_rejected();
    accept(&world, attempt).unwrap();
    undo(&world, attempt).unwrap();
    assert_eq!(done(world.database.latest_feed(id(1), 10)).unwrap(), []);
    assert_eq!(state(&world, attempt), None);
    world.clock.set(NOON + Duration::minutes(2));
    assert_eq!(world.clean_up().removed, 1);
    assert_eq!(world.stored(), [KEPT, REFERENCE], "the kept photo stays");
    accept(&world, attempt).unwrap();
    assert_eq!(world.stored(), [ACCEPTED, KEPT, REFERENCE]);

    // From the next midnight in Seoul on it is too late.
    world.clock.set(NOON + Duration::hours(12));
    let late = undo(&world, attempt);
    assert!(matches!(late, Err(ReviewAttemptError::TooLate(_))), "{late:?}");
    assert_eq!(done(world.database.latest_feed(id(1), 10)).unwrap().len(), 1);
}

#[test]
fn a_confirmed_rejection_can_be_reopened() {
    let (world, attempt) = with_rejected();
    let confirm = |reason| decide(&world, attempt, ReviewDecision::Confirm, reason);
    let other = confirm(ReviewReason::ShowsIt);
    assert!(matches!(other, Err(ReviewAttemptError::OtherReason(_))), "{other:?}");
    assert_eq!(confirm(ReviewReason::Unclear).unwrap(), None);
    assert_eq!(state(&world, attempt), Some(ReviewState::Confirmed));
    assert!(accept(&world, attempt).is_err(), "it is decided");
    undo(&world, attempt).unwrap();
    assert_eq!(state(&world, attempt), None);
    let log = done(world.database.reviews(Some(attempt), 10)).unwrap();
    let decisions: Vec<_> = log.iter().map(|entry| entry.decision).collect();
    assert_eq!(decisions, [ReviewDecision::Undo, ReviewDecision::Confirm]);
    assert!(log.iter().all(|entry| entry.review.operator == "minji"));
}

#[test]
fn a_photo_that_is_gone_or_whose_day_is_taken_is_not_accepted() {
    let (mut world, attempt) = with_rejected();
    let unknown = AttemptId::try_from(99).unwrap();
    let none = accept(&world, unknown);
    assert!(matches!(none, Err(ReviewAttemptError::UnknownAttempt(_))), "{none:?}");
    world.policy.rules.once_per_day = true;
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    let before = world.stored();
    let taken = accept(&world, attempt);
    assert!(matches!(taken, Err(ReviewAttemptError::DayTaken(_))), "{taken:?}");
    assert_eq!(world.stored(), before, "its object is rolled back");
    assert_eq!(state(&world, attempt), None);

    done(world.objects.delete(&KEPT.parse().unwrap())).unwrap();
    let gone = accept(&world, attempt);
    assert!(matches!(gone, Err(ReviewAttemptError::NoPhoto(_))), "{gone:?}");
}

#[test]
fn photos_are_forgotten_before_records() {
    let (world, attempt) = with_rejected();
    let retention =
        AttemptRetention { records: Duration::days(90), rejected_photos: Duration::days(7) };
    let forget = |days| {
        let now = NOON + Duration::days(days) + Duration::SECOND;
        done(forget_attempts(&*world.database, &*world.objects, now, retention)).unwrap()
    };
    assert_eq!(forget(6), ForgottenAttempts::default());
    assert_eq!(forget(7), ForgottenAttempts { photos: 1, records: 0 });
    assert_eq!(world.stored(), [REFERENCE]);
    let record = done(world.database.find_attempt(attempt)).unwrap().unwrap();
    assert!(!record.is_reviewable());
    assert_eq!(forget(90), ForgottenAttempts { photos: 0, records: 1 });
    assert_eq!(done(world.database.find_attempt(attempt)).unwrap(), None);
}
