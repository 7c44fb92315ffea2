//! The operator's rules, and the clean-up with a lease.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::num::NonZeroU32;
use std::sync::Arc;

use injeung_domain::ports::{Clock, MockClassifier, MockObjectStore, PutError, Repository};
use injeung_domain::{
    CleanUpReport, Fault, Fingerprint, Lease, VerificationError, VerifyFeatureError,
    VerifyKeywordError, clean_up_in_turn,
};
use support::pictures::jpeg;
use support::world::{NOON, World, done, feature, keyword, register, world};
use time::Duration;

/// A world with a reference, where each window accepts one photo.
fn strict() -> World {
    let mut world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    world.policy.rules.once_per_day = true;
    world
}

#[test]
fn a_window_takes_one_photo_whichever_the_call() {
    let mut world = strict();
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    // The photo must not be examined: the mock fails on any call.
    world.ports.classifier = Arc::new(MockClassifier::new());
    let error = done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::DayTaken(_))),
        "{error:?}"
    );
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::DayTaken(_))),
        "{error:?}"
    );
    // References are not limited by the rule.
    done(world.register_reference(register(jpeg(2)))).unwrap();
    world.clock.set(NOON + Duration::DAY);
    done(world.verify_feature(feature(jpeg(2)))).unwrap();
    assert_eq!(world.feed().len(), 2);
}

#[test]
fn photos_from_before_the_rule_was_set_count() {
    let mut world = strict();
    world.policy.rules.once_per_day = false;
    for _ in 0..2 {
        done(world.verify_feature(feature(jpeg(1)))).unwrap();
    }
    world.policy.rules.once_per_day = true;
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::DayTaken(_))),
        "{error:?}"
    );
}

/// Two concurrent requests may both check before either adds its row.
#[test]
fn the_insert_decides_and_not_the_check_before() {
    let mut world = strict();
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    let stored = world.stored();
    world.mock_repository(|mock| {
        mock.expect_has_feed().returning(|_, _| Ok(false));
    });
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::DayTaken(_))),
        "{error:?}"
    );
    let error = done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::DayTaken(_))),
        "{error:?}"
    );
    assert_eq!(world.feed().len(), 1);
    assert_eq!(world.stored(), stored, "the photo that was put already is gone again");
    assert!(world.reserved().is_empty());
}

#[test]
fn attempts_count_whatever_their_verdict_until_the_window_is_over() {
    let mut world = strict();
    world.policy.rules.once_per_day = false;
    world.policy.rules.max_attempts_per_window = NonZeroU32::new(3);
    world.clock.set(NOON + Duration::hours(2));
    done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    world.clock.set(NOON);
    done(world.verify_feature(feature(jpeg(2)))).unwrap_err();
    done(world.verify_keyword(keyword(jpeg(1), "cat"))).unwrap_err();
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    let VerifyFeatureError::Verification(VerificationError::TooManyAttempts {
        retry_after, ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(retry_after, Duration::HOUR + Duration::SECOND, "13:00:00 is inside");
    let error = done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap_err();
    assert!(
        matches!(
            error,
            VerifyKeywordError::Verification(VerificationError::TooManyAttempts { .. })
        ),
        "{error:?}"
    );
    assert_eq!(world.feed().len(), 1);
    world.clock.set(NOON + Duration::DAY);
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
}

#[test]
fn an_attempt_that_ended_in_a_fault_is_released() {
    let mut world = strict();
    world.policy.rules.once_per_day = false;
    world.policy.rules.max_attempts_per_window = NonZeroU32::new(1);
    let seen = world.ports.classifier.clone();
    let mut down = MockClassifier::new();
    down.expect_classify().returning(|_, _| Err(Fault::transient("no answer").into()));
    world.ports.classifier = Arc::new(down);
    let mut full = MockObjectStore::new();
    full.expect_url().returning(|key| format!("memory:///{key}"));
    full.expect_put_new().returning(|_, _| Err(PutError::Fault(Fault::overloaded("full"))));
    let objects = std::mem::replace(&mut world.ports.objects, Arc::new(full));
    for _ in 0..3 {
        let error = done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap_err();
        assert!(matches!(error, VerifyKeywordError::Classifier(_)), "{error:?}");
        let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
        assert!(
            matches!(error, VerifyFeatureError::Verification(VerificationError::Objects(_))),
            "{error:?}"
        );
    }
    (world.ports.classifier, world.ports.objects) = (seen, objects);
    // Every verdict counts as an attempt; a rejection by the limit does not.
    done(world.verify_keyword(keyword(jpeg(1), "cat"))).unwrap_err();
    for _ in 0..3 {
        let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
        assert!(
            matches!(
                error,
                VerifyFeatureError::Verification(VerificationError::TooManyAttempts { .. })
            ),
            "{error:?}"
        );
    }
    let id = support::world::id(1);
    assert_eq!(done(world.database.count_attempt(id, NOON.date())).unwrap(), 2);
}

#[test]
fn old_keys_and_days_are_forgotten() {
    let mut world = strict();
    world.policy.rules.max_attempts_per_window = NonZeroU32::new(9);
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    let key = "a-key".parse().unwrap();
    let fingerprint = Fingerprint::of(&[]);
    let later = NOON + Duration::HOUR;
    done(world.database.claim_key(&key, &fingerprint, NOON, later)).unwrap();
    let clean = || world.clean_up();
    assert_eq!(clean(), CleanUpReport::default());
    world.clock.set(later);
    assert_eq!(clean(), CleanUpReport { request_keys: 1, ..CleanUpReport::default() });
    world.clock.set(NOON + Duration::days(7));
    assert_eq!(clean(), CleanUpReport::default());
    world.clock.set(NOON + Duration::days(8));
    assert_eq!(clean(), CleanUpReport { days: 1, ..CleanUpReport::default() });
}

#[test]
fn one_of_several_cleans_up_until_it_is_gone() {
    let world = world();
    let lease = |holder: &str| Lease { holder: holder.to_owned(), length: Duration::minutes(2) };
    let turn = |holder| {
        let (now, grace) = (world.clock.now(), Duration::MINUTE);
        done(clean_up_in_turn(&*world.database, &*world.objects, now, &lease(holder), grace))
            .unwrap()
            .is_some()
    };
    assert!(turn("one") && !turn("another") && turn("one"));
    world.clock.set(NOON + Duration::MINUTE);
    assert!(turn("one") && !turn("another"));
    world.clock.set(NOON + Duration::minutes(3));
    assert!(turn("another") && !turn("one"));
}
