//! Checks that every row has an object and every object a row, whichever step fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use injeung_domain::ports::{MockObjectStore, ObjectStore, PutError, Repository, Reservation};
use injeung_domain::{
    Fault, ObjectKey, VerificationError, VerifyKeywordError, clean_up, verify_keyword,
};
use sha2::{Digest, Sha256};
use support::logs::logged;
use support::pictures::jpeg;
use support::world::{NOON, World, done, keyword, world};
use time::Duration;

const KEY: &str = "classification_1_20261123120000.jpg";

fn accept_a_photo(world: &World) -> Result<(), VerifyKeywordError> {
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).map(|_| ())
}

#[test]
fn a_key_that_another_program_took_is_left_alone() {
    let world = world();
    let taken = jpeg(9).jpeg_without_metadata().unwrap();
    done(world.objects.put_new(&KEY.parse().unwrap(), &taken)).unwrap();
    accept_a_photo(&world).unwrap();
    assert_eq!(world.feed(), ["memory:///classification_1_20261123120000_2.jpg"]);
    let kept = done(world.objects.get(&KEY.parse().unwrap())).unwrap().unwrap();
    assert_eq!(kept, taken.bytes());
    assert!(world.reserved().is_empty());
}

#[test]
fn an_object_that_can_still_arrive_is_removed_by_the_clean_up() {
    let mut world = world();
    let mut objects = MockObjectStore::new();
    objects.expect_url().returning(|key| format!("memory:///{key}"));
    objects.expect_put_new().returning(|_, _| Err(PutError::Fault(Fault::transient("a time-out"))));
    world.ports.objects = Arc::new(objects);
    let error = accept_a_photo(&world).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Objects(_))),
        "{error:?}"
    );
    assert_eq!(world.reserved(), [KEY]);

    world.ports.objects = world.objects.clone();
    let late = jpeg(1).jpeg_without_metadata().unwrap();
    done(world.objects.put_new(&KEY.parse().unwrap(), &late)).unwrap();
    let early = world.clean_up();
    assert_eq!((early.removed, early.failed), (0, 0), "a minute has not passed");
    world.clock.set(NOON + Duration::minutes(2));
    let report = world.clean_up();
    assert_eq!((report.removed, report.failed), (1, 0));
    assert!(world.stored().is_empty() && world.reserved().is_empty() && world.feed().is_empty());
}

#[test]
fn an_object_whose_row_failed_is_rolled_back() {
    let mut world = world();
    world.mock_repository(|mock| {
        mock.expect_add_feed()
            .returning(|_, _| Err(Fault::transient("the database is gone").into()));
    });
    let error = accept_a_photo(&world).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Database(_))),
        "{error:?}"
    );
    assert!(world.stored().is_empty() && world.reserved().is_empty());
}

#[test]
fn an_object_whose_row_was_committed_but_not_confirmed_stays() {
    let mut world = world();
    let database = world.database.clone();
    world.mock_repository(|mock| {
        mock.expect_add_feed().returning(move |feed, acceptance| {
            done(database.add_feed(feed, acceptance)).unwrap();
            Err(Fault::transient("the connection broke while committing").into())
        });
    });
    let error = accept_a_photo(&world).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Database(_))),
        "{error:?}"
    );
    assert_eq!(world.stored(), [KEY]);
    assert!(world.reserved().is_empty());
}

#[test]
fn the_clean_up_keeps_the_object_of_another_program_and_removes_ours() {
    let world = world();
    let [ours, theirs] = [1, 9].map(|seed| jpeg(seed).jpeg_without_metadata().unwrap());
    for (name, stored) in [("std_1_a.jpg", &ours), ("std_1_b.jpg", &theirs)] {
        let key: ObjectKey = name.parse().unwrap();
        done(world.objects.put_new(&key, stored)).unwrap();
        // The second put failed because the object exists, and the process died before it released
        // the key.
        let reservation = Reservation {
            image_url: world.objects.url(&key),
            key,
            content_sha256: Sha256::digest(ours.bytes()).into(),
            reserved_at: NOON - Duration::HOUR,
        };
        assert!(done(world.database.reserve(&reservation)).unwrap());
    }
    let report = world.clean_up();
    assert_eq!((report.removed, report.failed), (2, 0));
    assert!(world.reserved().is_empty());
    assert_eq!(world.stored(), ["std_1_b.jpg"]);
}

#[test]
fn the_object_of_another_program_survives_a_key_that_could_not_be_released() {
    let mut world = world();
    let key = KEY.parse().unwrap();
    let theirs = jpeg(9).jpeg_without_metadata().unwrap();
    done(world.objects.put_new(&key, &theirs)).unwrap();
    world.mock_repository(|mock| {
        mock.expect_release().returning(|_| Err(Fault::transient("the database is gone")));
    });
    let error = accept_a_photo(&world).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Database(_))),
        "{error:?}"
    );

    world.ports.repository = world.database.clone();
    assert_eq!(world.reserved(), [KEY]);
    world.clock.set(NOON + Duration::HOUR);
    world.clean_up();
    assert!(world.reserved().is_empty());
    assert_eq!(done(world.objects.get(&key)).unwrap().as_ref(), Some(theirs.bytes()));
}

