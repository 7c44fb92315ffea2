use injeung_domain::conformance::{Scenes, feature_extractor};
use injeung_domain::ports::{FeatureExtractor, VisionError};
use injeung_domain::{FaultKind, GeometricModel, Photo, QualityIssue, ReferenceFeatures};
use injeung_vision::{
    Algorithm, BlockingPool, Detail, ExtractorSettings, OpenCvFeatureExtractor, compare_in_detail,
    draw_overlay, extract_features,
};
use opencv::core::Mat;

use crate::scenes::{blank, from_aside, photo, relit, turned, wall};

const BOTH: [Algorithm; 2] = [Algorithm::Sift, Algorithm::Orb];

fn extractor(algorithm: Algorithm) -> OpenCvFeatureExtractor {
    OpenCvFeatureExtractor::new(ExtractorSettings::of(algorithm), BlockingPool::new(2, 8))
}

fn compare(algorithm: Algorithm, reference: &Mat, other: &Mat) -> Detail {
    let [reference, other] = [reference, other].map(|pixels| photo(pixels, ".jpg"));
    compare_in_detail(&ExtractorSettings::of(algorithm), &reference, &other).unwrap()
}

#[tokio::test]
async fn the_extractors_keep_the_ports_promises() {
    let scenes = Scenes {
        reference: photo(&wall(1), ".jpg"),
        same: photo(&relit(&from_aside(&wall(1)), 0.8, 20.0), ".jpg"),
        other: photo(&wall(2), ".jpg"),
    };
    for algorithm in BOTH {
        feature_extractor(&extractor(algorithm), &scenes).await;
    }
}

#[test]
fn a_scene_is_found_from_aside_turned_and_in_other_light() {
    let reference = wall(3);
    let views = [
        ("aside", from_aside(&reference)),
        ("turned", turned(&reference)),
        ("dark", relit(&reference, 0.45, 0.0)),
        ("bright", relit(&reference, 0.7, 70.0)),
    ];
    for algorithm in BOTH {
        for (name, view) in &views {
            let Detail { comparison, .. } = compare(algorithm, &reference, view);
            // Chance never gets far above the threshold; these are far above it.
            assert!(comparison.score > 50.0, "{algorithm}, {name}: {comparison:?}");
            assert!(comparison.same_scene);
            assert_eq!(comparison.evidence.model, Some(GeometricModel::Homography));
        }
    }
}

#[test]
fn other_scenes_are_refused() {
    for algorithm in BOTH {
        for seed in 11..15 {
            let other = compare(algorithm, &wall(10), &wall(seed)).comparison;
            assert!(!other.same_scene, "{algorithm}, {seed}: {other:?}");
        }
    }
}

#[test]
fn the_inliers_lie_where_the_scene_moved() {
    let detail = compare(Algorithm::Sift, &wall(4), &turned(&wall(4)));
    assert_eq!((detail.reference_size, detail.photo_size), ((640, 480), (480, 640)));
    assert_eq!(detail.inliers.len(), detail.comparison.evidence.inliers as usize);
    for pair in &detail.inliers {
        let [x, y] = pair.reference;
        let [column, row] = pair.photo;
        let error = (column - (480.0 - y)).hypot(row - x);
        assert!(error < 5.0, "{pair:?}");
    }
}

#[tokio::test]
async fn the_port_and_the_public_functions_agree() {
    let [reference, other] = [wall(5), from_aside(&wall(5))].map(|pixels| photo(&pixels, ".jpg"));
    for algorithm in BOTH {
        let settings = ExtractorSettings::of(algorithm);
        let extractor = extractor(algorithm);
        let (features, quality) = extractor.extract(&reference).await.unwrap();
        assert_eq!(extract_features(&settings, &reference).unwrap(), (features.clone(), quality));
        let detail = compare_in_detail(&settings, &reference, &other).unwrap();
        assert_eq!(extractor.compare(&features, &other).await.unwrap(), detail.comparison);
    }
}

