//! Messages that the use cases queue, and their delivery.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use injeung_domain::ports::{MockMessageSender, Repository, SendError};
use injeung_domain::{
    AttemptKind, AttemptOutcome, Delivery, DeliveryRules, EventKind, Message, NewAttempt,
    ReviewAttempt, ReviewDecision, ReviewReason, deliver_message, record_attempt, review_attempt,
};
use support::pictures::jpeg;
use support::world::{NOON, World, done, feature, id, register, world};
use time::Duration;

/// A world that reports these events.
fn reporting(events: &[EventKind]) -> World {
    let mut world = world();
    world.policy.events = events.to_vec();
    world
}

fn waiting(world: &World) -> Vec<Message> {
    done(world.database.messages(false, 100)).unwrap()
}

fn events(world: &World) -> Vec<(EventKind, Option<AttemptOutcome>)> {
    waiting(world).iter().map(|row| (row.message.event, row.message.outcome)).collect()
}

fn attempt(outcome: AttemptOutcome, photo_sha256: Option<[u8; 32]>) -> NewAttempt {
    NewAttempt {
        request_id: "a-request".to_owned(),
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
        photo_sha256,
        photo_url: None,
        evidence: String::new(),
    }
}

#[test]
fn what_is_stored_is_reported_with_its_row() {
    let world = reporting(&EventKind::ALL);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    assert!(done(world.verify_feature(feature(jpeg(2)))).is_err());
    let accepted = Some(AttemptOutcome::Accepted);
    assert_eq!(
        events(&world),
        [(EventKind::ReferenceRegistered, None), (EventKind::PhotoAccepted, accepted)],
        "a rejection is reported with its record"
    );
    let rows = done(world.database.latest_feed(id(1), 1)).unwrap();
    let urls: Vec<_> = waiting(&world).into_iter().map(|row| row.message.image_url).collect();
    assert_eq!(urls.last(), Some(&Some(rows.first().unwrap().image_url.clone())));
}

#[test]
fn only_the_configured_events_are_reported() {
    let world = reporting(&[EventKind::ReferenceRegistered]);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    assert_eq!(events(&world), [(EventKind::ReferenceRegistered, None)]);
}

#[test]
fn a_rejection_is_reported_if_its_photo_was_examined() {
    let world = reporting(&EventKind::ALL);
    let record = |outcome, digest| {
        done(record_attempt(&world.ports, &world.policy, attempt(outcome, digest), None)).unwrap();
    };
    record(AttemptOutcome::Accepted, Some([1; 32]));
    record(AttemptOutcome::Failed, Some([1; 32]));
    record(AttemptOutcome::Rejected, None);
    assert_eq!(events(&world), []);
    record(AttemptOutcome::Rejected, Some([1; 32]));
    let rejected = Some(AttemptOutcome::Rejected);
    assert_eq!(events(&world), [(EventKind::PhotoRejected, rejected)]);
}

#[test]
fn an_override_and_its_undoing_are_reported() {
    let world = reporting(&[EventKind::PhotoOverridden, EventKind::AppealClosed]);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let context = world.context();
    let collector = context.collector.clone();
    let command = feature(jpeg(2));
    let verified = injeung_domain::verify_feature(&world.ports, &world.policy, command, context);
    assert!(done(verified).is_err());
    let photo = collector.evidence().photo.unwrap();
    let record = attempt(AttemptOutcome::Rejected, Some(*photo.sha256()));
    let recorded = record_attempt(&world.ports, &world.policy, record, Some(photo));
    let attempt_id = done(recorded).unwrap();
    let decide = |decision, reason| {
        let operator = "minji".to_owned();
        let command = ReviewAttempt { attempt_id, decision, reason, operator };
        done(review_attempt(&world.ports, &world.policy, command)).unwrap();
    };
    decide(ReviewDecision::Confirm, ReviewReason::Unclear);
    decide(ReviewDecision::Undo, ReviewReason::Mistake);
    assert_eq!(events(&world), [], "a confirmed rejection changes no verdict");
    decide(ReviewDecision::Accept, ReviewReason::ShowsIt);
    decide(ReviewDecision::Undo, ReviewReason::Mistake);
    let overridden = |outcome| (EventKind::PhotoOverridden, Some(outcome));
    assert_eq!(
        events(&world),
        [overridden(AttemptOutcome::Accepted), overridden(AttemptOutcome::Rejected)]
    );
    let details: Vec<_> = waiting(&world)
        .into_iter()
        .map(|row| (row.message.image_url.is_some(), row.message.errcode))
        .collect();
    assert_eq!(details, [(true, None), (false, Some(4))]);
}

/// Delivers the first message to a receiver that ends with `sent`.
fn deliver(world: &World, sent: Result<(), SendError>) -> Delivery {
    let rules = DeliveryRules { pauses: vec![Duration::seconds(5), Duration::minutes(5)] };
    let message = waiting(world).into_iter().next().unwrap();
    let mut sender = MockMessageSender::new();
    sender.expect_send().return_once(|_, _| sent);
    let (repository, clock) = (&*world.database, &*world.clock);
    done(deliver_message(repository, &sender, clock, &rules, &message)).unwrap()
}

/// Seconds until the first message is due.
fn due_after(world: &World) -> Option<i64> {
    (0..100_000).find(|seconds| {
        let now = NOON + Duration::seconds(*seconds);
        !done(world.database.due_messages(now, 1)).unwrap().is_empty()
    })
}

fn failed() -> Result<(), SendError> {
    Err(SendError::Failed("deliver the message: x".to_owned()))
}

#[test]
fn a_delivery_is_repeated_after_its_pauses_and_then_dead() {
    let world = reporting(&EventKind::ALL);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    assert_eq!(due_after(&world), Some(0));
    assert_eq!(deliver(&world, failed()), Delivery::Failed);
    assert!((5..=6).contains(&due_after(&world).unwrap()));
    let throttled = |seconds| {
        let retry_after = Some(Duration::seconds(seconds));
        Err(SendError::Throttled { error: "deliver the message: 429".to_owned(), retry_after })
    };
    assert_eq!(deliver(&world, throttled(1000)), Delivery::Throttled(Duration::seconds(1000)));
    assert_eq!(due_after(&world), Some(1000));
    assert_eq!(deliver(&world, failed()), Delivery::Dead);
    assert_eq!(waiting(&world), []);
    let dead = done(world.database.messages(true, 10)).unwrap();
    let dead = dead.first().unwrap();
    assert_eq!((dead.failures, dead.dead_at), (3, Some(NOON)));
    assert_eq!(dead.error.as_deref(), Some("deliver the message: x"));
}

#[test]
fn a_delivered_message_is_deleted_and_one_that_met_a_receiver_that_is_gone_stays_due() {
    let world = reporting(&EventKind::ALL);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let gone = SendError::Gone("deliver the message: 410".to_owned());
    assert_eq!(deliver(&world, Err(gone)), Delivery::Gone);
    assert_eq!(due_after(&world), Some(0));
    assert_eq!(deliver(&world, Ok(())), Delivery::Delivered);
    assert_eq!(waiting(&world), []);
}
