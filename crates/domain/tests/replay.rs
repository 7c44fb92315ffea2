//! Photos that are sent again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use injeung_domain::ports::{AddFeedError, MockReplayDetector, Repository, VisionError};
use injeung_domain::{
    Fault, Photo, Replay, ReplayKind, ReplayRule, VerificationError, VerifyFeatureError,
    VerifyKeywordError,
};
use support::logs::logged;
use support::pictures::{exif_with_gps, jpeg, jpeg_with, photo};
use support::world::{World, done, feature, keyword, register, world};

fn world_with(rule: ReplayRule) -> World {
    let mut world = world();
    world.policy.rules.replay = rule;
    world
}

/// A photo that ends like `jpeg(seed)`, which is a copy to the detector in memory.
fn near_copy(seed: u8) -> Photo {
    photo(jpeg_with(&[], &[&[9; 8][..], &[seed; 56]].concat()))
}

/// The replay for which a photo was rejected.
#[track_caller]
fn rejected<T: std::fmt::Debug>(result: Result<T, VerifyKeywordError>) -> Replay {
    let error = result.unwrap_err();
    let VerifyKeywordError::Verification(VerificationError::Replayed(_, replay)) = error else {
        panic!("{error:?}")
    };
    replay
}

#[test]
fn the_rule_is_off_in_memory_and_nothing_is_kept() {
    let mut world = world();
    world.ports.replay_detector = Arc::new(MockReplayDetector::new());
    for _ in 0..2 {
        assert_eq!(done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap().replay, None);
    }
    world.policy.rules.replay = ReplayRule::Reject;
    world.ports.replay_detector = Arc::new(injeung_domain::memory::SameEnding);
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
}

#[test]
fn the_same_pixels_are_rejected_before_the_photo_is_examined() {
    let world = world_with(ReplayRule::Reject);
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    let stored = world.stored();
    // Another keyword would be rejected for what the photo shows.
    let replay = rejected(done(world.verify_keyword(keyword(jpeg(1), "cat"))));
    assert_eq!((replay.kind, &replay.earlier), (ReplayKind::SamePixels, &world.feed()[0]));
    let tagged = photo(jpeg_with(&[exif_with_gps(6)], &[1; 64]));
    let replay = rejected(done(world.verify_keyword(keyword(tagged, "dog"))));
    assert_eq!(replay.kind, ReplayKind::SamePixels);
    assert_eq!((world.stored(), world.feed().len()), (stored, 1));
    done(world.verify_keyword(keyword(jpeg(2), "dog"))).unwrap();
}

#[test]
fn a_near_copy_is_rejected_after_every_other_check_and_is_not_kept() {
    let world = world_with(ReplayRule::Reject);
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    let stored = world.stored();
    let shown = done(world.verify_keyword(keyword(near_copy(1), "cat"))).unwrap_err();
    assert!(matches!(shown, VerifyKeywordError::KeywordNotShown { .. }), "{shown:?}");
    let replay = rejected(done(world.verify_keyword(keyword(near_copy(1), "dog"))));
    assert_eq!((replay.kind, &replay.earlier), (ReplayKind::NearCopy, &world.feed()[0]));
    assert_eq!((world.stored(), world.reserved().len()), (stored, 0));
    // Its pixels are unknown: the rejected photo left nothing.
    let replay = rejected(done(world.verify_keyword(keyword(near_copy(1), "dog"))));
    assert_eq!(replay.kind, ReplayKind::NearCopy);
}

#[test]
fn the_reference_is_no_proof() {
    let world = world_with(ReplayRule::Reject);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    let VerifyFeatureError::Verification(VerificationError::Replayed(_, replay)) = error else {
        panic!("{error:?}")
    };
    assert_eq!(replay.earlier, "memory:///std_1_20261123120000.jpg");
}

#[test]
fn a_flagged_replay_is_accepted() {
    let world = world_with(ReplayRule::Flag);
    let send = |photo| done(world.verify_keyword(keyword(photo, "dog"))).unwrap().replay;
    assert_eq!(send(jpeg(1)), None);
    assert_eq!(send(jpeg(1)).unwrap().kind, ReplayKind::SamePixels);
    assert_eq!(send(near_copy(1)).unwrap().kind, ReplayKind::NearCopy);
    assert_eq!(send(jpeg(2)), None);
    assert_eq!(world.feed().len(), 4);
}

