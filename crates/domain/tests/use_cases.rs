//! The three use cases: what they check, in which order, and what they store.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use injeung_domain::memory::{FixedConcepts, SamePicture};
use injeung_domain::ports::{
    Acceptance, FeatureExtractor, MockClassifier, MockFeatureExtractor, ReferenceRepository,
    ReservationRepository,
};
use injeung_domain::{
    Fault, FeatureFormat, NewReference, PhotoError, QualityIssue, ReferenceFeatures,
    ReferenceQuality, RegisterReference, RegisterReferenceError, VerifyFeature, VerifyFeatureError,
    VerifyKeywordError, register_reference, verify_feature, verify_keyword,
};
use support::pictures::{exif_with_gps, jpeg, jpeg_with, photo};
use support::world::{NOON, done, feature, id, keyword, register, world};
use time::Duration;

#[test]
fn a_reference_is_stored_without_metadata_and_the_newest_wins() {
    let world = world();
    let with_gps = photo(jpeg_with(&[exif_with_gps(1)], &[1; 64]));
    done(register_reference(&world.ports, register(with_gps))).unwrap();
    done(register_reference(&world.ports, register(jpeg(2)))).unwrap();
    assert_eq!(world.stored(), ["std_1_20261123120000.jpg", "std_1_20261123120000_2.jpg"]);
    assert!(world.reserved().is_empty());
    let first = "std_1_20261123120000.jpg".parse().unwrap();
    let stored = done(world.ports.objects.get(&first)).unwrap().unwrap();
    assert_eq!(stored[..], jpeg_with(&[], &[1; 64])[..], "no EXIF is left");
    let newest = done(world.database.newest(id(1))).unwrap().unwrap();
    assert_eq!(newest.image_url, "memory:///std_1_20261123120000_2.jpg");
}

#[test]
fn an_unknown_participation_is_told_before_a_bad_photo() {
    let world = world();
    let command = |number| RegisterReference {
        participation_id: id(number),
        photo: Err(PhotoError::NotBase64),
        claim: None,
    };
    let unknown = done(register_reference(&world.ports, command(2))).unwrap_err();
    assert!(matches!(unknown, RegisterReferenceError::UnknownParticipation(_)), "{unknown:?}");
    let bad = done(register_reference(&world.ports, command(1))).unwrap_err();
    assert!(matches!(bad, RegisterReferenceError::Photo(PhotoError::NotBase64)), "{bad:?}");
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
    let error = done(register_reference(&world.ports, register(jpeg(1)))).unwrap_err();
    assert!(
        matches!(&error, RegisterReferenceError::Unverifiable(quality) if quality.feature_count == 7),
        "{error:?}"
    );
    assert!(world.stored().is_empty() && world.reserved().is_empty());
}

#[test]
fn a_photo_of_the_same_scene_gets_a_row() {
    let world = world();
    done(register_reference(&world.ports, register(jpeg(1)))).unwrap();
    done(verify_feature(&world.ports, feature(jpeg(1)))).unwrap();
    assert_eq!(world.feed(), ["memory:///feature_1_20261123120000.jpg"]);
    assert_eq!(world.stored(), ["feature_1_20261123120000.jpg", "std_1_20261123120000.jpg"]);
    assert!(world.reserved().is_empty());
}

#[test]
fn a_missing_reference_comes_before_the_window_and_the_window_before_the_scene() {
    let world = world();
    world.clock.set(NOON + Duration::hours(2));
    let error = done(verify_feature(&world.ports, feature(jpeg(1)))).unwrap_err();
    assert!(matches!(error, VerifyFeatureError::NoReference(_)), "{error:?}");
    let unknown = VerifyFeature { participation_id: id(2), ..feature(jpeg(1)) };
    let error = done(verify_feature(&world.ports, unknown)).unwrap_err();
    assert!(matches!(error, VerifyFeatureError::NoReference(_)), "{error:?}");

    done(register_reference(&world.ports, register(jpeg(1)))).unwrap();
    let error = done(verify_feature(&world.ports, feature(jpeg(2)))).unwrap_err();
    assert!(matches!(error, VerifyFeatureError::OutsideWindow(_)), "{error:?}");
    world.clock.set(NOON);
    let error = done(verify_feature(&world.ports, feature(jpeg(2)))).unwrap_err();
    assert!(matches!(error, VerifyFeatureError::DifferentScene(_)), "{error:?}");
    assert!(world.feed().is_empty());
}