#[test]
fn a_photo_that_arrives_after_its_reservation_was_cleaned_up_is_rolled_back() {
    let mut world = world();
    // The clean-up runs during the put, which takes longer than the grace period.
    let mut objects = MockObjectStore::new();
    objects.expect_url().returning(|key| format!("memory:///{key}"));
    let (clock, ports) = (world.clock.clone(), world.ports.clone());
    let stored = world.objects.clone();
    objects.expect_put_new().returning(move |key, photo| {
        clock.set(NOON + Duration::hours(1));
        let now = NOON + Duration::hours(1);
        done(clean_up(&*ports.repository, &*ports.objects, now, Duration::MINUTE)).unwrap();
        done(stored.put_new(key, photo))
    });
    let stored = world.objects.clone();
    objects.expect_get().returning(move |key| done(stored.get(key)));
    let stored = world.objects.clone();
    objects.expect_delete().returning(move |key| done(stored.delete(key)));
    world.ports.objects = Arc::new(objects);
    let error = accept_a_photo(&world).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Database(_))),
        "{error:?}"
    );
    assert!(world.feed().is_empty(), "no row points to what may be gone");
    assert!(world.stored().is_empty(), "nobody else would ever find the object");
    assert!(world.reserved().is_empty());
}

#[test]
fn one_clean_up_resolves_however_many_reservations_there_are() {
    let world = world();
    for number in 0..2500 {
        let name = format!("std_1_{number}.jpg");
        let reservation = Reservation {
            key: name.parse().unwrap(),
            image_url: format!("memory:///{name}"),
            content_sha256: Sha256::digest(name).into(),
            reserved_at: NOON - Duration::HOUR,
        };
        assert!(done(world.database.reserve(&reservation)).unwrap());
    }
    let report = world.clean_up();
    assert_eq!((report.removed, report.failed), (2500, 0));
    assert!(world.reserved().is_empty());
}

#[test]
fn the_clean_up_goes_on_after_a_failure_and_leaves_accepted_photos_alone() {
    let mut world = world();
    accept_a_photo(&world).unwrap();
    for name in ["std_1_a.jpg", "std_1_b.jpg"] {
        let reservation = Reservation {
            key: name.parse().unwrap(),
            image_url: format!("memory:///{name}"),
            content_sha256: Sha256::digest(name).into(),
            reserved_at: NOON - Duration::HOUR,
        };
        assert!(done(world.database.reserve(&reservation)).unwrap());
    }
    let mut objects = MockObjectStore::new();
    objects.expect_get().returning(|key| Ok(Some(key.to_string().into())));
    objects.expect_delete().returning(|key| match key.as_str() {
        "std_1_a.jpg" => Err(Fault::transient("an outage")),
        _ => Ok(()),
    });
    world.ports.objects = Arc::new(objects);
    let report = world.clean_up();
    assert_eq!((report.removed, report.failed), (1, 1));
    assert_eq!(world.reserved(), ["std_1_a.jpg"], "it stays for the next time");
    assert_eq!(world.stored(), [KEY]);
}

/// Reserves `count` keys from an hour before noon, one per second.
fn reserve_overdue(world: &World, count: i64) {
    for number in 0..count {
        let name = format!("std_1_{number}.jpg");
        let reservation = Reservation {
            key: name.parse().unwrap(),
            image_url: format!("memory:///{name}"),
            content_sha256: Sha256::digest(&name).into(),
            reserved_at: NOON - Duration::hours(1) + Duration::seconds(number),
        };
        assert!(done(world.database.reserve(&reservation)).unwrap());
    }
}

#[test]
fn reservations_that_always_fail_do_not_block_newer_ones_and_are_logged() {
    let mut world = world();
    reserve_overdue(&world, 2500);
    let mut objects = MockObjectStore::new();
    objects.expect_get().returning(|key| Ok(Some(key.to_string().into())));
    objects.expect_delete().returning(|key| match key.as_str() {
        "std_1_2499.jpg" => Ok(()),
        _ => Err(Fault::permanent("access denied")),
    });
    world.ports.objects = Arc::new(objects);
    let lines = logged(|| {
        let report = world.clean_up();
        assert_eq!((report.removed, report.failed), (1, 2499));
    });
    assert_eq!(world.reserved().len(), 2499);
    assert!(lines.iter().any(|line| line.contains("failed to clean up object std_1_7.jpg")));
    assert_eq!(lines.iter().filter(|line| line.contains("access denied")).count(), 2499);
    assert!(lines.iter().all(|line| line.starts_with("ERROR")), "they are permanent");
}

#[test]
fn a_roll_back_that_fails_is_logged_beside_the_first_fault() {
    let mut world = world();
    world.mock_repository(|mock| {
        mock.expect_add_feed().returning(|_, _| Err(Fault::transient("a full disk").into()));
        mock.expect_abandon().returning(|_| Err(Fault::transient("still a full disk")));
    });
    let lines = logged(|| {
        let error = accept_a_photo(&world).unwrap_err();
        assert_eq!(error.to_string(), "reach the database: a full disk");
    });
    let told = |line: &String| line.starts_with("WARN") && line.contains("still a full disk");
    assert_eq!(
        lines.iter().filter(|line| told(line) && line.contains(KEY)).count(),
        1,
        "{lines:?}"
    );
    assert_eq!(world.reserved(), [KEY], "the clean-up resolves it");
}

/// The upload took longer than the grace period, but the reservation is recent.
#[test]
fn the_grace_begins_with_the_reservation_and_not_with_the_request() {
    let mut world = world();
    let mut objects = MockObjectStore::new();
    objects.expect_url().returning(|key| format!("memory:///{key}"));
    objects.expect_put_new().returning(|_, _| Err(PutError::Fault(Fault::transient("a time-out"))));
    world.ports.objects = Arc::new(objects);
    let context = world.context();
    world.clock.set(NOON + Duration::minutes(10));
    let command = keyword(jpeg(1), "dog");
    done(verify_keyword(&world.ports, &world.policy, command, context)).unwrap_err();
    assert_eq!((world.clean_up().removed, world.reserved()), (0, vec![KEY.to_owned()]));
}
