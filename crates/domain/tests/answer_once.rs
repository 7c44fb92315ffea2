//! Checks that a request with a key runs once and its retries get the same answer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use injeung_domain::ports::{Claiming, Repository};
use injeung_domain::{
    AnswerOnceError, Answered, Claim, Ending, Fault, KeyedRequest, RequestContext,
    VerificationError, VerifiedKeyword, VerifyKeyword, VerifyKeywordError, answer_once,
    verify_keyword,
};
use support::pictures::jpeg;
use support::world::{NOON, World, done, keyword, world};
use time::Duration;

/// A service's response, by the outcome of the use case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Ok,
    No,
    Later,
}

fn ending(answer: &Answer) -> Ending {
    match answer {
        Answer::Ok => Ending::Accepted,
        Answer::No => Ending::Rejected("no".into()),
        Answer::Later => Ending::Open,
    }
}

fn request(command: &VerifyKeyword) -> KeyedRequest {
    let fingerprint = command.fingerprint();
    KeyedRequest { key: "a-key".parse().unwrap(), fingerprint, if_accepted: "ok".into() }
}

async fn verify_under(
    world: &World,
    command: VerifyKeyword,
    claim: Claim,
) -> Result<VerifiedKeyword, VerifyKeywordError> {
    let context = RequestContext { claim: Some(claim), ..world.context() };
    verify_keyword(&world.ports, &world.policy, command, context).await
}

/// Verifies a keyword with the key.
fn post(world: &World, command: VerifyKeyword) -> Result<Answered<Answer>, AnswerOnceError> {
    let work = async |claim: Claim| match verify_under(world, command.clone(), claim).await {
        Ok(_) => Answer::Ok,
        Err(error) if error.is_final() => Answer::No,
        Err(_) => Answer::Later,
    };
    done(answer_once(&world.ports, &world.policy, request(&command), work, ending))
}

#[test]
fn a_retry_adds_nothing_and_is_answered_as_before() {
    let world = world();
    assert_eq!(post(&world, keyword(jpeg(1), "dog")).unwrap(), Answered::Now(Answer::Ok));
    for _ in 0..3 {
        let again = post(&world, keyword(jpeg(1), " DOG")).unwrap();
        assert_eq!(again, Answered::Before("ok".into()));
    }
    assert_eq!((world.feed().len(), world.stored().len()), (1, 1));
    assert!(world.reserved().is_empty());
}

#[test]
fn a_rejection_is_kept_and_a_failure_is_not() {
    let mut world = world();
    assert_eq!(post(&world, keyword(jpeg(1), "cat")).unwrap(), Answered::Now(Answer::No));
    assert_eq!(post(&world, keyword(jpeg(1), "cat")).unwrap(), Answered::Before("no".into()));

    world = support::world::world();
    world.mock_repository(|mock| {
        mock.expect_add_feed()
            .returning(|_, _| Err(Fault::transient("the database is gone").into()));
    });
    assert_eq!(post(&world, keyword(jpeg(1), "dog")).unwrap(), Answered::Now(Answer::Later));
    world.ports.repository = world.database.clone();
    assert_eq!(post(&world, keyword(jpeg(1), "dog")).unwrap(), Answered::Now(Answer::Ok));
    assert_eq!((world.feed().len(), world.stored().len()), (1, 1));
}

#[test]
fn a_rejection_that_can_change_is_evaluated_again() {
    let mut world = world();
    let again = || keyword(jpeg(1), "dog");
    world.clock.set(NOON + Duration::hours(2));
    assert_eq!(post(&world, again()).unwrap(), Answered::Now(Answer::Later), "it is too late");
    world.clock.set(NOON + Duration::DAY);
    world.policy.rules.once_per_day = true;
    done(world.verify_keyword(keyword(jpeg(2), "dog"))).unwrap();
    assert_eq!(post(&world, again()).unwrap(), Answered::Now(Answer::Later), "the day is taken");
    world.policy.rules.once_per_day = false;
    assert_eq!(post(&world, again()).unwrap(), Answered::Now(Answer::Ok));
    assert_eq!(post(&world, again()).unwrap(), Answered::Before("ok".into()));
}

#[test]
fn a_key_that_cannot_be_released_is_logged() {
    let mut world = world();
    world.clock.set(NOON + Duration::hours(2));
    world.mock_repository(|mock| {
        mock.expect_release_key().returning(|_| Err(Fault::permanent("no such table")));
    });
    let lines = support::logs::logged(|| {
        let answered = post(&world, keyword(jpeg(1), "dog")).unwrap();
        assert_eq!(answered, Answered::Now(Answer::Later));
    });
    assert!(lines.iter().any(|line| line.contains("no such table")), "{lines:?}");
}

#[test]
fn another_request_under_the_key_is_an_error() {
    let world = world();
    post(&world, keyword(jpeg(1), "dog")).unwrap();
    let mut others = [keyword(jpeg(2), "dog"), keyword(jpeg(1), "cat"), keyword(jpeg(1), "dog")];
    others[2].content = "오늘은 안 했다".parse().unwrap();
    for other in others {
        let refused = post(&world, other);
        assert!(matches!(refused, Err(AnswerOnceError::OtherRequest)), "{refused:?}");
    }
    let other =
        VerifyKeyword { participation_id: support::world::id(2), ..keyword(jpeg(1), "dog") };
    let refused = post(&world, other);
    assert!(matches!(refused, Err(AnswerOnceError::OtherRequest)), "{refused:?}");
    assert_eq!(world.feed().len(), 1);
}