/// Photos that are added between the look-up and the row.
#[test]
fn a_photo_added_since_the_look_up_is_looked_at() {
    let mut world = world_with(ReplayRule::Reject);
    let database = world.database.clone();
    let looked_up = AtomicUsize::new(0);
    world.mock_repository(|mock| {
        // The first look-up is answered before the other photo is added.
        mock.expect_earlier_photos().returning(move |area, photo| {
            if looked_up.fetch_add(1, Ordering::Relaxed) == 1 {
                return Ok(Default::default());
            }
            done(database.earlier_photos(area, photo))
        });
    });
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    let replay = rejected(done(world.verify_keyword(keyword(near_copy(1), "dog"))));
    assert_eq!(replay.kind, ReplayKind::NearCopy);
    assert_eq!(world.feed().len(), 1);
    assert_eq!(world.stored().len(), 1, "the photo that was put already is gone again");
    assert!(world.reserved().is_empty());
}

#[test]
fn a_photo_that_is_never_looked_up_in_time_is_not_accepted() {
    let mut world = world_with(ReplayRule::Reject);
    let database = world.database.clone();
    world.mock_repository(|mock| {
        mock.expect_add_feed().returning(move |feed, acceptance| match feed.trace {
            Some(_) => Err(AddFeedError::NewerPhotos),
            None => done(database.add_feed(feed, acceptance)),
        });
    });
    let error = done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Database(_))),
        "{error:?}"
    );
    assert!(world.stored().is_empty() && world.reserved().is_empty());
    world.policy.rules.replay = ReplayRule::Flag;
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    assert_eq!(world.feed().len(), 1, "a flag never rejects");
}

#[test]
fn a_fault_rejects_a_photo_only_if_replays_are_rejected() {
    let mut world = world_with(ReplayRule::Flag);
    world.mock_repository(|mock| {
        mock.expect_earlier_photos().returning(|_, _| Err(Fault::permanent("no table")));
    });
    let lines = logged(|| {
        assert_eq!(done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap().replay, None);
    });
    assert!(lines.iter().any(|line| line.contains("look for replays")), "{lines:?}");
    world.policy.rules.replay = ReplayRule::Reject;
    let error = done(world.verify_keyword(keyword(jpeg(2), "dog"))).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Database(_))),
        "{error:?}"
    );

    let mut broken = MockReplayDetector::new();
    broken.expect_examine().returning(|_| Err(VisionError::Fault(Fault::permanent("broken"))));
    world.ports.replay_detector = Arc::new(broken);
    let error = done(world.verify_keyword(keyword(jpeg(3), "dog"))).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::Vision(_))),
        "{error:?}"
    );
    world.policy.rules.replay = ReplayRule::Flag;
    done(world.verify_keyword(keyword(jpeg(3), "dog"))).unwrap();
    assert_eq!(world.feed().len(), 2);
}

/// A missing object proves nothing.
#[test]
fn a_photo_whose_original_is_gone_is_accepted() {
    let world = world_with(ReplayRule::Reject);
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    let key = world.stored()[0].parse().unwrap();
    done(world.ports.objects.delete(&key)).unwrap();
    done(world.verify_keyword(keyword(near_copy(1), "dog"))).unwrap();
    let replay = rejected(done(world.verify_keyword(keyword(jpeg(1), "dog"))));
    assert_eq!(replay.kind, ReplayKind::SamePixels, "the digest needs no object");
}

#[test]
fn a_photo_counts_as_rejected_and_not_as_a_fault() {
    let mut world = world_with(ReplayRule::Reject);
    world.policy.rules.max_attempts_per_window = std::num::NonZeroU32::new(2);
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    rejected(done(world.verify_keyword(keyword(jpeg(1), "dog"))));
    let error = done(world.verify_keyword(keyword(jpeg(2), "dog"))).unwrap_err();
    assert!(
        matches!(
            error,
            VerifyKeywordError::Verification(VerificationError::TooManyAttempts { .. })
        ),
        "{error:?}"
    );
}
