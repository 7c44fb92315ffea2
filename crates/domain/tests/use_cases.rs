//! The three use cases: their checks, the order of the checks, and what they store.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use injeung_domain::memory::{FixedConcepts, SamePicture};
use injeung_domain::ports::{
    Acceptance, Clock, FeatureExtractor, MockClassifier, MockFeatureExtractor, MockJpegEncoder,
    Repository,
};
use injeung_domain::{
    Caller, Fault, FeatureFormat, GroupId, NewReference, PhotoError, QualityIssue,
    ReferenceFeatures, ReferenceQuality, RegisterReference, RegisterReferenceError,
    VerificationError, VerifyFeature, VerifyFeatureError, VerifyKeywordError, clean_up,
    verify_feature, verify_keyword,
};
use support::logs::logged;
use support::pictures::{exif_with_gps, jpeg, jpeg_with, photo};
use support::world::{NOON, World, done, feature, id, keyword, register, world};
use time::Duration;

#[test]
fn a_reference_is_stored_without_metadata_and_the_newest_wins() {
    let world = world();
    let with_gps = photo(jpeg_with(&[exif_with_gps(1)], &[1; 64]));
    done(world.register_reference(register(with_gps))).unwrap();
    done(world.register_reference(register(jpeg(2)))).unwrap();
    assert_eq!(world.stored(), ["std_1_20261123120000.jpg", "std_1_20261123120000_2.jpg"]);
    assert!(world.reserved().is_empty());
    let first = "std_1_20261123120000.jpg".parse().unwrap();
    let stored = done(world.ports.objects.get(&first)).unwrap().unwrap();
    assert_eq!(stored[..], jpeg_with(&[], &[1; 64])[..], "no EXIF is left");
    let newest = done(world.database.newest_reference(id(1))).unwrap().unwrap();
    assert_eq!(newest.image_url, "memory:///std_1_20261123120000_2.jpg");
}

#[test]
fn an_unknown_participation_is_reported_before_a_bad_photo() {
    let world = world();
    let command = |number| RegisterReference {
        participation_id: id(number),
        photo: Err(PhotoError::NotBase64),
    };
    let unknown = done(world.register_reference(command(2))).unwrap_err();
    assert!(matches!(unknown, RegisterReferenceError::UnknownParticipation(_)), "{unknown:?}");
    let bad = done(world.register_reference(command(1))).unwrap_err();
    assert!(matches!(bad, RegisterReferenceError::Photo(PhotoError::NotBase64)), "{bad:?}");
    assert!(world.stored().is_empty());
}

/// The owner is checked before everything that a stranger could learn about the participation.
#[test]
fn a_participant_acts_for_own_participations_only() {
    let mut world = world();
    let group_id = GroupId::try_from(1).unwrap();
    let owner = Some("minji".parse().unwrap());
    done(world.database.put_participation(id(2), group_id, owner)).unwrap();
    world.clock.set(NOON + Duration::days(100));
    let command = |number| RegisterReference {
        participation_id: id(number),
        photo: Err(PhotoError::NotBase64),
    };
    let photo = |number| VerifyFeature { participation_id: id(number), ..feature(jpeg(1)) };
    world.caller = Caller::Participant("suho".parse().unwrap());
    // Participation 1 has no user.
    for number in [1, 2] {
        let told = done(world.register_reference(command(number))).unwrap_err();
        assert!(matches!(told, RegisterReferenceError::NotOwner(_)), "{told:?}");
        let told = done(world.verify_feature(photo(number))).unwrap_err();
        let not_owner = |error: &VerificationError| matches!(error, VerificationError::NotOwner(_));
        assert!(matches!(&told, VerifyFeatureError::Verification(error) if not_owner(error)));
    }
    let unknown = done(world.register_reference(command(3))).unwrap_err();
    assert!(matches!(unknown, RegisterReferenceError::UnknownParticipation(_)), "{unknown:?}");

    let owner = Caller::Participant("minji".parse().unwrap());
    for caller in [owner, Caller::Service("app".parse().unwrap()), Caller::Anyone] {
        world.caller = caller;
        let told = done(world.register_reference(command(2))).unwrap_err();
        assert!(matches!(told, RegisterReferenceError::Photo(_)), "{told:?}");
    }
    assert!(world.stored().is_empty());
}

