//! The local classifier with its real networks and table, on real photos.
//!
//! `make setup` makes both. Without them the tests that need them are skipped. They fail instead if the environment
//! sets `CI` or `INJEUNG_REQUIRE_MODEL=1`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking and say what they skip"
)]

mod photos;
mod start;

use std::env;
use std::path::{Path, PathBuf};

use injeung_adapter::{Limits, Workers};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{Concept, FaultKind, Keyword, Photo, PhotoError, conformance};
use injeung_vision::{ExtraNames, LocalClassifier, LocalClassifierSettings};

/// Path of a generated file outside the sources.
fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Settings for the real files; `None` if they are missing and a test can be skipped.
fn settings() -> Option<LocalClassifierSettings> {
    let settings = LocalClassifierSettings::in_directory(&beside("var/models"));
    let model = settings.model.display();
    if settings.model.exists() {
        return Some(settings);
    }
    let required = env::var_os("CI").is_some()
        || env::var_os("INJEUNG_REQUIRE_MODEL").is_some_and(|value| value == "1");
    assert!(!required, "{model} is missing: run `make setup`");
    eprintln!("skipped, since {model} is missing: run `make setup`");
    None
}

fn classifier(settings: &LocalClassifierSettings) -> LocalClassifier {
    LocalClassifier::load(settings, Workers::new(Limits::untimed(2, 64))).unwrap()
}

/// The local classifier lists what it finds, whatever the keyword is.
fn keyword() -> Keyword {
    "dog".parse().unwrap()
}

fn is_shown(keyword: &str, concepts: &[Concept]) -> bool {
    keyword.parse::<Keyword>().unwrap().is_among(concepts)
}

/// Asserts concepts that a photo shows and concepts that it does not show.
async fn assert_shows(classifier: &LocalClassifier, photo: &Photo, right: &[&str], wrong: &[&str]) {
    let concepts = classifier.classify(photo, &keyword()).await.unwrap();
    for keyword in right {
        assert!(is_shown(keyword, &concepts), "{keyword} is not among {concepts:?}");
    }
    for keyword in wrong {
        assert!(!is_shown(keyword, &concepts), "{keyword} is among {concepts:?}");
    }
}

#[tokio::test]
async fn the_adapter_conforms() {
    let Some(settings) = settings() else { return };
    let everything = LocalClassifierSettings { min_value: f32::MIN_POSITIVE, ..settings.clone() };
    for settings in [settings, everything] {
        let photos = [photos::disc(), photos::transparent(), photos::narrow()];
        conformance::classifier(&classifier(&settings), &photos).await;
    }
}

#[tokio::test]
async fn photos_of_opencv_show_what_they_are_known_for() {
    let Some(settings) = settings() else { return };
    let classifier = classifier(&settings);
    let wrong_for_all = ["dog", "강아지", "cat", "고양이", "책", "pizza", "자전거", "신발"];
    for (file, right, wrong) in [
        ("orange.jpg", &["orange", "오렌지", "fruit", "과일", "FOOD", "음식"][..], &["car"][..]),
        ("fruits.jpg", &["fruit", "과일", "food", "음식"], &["car", "자동차"]),
        ("squirrel_cls.jpg", &["squirrel", "다람쥐", "animal", "동물"], &["food", "음식"]),
        ("baboon.jpg", &["baboon", "monkey", "원숭이", "animal", "동물"], &["food", "음식"]),
        ("butterfly.jpg", &["butterfly", "나비", "insect", "곤충"], &["food", "음식"]),
        ("licenseplate_motion.jpg", &["car", "자동차", "vehicle"], &["food", "음식", "과일"]),
        ("building.jpg", &["building", "건물"], &["food", "음식", "동물"]),
    ] {
        let Some(photo) = photos::of_opencv(file) else { continue };
        assert_shows(&classifier, &photo, right, &[&wrong_for_all[..], wrong].concat()).await;
    }
}

#[tokio::test]
async fn food_on_a_plate_is_food() {
    let Some(settings) = settings() else { return };
    let classifier = classifier(&settings);
    let wrong = ["dog", "강아지", "cat", "고양이", "car", "자동차", "pizza", "피자"];
    for (scene, right) in [
        ("ecust-banana010-t", &["banana", "바나나", "fruit", "과일", "food", "음식"][..]),
        ("ecust-doughnut001-t", &["doughnut", "도넛", "food", "음식"]),
        ("ecust-mooncake006-t", &["food", "음식"]),
        ("ecust-sachima001-t", &["food", "음식"]),
    ] {
        for photo in photos::of_scene(scene) {
            assert_shows(&classifier, &photo, right, &wrong).await;
        }
    }
}