/// A row that another program wrote has no features; one that an older extractor wrote has others.
#[test]
fn features_of_another_format_are_extracted_again_once() {
    let mut world = world();
    done(register_reference(&world.ports, register(jpeg(1)))).unwrap();
    let reference = done(world.database.newest(id(1))).unwrap().unwrap();
    let format = FeatureFormat { algorithm: "same-picture".to_owned(), version: 0 };
    let outdated = ReferenceFeatures { format, bytes: Vec::new().into() };
    done(world.database.replace_features(reference.id, &outdated)).unwrap();

    let mut extractor = MockFeatureExtractor::new();
    extractor.expect_format().returning(|| SamePicture.format());
    extractor.expect_extract().times(1).returning(|photo| done(SamePicture.extract(photo)));
    extractor
        .expect_compare()
        .returning(|reference, photo| done(SamePicture.compare(reference, photo)));
    world.ports.extractor = Arc::new(extractor);
    for _ in 0..2 {
        done(verify_feature(&world.ports, feature(jpeg(1)))).unwrap();
    }
    assert_eq!(world.feed().len(), 2);
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
    let reference = NewReference { participation_id: id(1), image_url, features };
    let acceptance = Acceptance { key, claim: None };
    done(ReferenceRepository::add(&*world.database, reference, &acceptance)).unwrap();
    let error = done(verify_feature(&world.ports, feature(jpeg(1)))).unwrap_err();
    assert!(matches!(error, VerifyFeatureError::Objects(_)), "{error:?}");
}

#[test]
fn a_keyword_that_the_photo_shows_gets_a_row() {
    let world = world();
    done(verify_keyword(&world.ports, keyword(jpeg(1), " Dog"))).unwrap();
    done(verify_keyword(&world.ports, keyword(jpeg(1), "강아지"))).unwrap();
    assert_eq!(
        world.feed(),
        [
            "memory:///classification_1_20261123120000_2.jpg",
            "memory:///classification_1_20261123120000.jpg"
        ]
    );
    let error = done(verify_keyword(&world.ports, keyword(jpeg(1), "cat"))).unwrap_err();
    assert!(matches!(error, VerifyKeywordError::KeywordNotShown { .. }), "{error:?}");
    assert_eq!(world.stored().len(), 2);
}

#[test]
fn the_window_comes_before_the_classifier_and_its_outage_before_the_keyword() {
    let mut world = world();
    let mut classifier = MockClassifier::new();
    classifier.expect_classify().times(1).returning(|_| Err(Fault::transient("an outage").into()));
    world.ports.classifier = Arc::new(classifier);
    world.clock.set(NOON + Duration::hours(2));
    let error = done(verify_keyword(&world.ports, keyword(jpeg(1), "cat"))).unwrap_err();
    assert!(matches!(error, VerifyKeywordError::OutsideWindow(_)), "{error:?}");
    world.clock.set(NOON);
    let error = done(verify_keyword(&world.ports, keyword(jpeg(1), "cat"))).unwrap_err();
    assert!(matches!(error, VerifyKeywordError::Classifier(_)), "{error:?}");

    world.ports.classifier = Arc::new(FixedConcepts::default());
    let mut unknown = keyword(jpeg(1), "cat");
    unknown.participation_id = id(2);
    let error = done(verify_keyword(&world.ports, unknown)).unwrap_err();
    assert!(matches!(error, VerifyKeywordError::UnknownParticipation(_)), "{error:?}");
}

#[test]
fn use_cases_can_be_spawned() {
    fn spawnable<T: Send>(_: T) {}
    let world = world();
    spawnable(register_reference(&world.ports, register(jpeg(1))));
    spawnable(verify_feature(&world.ports, feature(jpeg(1))));
    spawnable(verify_keyword(&world.ports, keyword(jpeg(1), "dog")));
    spawnable(injeung_domain::clean_up(&(&world.ports).into(), Duration::MINUTE));
}