#[test]
fn a_photo_that_cannot_be_verified_against_is_no_reference() {
    let mut world = world();
    let mut extractor = MockFeatureExtractor::new();
    extractor.expect_extract().returning(|_| {
        let quality = ReferenceQuality {
            feature_count: 7,
            verifiable: false,
            issues: vec![QualityIssue::TooFewFeatures],
        };
        let format = FeatureFormat { algorithm: "sift".to_owned(), version: 1 };
        Ok((ReferenceFeatures { format, bytes: Vec::new().into() }, quality))
    });
    world.ports.extractor = Arc::new(extractor);
    let error = done(world.register_reference(register(jpeg(1)))).unwrap_err();
    assert!(
        matches!(&error, RegisterReferenceError::Unverifiable(quality) if quality.feature_count == 7),
        "{error:?}"
    );
    assert!(world.stored().is_empty() && world.reserved().is_empty());
}

#[test]
fn a_photo_of_the_same_scene_gets_a_row() {
    let world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    assert_eq!(world.feed(), ["memory:///feature_1_20261123120000.jpg"]);
    assert_eq!(world.stored(), ["feature_1_20261123120000.jpg", "std_1_20261123120000.jpg"]);
    assert!(world.reserved().is_empty());
}

#[test]
fn a_missing_reference_comes_before_the_window_and_the_window_before_the_scene() {
    let world = world();
    world.clock.set(NOON + Duration::hours(2));
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    assert!(matches!(error, VerifyFeatureError::NoReference(_)), "{error:?}");
    let unknown = VerifyFeature { participation_id: id(2), ..feature(jpeg(1)) };
    let error = done(world.verify_feature(unknown)).unwrap_err();
    assert!(
        matches!(
            error,
            VerifyFeatureError::Verification(VerificationError::UnknownParticipation(_))
        ),
        "{error:?}"
    );

    done(world.register_reference(register(jpeg(1)))).unwrap();
    let error = done(world.verify_feature(feature(jpeg(2)))).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::OutsideWindow(_))),
        "{error:?}"
    );
    world.clock.set(NOON);
    let error = done(world.verify_feature(feature(jpeg(2)))).unwrap_err();
    assert!(matches!(error, VerifyFeatureError::DifferentScene(_)), "{error:?}");
    assert!(world.feed().is_empty());
}

/// An extractor of another version that must extract exactly `extractions` times.
fn newer_extractor(extractions: usize) -> MockFeatureExtractor {
    let format = || FeatureFormat { version: 2, ..SamePicture.format() };
    let mut extractor = MockFeatureExtractor::new();
    extractor.expect_format().returning(format);
    extractor.expect_extract().times(extractions).returning(move |photo| {
        let (features, quality) = done(SamePicture.extract(photo))?;
        Ok((ReferenceFeatures { format: format(), ..features }, quality))
    });
    extractor.expect_compare().returning(move |reference, photo, mode| {
        assert_eq!(reference.format, format());
        let bytes = reference.bytes.clone();
        let reference = ReferenceFeatures { format: SamePicture.format(), bytes };
        done(SamePicture.compare(&reference, photo, mode))
    });
    extractor
}

/// A row of another program has no features; a row of an older extractor has features in another
/// format.
#[test]
fn features_of_another_format_are_extracted_again_once() {
    let mut world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    world.ports.extractor = Arc::new(newer_extractor(1));
    for _ in 0..2 {
        done(world.verify_feature(feature(jpeg(1)))).unwrap();
    }
    assert_eq!(world.feed().len(), 2);
}