#[tokio::test]
async fn the_detector_finds_objects_and_the_evidence_is_repeatable() {
    let Some(settings) = settings() else { return };
    let Some(photo) = photos::of_opencv("licenseplate_motion.jpg") else { return };
    let classifier = classifier(&settings);
    let keywords = ["car", "고양이", "사과", "unicorn"].map(|name| name.parse().unwrap());
    let evidence = classifier.evidence(&photo, &keywords).await.unwrap();
    let [Some(car), Some(cat), Some(apple), None] = *evidence else { panic!("{evidence:?}") };
    assert!(car.detected.unwrap() > 0.5 && car.maximum > 0.5, "{car:?}");
    assert!(cat.detected.unwrap() < 0.2 && cat.maximum < 0.1, "{cat:?}");
    assert_eq!(apple.detected, None);
    assert_eq!(classifier.evidence(&photo, &keywords).await.unwrap(), evidence);
}

#[tokio::test]
async fn a_turned_photo_is_seen_upright() {
    let Some(settings) = settings() else { return };
    let Some((upright, turned)) = photos::upright_and_turned("squirrel_cls.jpg") else { return };
    let classifier = classifier(&LocalClassifierSettings { min_value: 0.05, ..settings });
    let value = async |photo: &Photo| {
        let concepts = classifier.classify(photo, &keyword()).await.unwrap();
        let squirrel = concepts.into_iter().find(|concept| concept.name == "squirrel");
        squirrel.map_or(0.0, |concept| concept.value)
    };
    let (upright, turned) = (value(&upright).await, value(&turned).await);
    assert!(upright > 0.5 && (upright - turned).abs() < 0.1, "{upright}, {turned}");
}

#[tokio::test]
async fn a_long_narrow_photo_is_classified_in_little_memory() {
    let Some(settings) = settings() else { return };
    // If it were enlarged before it is cropped, it would take 270 MB.
    let concepts = classifier(&settings).classify(&photos::narrow(), &keyword()).await.unwrap();
    assert!(concepts.iter().all(|concept| concept.value >= settings.min_value));
}

#[tokio::test]
async fn a_photo_that_cannot_be_decoded_is_the_photos_fault() {
    let Some(settings) = settings() else { return };
    let result = classifier(&settings).classify(&photos::undecodable(), &keyword()).await;
    assert!(matches!(result, Err(VisionError::Photo(PhotoError::Undecodable(_)))), "{result:?}");
}

#[tokio::test]
async fn names_of_the_configuration_stand_for_united_concepts() {
    let Some(mut settings) = settings() else { return };
    let Some(photo) = photos::of_opencv("squirrel_cls.jpg") else { return };
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    settings.extra_names = vec![
        ExtraNames {
            names: owned(&["숲속 친구", "도토리 도둑"]), of: owned(&["다람쥐", "fox"])
        },
        ExtraNames { names: owned(&["탈것들"]), of: owned(&["car", "bicycle"]) },
    ];
    let classifier = classifier(&settings);
    assert_shows(&classifier, &photo, &["숲속  친구", "도토리 도둑"], &["탈것들"]).await;
}

#[tokio::test]
async fn calls_above_the_queue_are_rejected_and_the_others_succeed() {
    let Some(settings) = settings() else { return };
    let alone = classifier(&settings).classify(&photos::disc(), &keyword()).await.unwrap();
    let few = Workers::new(Limits::untimed(2, 3));
    let classifier = std::sync::Arc::new(LocalClassifier::load(&settings, few).unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let classifier = std::sync::Arc::clone(&classifier);
        tasks.spawn(async move { classifier.classify(&photos::disc(), &keyword()).await });
    }
    let mut done = 0;
    for result in tasks.join_all().await {
        match result {
            Ok(concepts) => {
                assert_eq!(concepts, alone);
                done += 1;
            }
            Err(VisionError::Fault(fault)) => assert_eq!(fault.kind, FaultKind::Overloaded),
            Err(VisionError::Photo(error)) => panic!("{error}"),
        }
    }
    assert!(done >= 5, "{done} are done, though five were admitted at first");
}