#[test]
fn a_poor_reference_is_told_from_a_good_one() {
    for algorithm in BOTH {
        let settings = ExtractorSettings::of(algorithm);
        let quality = |pixels: &Mat| extract_features(&settings, &photo(pixels, ".jpg")).unwrap().1;
        let good = quality(&wall(6));
        assert!(good.verifiable && good.issues.is_empty(), "{algorithm}: {good:?}");
        let blank = quality(&blank(6));
        assert!(!blank.verifiable, "{algorithm}: {blank:?}");
        assert_eq!(blank.issues, [QualityIssue::TooFewFeatures]);
    }
    let between = good_count_plus_one();
    assert_eq!((between.0, between.1), (true, vec![QualityIssue::FewFeatures]));
}

/// The quality of a wall under settings that warn just above its count.
fn good_count_plus_one() -> (bool, Vec<QualityIssue>) {
    let wall = photo(&wall(6), ".jpg");
    let settings = ExtractorSettings::default();
    let count = extract_features(&settings, &wall).unwrap().1.feature_count;
    let settings = ExtractorSettings { min_features: count, warn_features: count + 1, ..settings };
    let quality = extract_features(&settings, &wall).unwrap().1;
    (quality.verifiable, quality.issues)
}

#[test]
fn a_blank_photo_shows_no_scene() {
    for algorithm in BOTH {
        for (a, b) in [(blank(1), blank(2)), (blank(1), wall(1)), (wall(1), blank(1))] {
            let found = compare(algorithm, &a, &b).comparison;
            assert!(!found.same_scene, "{algorithm}: {found:?}");
        }
    }
}

#[test]
fn photos_of_odd_shapes_are_compared() {
    let strip = |width, height| {
        let pixels = Mat::new_rows_cols_with_default(
            height,
            width,
            opencv::core::CV_8UC3,
            opencv::core::Scalar::all(90.0),
        );
        photo(&pixels.unwrap(), ".png")
    };
    for algorithm in BOTH {
        let settings = ExtractorSettings::of(algorithm);
        for odd in [strip(64, 64), strip(20_000, 64), strip(64, 20_000)] {
            let detail = compare_in_detail(&settings, &photo(&wall(1), ".jpg"), &odd).unwrap();
            assert!(!detail.comparison.same_scene);
            assert!(!extract_features(&settings, &odd).unwrap().1.verifiable);
        }
    }
}

#[test]
fn points_are_bounded() {
    for algorithm in BOTH {
        let settings = ExtractorSettings { max_features: 200, ..ExtractorSettings::of(algorithm) };
        let (features, _) = extract_features(&settings, &photo(&wall(7), ".jpg")).unwrap();
        let most = match algorithm {
            Algorithm::Sift => 12 + 200 * 132,
            Algorithm::Orb => 12 + 200 * 36,
        };
        assert!((most / 2..=most).contains(&features.bytes.len()), "{}", features.bytes.len());
    }
}

#[tokio::test]
async fn corrupt_features_are_a_permanent_fault() {
    let reference = photo(&wall(8), ".jpg");
    let extractor = extractor(Algorithm::Sift);
    let (features, _) = extractor.extract(&reference).await.unwrap();
    for length in [0, 3, 11, 12, 5000, features.bytes.len() - 1] {
        let short = ReferenceFeatures {
            format: features.format.clone(),
            bytes: features.bytes.slice(..length),
        };
        assert_permanent(extractor.compare(&short, &reference).await.map(drop));
    }
}

fn assert_permanent(result: Result<(), VisionError>) {
    match result {
        Err(VisionError::Fault(fault)) => assert_eq!(fault.kind, FaultKind::Permanent),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_overlay_is_a_jpeg_of_both_photos() {
    let [a, b]: [Photo; 2] = [wall(9), turned(&wall(9))].map(|pixels| photo(&pixels, ".jpg"));
    let detail = compare_in_detail(&ExtractorSettings::default(), &a, &b).unwrap();
    let overlay = draw_overlay(&a, &b, &detail).unwrap();
    let overlay = Photo::parse(overlay, &injeung_domain::PhotoLimits::default()).unwrap();
    // 1,067 by 800 pixels, a gap of 8, 600 by 800 pixels, and 40 rows of text.
    assert_eq!((overlay.width(), overlay.height()), (1067 + 8 + 600, 840));
}