/// During a rollout, requests reach processes of both versions.
#[test]
fn two_formats_are_kept_side_by_side_until_the_older_is_no_longer_needed() {
    let mut world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let mut older = MockFeatureExtractor::new();
    older.expect_format().returning(|| SamePicture.format());
    older
        .expect_compare()
        .returning(|one, other, mode| done(SamePicture.compare(one, other, mode)));
    let versions: [Arc<dyn FeatureExtractor>; 2] = [Arc::new(newer_extractor(1)), Arc::new(older)];
    for extractor in versions.iter().cycle().take(6) {
        world.ports.extractor = extractor.clone();
        done(world.verify_feature(feature(jpeg(1)))).unwrap();
    }
    assert_eq!(world.feed().len(), 6);
    world.clock.set(NOON + Duration::days(7));
    assert_eq!(world.clean_up().features, 0);
    world.clock.set(NOON + Duration::days(7) + Duration::SECOND);
    assert_eq!(world.clean_up().features, 1);
    world.ports.extractor = versions[0].clone();
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
}

#[test]
fn features_that_cannot_be_saved_fail_no_request() {
    let mut world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    world.ports.extractor = Arc::new(newer_extractor(2));
    world.mock_repository(|mock| {
        mock.expect_put_features().returning(|_, _, _| Err(Fault::permanent("read only")));
    });
    let lines = logged(|| {
        for _ in 0..2 {
            done(world.verify_feature(feature(jpeg(1)))).unwrap();
        }
    });
    assert_eq!(lines.iter().filter(|line| line.contains("read only")).count(), 2, "{lines:?}");
    assert_eq!(world.feed().len(), 2);
}

#[test]
fn features_are_read_inside_the_window_alone() {
    let mut world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    world.mock_repository(|mock| {
        mock.expect_find_features().never();
    });
    world.clock.set(NOON + Duration::hours(2));
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::OutsideWindow(_))),
        "{error:?}"
    );
}

/// The body arrives late; the arrival of the request's head counts.
#[test]
fn window_name_and_row_use_the_arrival_of_the_request() {
    let world = world();
    let (ports, policy) = (&world.ports, &world.policy);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let in_time = world.context();
    world.clock.set(NOON + Duration::hours(2));
    let late = world.context();
    done(verify_feature(ports, policy, feature(jpeg(1)), in_time.clone())).unwrap();
    done(verify_keyword(ports, policy, keyword(jpeg(1), "dog"), in_time)).unwrap();
    assert_eq!(
        world.feed(),
        ["memory:///classification_1_20261123120000.jpg", "memory:///feature_1_20261123120000.jpg"]
    );
    let rows = done(world.database.latest_feed(id(1), 100)).unwrap();
    assert!(rows.iter().all(|row| row.created_at == NOON), "{rows:?}");
    world.clock.set(NOON);
    let error = done(verify_feature(ports, policy, feature(jpeg(1)), late)).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::OutsideWindow(_))),
        "{error:?}"
    );
}

/// The memory extractor compares bytes, so the second photo matches only as the encoder's output.
#[test]
fn the_encoders_jpeg_is_examined_and_stored() {
    let mut world = world();
    let mut encoder = MockJpegEncoder::new();
    let encoded = jpeg(7).jpeg_without_metadata().unwrap();
    let jpeg_of_seven = encoded.clone();
    encoder.expect_encode().times(3).returning(move |_| Ok(jpeg_of_seven.clone()));
    world.ports.jpeg_encoder = Arc::new(encoder);
    done(world.register_reference(register(jpeg(1)))).unwrap();
    done(world.verify_feature(feature(jpeg(2)))).unwrap();
    done(world.verify_keyword(keyword(jpeg(1), "dog"))).unwrap();
    for key in world.objects.keys() {
        assert_eq!(done(world.ports.objects.get(&key)).unwrap().as_ref(), Some(encoded.bytes()));
    }
}

#[test]
fn a_read_is_repeated_after_a_transient_fault() {
    let mut world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let lost = || Fault::transient("the connection was lost");
    world.mock_repository(|mock| {
        mock.expect_find_participation().times(2).returning(move |_| Err(lost()));
        mock.expect_newest_reference().times(1).returning(move |_| Err(lost()));
        mock.expect_find_features().times(1).returning(move |_, _| Err(lost()));
    });
    done(world.verify_feature(feature(jpeg(1)))).unwrap();

    let fails = |world: &World| {
        let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
        assert!(
            matches!(error, VerifyFeatureError::Verification(VerificationError::Database(_))),
            "{error:?}"
        );
    };
    world.mock_repository(|mock| {
        mock.expect_find_participation().times(1).returning(|_| Err(Fault::permanent("no table")));
    });
    fails(&world);
    world.mock_repository(|mock| {
        mock.expect_find_participation().times(1).returning(|_| Err(Fault::overloaded("full")));
    });
    fails(&world);
    let clock = world.clock.clone();
    world.mock_repository(|mock| {
        // The client would not wait for another timeout.
        mock.expect_find_participation().times(1).returning(move |_| {
            clock.set(clock.now() + Duration::seconds(30));
            Err(lost())
        });
    });
    fails(&world);
    world.mock_repository(|mock| {
        mock.expect_find_participation().times(5).returning(move |_| Err(lost()));
    });
    fails(&world);
}