#[test]
fn requests_with_different_contents_have_different_fingerprints() {
    let fingerprints = [
        keyword(jpeg(1), "dog").fingerprint(),
        support::world::feature(jpeg(1)).fingerprint(),
        support::world::register(jpeg(1)).fingerprint(),
        support::world::register(jpeg(2)).fingerprint(),
    ];
    for (nth, one) in fingerprints.iter().enumerate() {
        assert!(!fingerprints[nth + 1..].contains(one), "{nth}");
    }
    assert_eq!(fingerprints[3], support::world::register(jpeg(2)).fingerprint());
}

#[test]
fn a_key_is_free_again_when_its_answer_is_too_old() {
    let world = world();
    post(&world, keyword(jpeg(1), "dog")).unwrap();
    let kept = world.policy.rules.request_keys.keep;
    world.clock.set(NOON + kept - Duration::SECOND);
    assert_eq!(post(&world, keyword(jpeg(1), "dog")).unwrap(), Answered::Before("ok".into()));
    world.clock.set(NOON + kept);
    assert_eq!(post(&world, keyword(jpeg(1), "dog")).unwrap(), Answered::Now(Answer::Ok));
    assert_eq!(world.feed().len(), 2);
}

/// Leaves a claim like a process that died during its work.
fn die_with_a_claim(world: &World) {
    let KeyedRequest { key, fingerprint, .. } = request(&keyword(jpeg(1), "dog"));
    let until = NOON + world.policy.rules.request_keys.claim;
    let claiming = done(world.database.claim_key(&key, &fingerprint, NOON, until)).unwrap();
    assert!(matches!(claiming, Claiming::Claimed(_)), "{claiming:?}");
}

#[test]
fn the_key_of_a_dead_request_is_claimed_after_its_expiry() {
    let mut world = world();
    die_with_a_claim(&world);
    let waits = world.policy.rules.request_keys.wait;
    let refused = post(&world, keyword(jpeg(1), "dog"));
    assert!(matches!(refused, Err(AnswerOnceError::Unfinished)), "{refused:?}");
    let waited = injeung_domain::ports::Clock::now(&*world.clock) - NOON;
    assert!((waits..waits + Duration::SECOND).contains(&waited), "{waited}");
    // A request that waits long enough runs the work.
    world.policy.rules.request_keys.wait = Duration::minutes(5);
    assert_eq!(post(&world, keyword(jpeg(1), "dog")).unwrap(), Answered::Now(Answer::Ok));
    assert_eq!(world.feed().len(), 1);
}

#[test]
fn a_request_that_lost_its_claim_cannot_add_a_row() {
    let world = world();
    let slow = keyword(jpeg(1), "dog");
    let work = async |claim: Claim| {
        // The work outlives its claim, and a retry takes over and finishes first.
        world.clock.set(NOON + world.policy.rules.request_keys.claim);
        let retry = post(&world, slow.clone()).unwrap();
        assert_eq!(retry, Answered::Now(Answer::Ok));
        verify_under(&world, slow.clone(), claim).await
    };
    let endings =
        |result: &Result<_, _>| if result.is_ok() { Ending::Accepted } else { Ending::Open };
    let answered =
        done(answer_once(&world.ports, &world.policy, request(&slow), work, endings)).unwrap();
    let Answered::Now(Err(VerifyKeywordError::Verification(VerificationError::Database(fault)))) =
        answered
    else {
        panic!("it has lost its claim, but: {answered:?}");
    };
    assert!(fault.is_retryable());
    assert_eq!((world.feed().len(), world.stored().len()), (1, 1), "its object is gone again");
    assert!(world.reserved().is_empty());
    assert_eq!(post(&world, slow.clone()).unwrap(), Answered::Before("ok".into()));
}

#[test]
fn whoever_waits_gets_the_answer_that_came_meanwhile() {
    let mut world = world();
    world.mock_repository(|mock| {
        mock.expect_claim_key().times(2).returning(|_, _, _, _| Ok(Claiming::Pending));
        mock.expect_claim_key()
            .times(1)
            .returning(|_, _, _, _| Ok(Claiming::Answered("ok".into())));
    });
    let answered = post(&world, keyword(jpeg(1), "dog")).unwrap();
    assert_eq!(answered, Answered::Before("ok".into()));
    assert!(world.feed().is_empty());
}

#[test]
fn a_key_that_cannot_be_claimed_begins_nothing() {
    let mut world = world();
    world.mock_repository(|mock| {
        mock.expect_claim_key()
            .returning(|_, _, _, _| Err(Fault::transient("the database is gone")));
    });
    let refused = post(&world, keyword(jpeg(1), "dog"));
    assert!(matches!(refused, Err(AnswerOnceError::Database(_))), "{refused:?}");
    assert!(world.stored().is_empty());
}
