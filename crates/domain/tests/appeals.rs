//! Appeals against rejections.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use injeung_domain::ports::Repository;
use injeung_domain::{
    AppealError, Attempt, AttemptKind, AttemptOutcome, Caller, EventKind, FileAppeal, NewAttempt,
    ReviewAttempt, ReviewDecision, ReviewReason, ReviewState, UserId, file_appeal, find_appeal,
    record_attempt, review_attempt,
};
use support::pictures::jpeg;
use support::world::{NOON, World, done, feature, id, register, world};
use time::Duration;

/// A world with a rejected photo of the request `a-request` that is kept.
fn with_rejected() -> World {
    let mut world = world();
    world.policy.events = vec![EventKind::AppealClosed];
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let context = world.context();
    let collector = context.collector.clone();
    let command = feature(jpeg(2));
    let verified = injeung_domain::verify_feature(&world.ports, &world.policy, command, context);
    assert!(done(verified).is_err());
    let photo = collector.evidence().photo.unwrap();
    record(&world, "a-request", AttemptOutcome::Rejected, Some(photo));
    world
}

fn record(
    world: &World,
    request_id: &str,
    outcome: AttemptOutcome,
    photo: Option<injeung_domain::JpegPhoto>,
) {
    let attempt = NewAttempt {
        request_id: request_id.to_owned(),
        created_at: NOON,
        participation_id: id(1),
        kind: AttemptKind::Feature,
        outcome,
        errcode: Some(4),
        content: "x".parse().unwrap(),
        keyword: None,
        probability: None,
        threshold: None,
        model: String::new(),
        took: Duration::SECOND,
        reference_url: None,
        photo_sha256: photo.as_ref().map(|photo| *photo.sha256()),
        photo_url: None,
        evidence: String::new(),
    };
    done(record_attempt(&world.ports, &world.policy, attempt, photo)).unwrap();
}

fn file_at(world: &World, request_id: &str, after: Duration) -> Result<Attempt, AppealError> {
    let (request_id, text) = (request_id.to_owned(), "제 책상입니다".parse().unwrap());
    let command = FileAppeal { participation_id: id(1), request_id, text };
    done(file_appeal(&world.ports, command, &world.caller, NOON + after))
}

fn file(world: &World) -> Result<Attempt, AppealError> {
    file_at(world, "a-request", Duration::MINUTE)
}

fn find(world: &World) -> Result<Attempt, AppealError> {
    done(find_appeal(&world.ports, id(1), "a-request".to_owned(), &world.caller))
}

fn decide(world: &World, attempt: &Attempt, decision: ReviewDecision, reason: ReviewReason) {
    let (attempt_id, operator) = (attempt.id, "minji".to_owned());
    let command = ReviewAttempt { attempt_id, decision, reason, operator };
    done(review_attempt(&world.ports, &world.policy, command)).unwrap();
}

#[test]
fn an_appeal_is_open_until_a_decision_which_is_reported() {
    let world = with_rejected();
    assert!(matches!(find(&world), Err(AppealError::Unknown(_))));
    let attempt = file(&world).unwrap();
    let appeal = attempt.appeal.clone().unwrap();
    assert_eq!((appeal.filed_at, appeal.text.as_str()), (NOON + Duration::MINUTE, "제 책상입니다"));
    assert_eq!(find(&world).unwrap().review, None);
    // A repetition, also a late one, changes nothing.
    assert_eq!(file_at(&world, "a-request", Duration::days(2)).unwrap(), attempt);

    decide(&world, &attempt, ReviewDecision::Confirm, ReviewReason::Unclear);
    assert_eq!(find(&world).unwrap().review, Some(ReviewState::Confirmed));
    decide(&world, &attempt, ReviewDecision::Undo, ReviewReason::Mistake);
    assert_eq!(find(&world).unwrap().review, None, "it is open again");
    decide(&world, &attempt, ReviewDecision::Accept, ReviewReason::ShowsIt);
    assert_eq!(find(&world).unwrap().review, Some(ReviewState::Accepted));
    let messages = done(world.database.messages(false, 10)).unwrap();
    let outcomes: Vec<_> = messages.iter().map(|row| row.message.outcome.unwrap()).collect();
    assert_eq!(outcomes, [AttemptOutcome::Rejected, AttemptOutcome::Accepted]);
    assert!(messages.iter().all(|row| row.message.request_id == "a-request"));
}

#[test]
fn an_appeal_is_filed_on_the_day_of_its_attempt() {
    // Noon in Seoul; the day ends twelve hours later.
    let world = with_rejected();
    let late = file_at(&world, "a-request", Duration::hours(12));
    assert!(matches!(late, Err(AppealError::TooLate(_))), "{late:?}");
    assert!(file_at(&world, "a-request", Duration::hours(12) - Duration::SECOND).is_ok());
}

#[test]
fn only_a_rejection_with_a_kept_photo_that_nobody_decided_can_be_appealed_against() {
    let world = with_rejected();
    record(&world, "without-photo", AttemptOutcome::Rejected, None);
    record(&world, "accepted", AttemptOutcome::Accepted, None);
    for request in ["without-photo", "accepted"] {
        let refused = file_at(&world, request, Duration::MINUTE);
        assert!(matches!(refused, Err(AppealError::NotReviewable(_))), "{request}: {refused:?}");
    }
    let unknown = file_at(&world, "unknown", Duration::MINUTE);
    assert!(matches!(unknown, Err(AppealError::Unknown(_))), "{unknown:?}");
    let attempt = done(world.database.find_attempt(1.try_into().unwrap())).unwrap().unwrap();
    decide(&world, &attempt, ReviewDecision::Confirm, ReviewReason::Unclear);
    assert!(matches!(file(&world), Err(AppealError::NotReviewable(_))));
    let messages = done(world.database.messages(false, 10)).unwrap();
    assert_eq!(messages, [], "there was no appeal to close");
}

#[test]
fn only_the_owner_files_and_reads_an_appeal() {
    let mut world = with_rejected();
    file(&world).unwrap();
    world.caller = Caller::Participant("someone-else".parse::<UserId>().unwrap());
    assert!(matches!(file(&world), Err(AppealError::NotOwner(_))));
    assert!(matches!(find(&world), Err(AppealError::NotOwner(_))));
    let found = find_appeal(&world.ports, id(99), "a-request".to_owned(), &world.caller);
    assert!(matches!(done(found), Err(AppealError::UnknownParticipation(_))));
}