#[test]
fn a_reference_whose_photo_is_gone_is_a_fault_and_no_verdict() {
    let world = world();
    let key = "std_1_gone.jpg".parse().unwrap();
    let image_url = world.ports.objects.url(&key);
    let reservation = injeung_domain::ports::Reservation {
        key: key.clone(),
        image_url: image_url.clone(),
        content_sha256: [0; 32],
        reserved_at: NOON,
    };
    assert!(done(world.database.reserve(&reservation)).unwrap());
    let format = FeatureFormat { algorithm: "akaze".to_owned(), version: 1 };
    let features = ReferenceFeatures { format, bytes: Vec::new().into() };
    let reference =
        NewReference { participation_id: id(1), image_url, features, trace: None, message: None };
    let acceptance = Acceptance { key, claim: None };
    done(world.database.add_reference(reference, &acceptance)).unwrap();
    let error = done(world.verify_feature(feature(jpeg(1)))).unwrap_err();
    assert!(
        matches!(error, VerifyFeatureError::Verification(VerificationError::Objects(_))),
        "{error:?}"
    );
}

#[test]
fn a_keyword_that_the_photo_shows_gets_a_row() {
    let world = world();
    done(world.verify_keyword(keyword(jpeg(1), " Dog"))).unwrap();
    done(world.verify_keyword(keyword(jpeg(1), "강아지"))).unwrap();
    assert_eq!(
        world.feed(),
        [
            "memory:///classification_1_20261123120000_2.jpg",
            "memory:///classification_1_20261123120000.jpg"
        ]
    );
    let error = done(world.verify_keyword(keyword(jpeg(1), "cat"))).unwrap_err();
    assert!(matches!(error, VerifyKeywordError::KeywordNotShown { .. }), "{error:?}");
    assert_eq!(world.stored().len(), 2);
}

#[test]
fn the_window_comes_before_the_classifier_and_its_outage_before_the_keyword() {
    let mut world = world();
    let mut classifier = MockClassifier::new();
    classifier
        .expect_classify()
        .times(1)
        .returning(|_, _| Err(Fault::transient("an outage").into()));
    world.ports.classifier = Arc::new(classifier);
    world.clock.set(NOON + Duration::hours(2));
    let error = done(world.verify_keyword(keyword(jpeg(1), "cat"))).unwrap_err();
    assert!(
        matches!(error, VerifyKeywordError::Verification(VerificationError::OutsideWindow(_))),
        "{error:?}"
    );
    world.clock.set(NOON);
    let error = done(world.verify_keyword(keyword(jpeg(1), "cat"))).unwrap_err();
    assert!(matches!(error, VerifyKeywordError::Classifier(_)), "{error:?}");

    world.ports.classifier = Arc::new(FixedConcepts::default());
    let mut unknown = keyword(jpeg(1), "cat");
    unknown.participation_id = id(2);
    let error = done(world.verify_keyword(unknown)).unwrap_err();
    assert!(
        matches!(
            error,
            VerifyKeywordError::Verification(VerificationError::UnknownParticipation(_))
        ),
        "{error:?}"
    );
}

#[test]
fn use_cases_can_be_spawned() {
    fn spawnable<T: Send>(_: T) {}
    let world = world();
    spawnable(world.register_reference(register(jpeg(1))));
    spawnable(world.verify_feature(feature(jpeg(1))));
    spawnable(world.verify_keyword(keyword(jpeg(1), "dog")));
    spawnable(clean_up(&*world.database, &*world.objects, NOON, Duration::MINUTE));
}
