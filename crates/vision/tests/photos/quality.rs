//! Ratings of references.

use injeung_domain::{QualityIssue, ReferenceQuality};
use injeung_vision::{Cascade, CascadeSettings, NeuralSettings, QualityBounds};
use opencv::core::{CV_8UC3, Mat, Rect, Scalar, Size};
use opencv::imgproc::gaussian_blur_def;
use opencv::prelude::*;

use crate::cascades::{models, whole};
use crate::scenes::{blank, photo, relit, wall};

fn quality_by(settings: CascadeSettings, pixels: &Mat) -> ReferenceQuality {
    let cascade = Cascade::new(settings, None).unwrap();
    cascade.extract(&photo(pixels, ".jpg")).unwrap().1
}

fn quality(pixels: &Mat) -> ReferenceQuality {
    quality_by(CascadeSettings::default(), pixels)
}

#[test]
fn a_poor_reference_is_distinguished_from_a_good_one() {
    let good = quality(&wall(6));
    assert!(good.verifiable && good.issues.is_empty(), "{good:?}");
    let blank = quality(&blank(6));
    assert!(!blank.verifiable, "{blank:?}");
    assert_eq!(blank.issues, [QualityIssue::TooFewFeatures, QualityIssue::LittleTexture]);
    let count = good.feature_count;
    let settings = CascadeSettings {
        quality: QualityBounds { min_features: count, warn_features: count + 1 },
        ..CascadeSettings::default()
    };
    let between = quality_by(settings, &wall(6));
    let few = vec![QualityIssue::FewFeatures, QualityIssue::LittleTexture];
    assert_eq!((between.verifiable, between.issues), (true, few));
}

#[test]
fn a_poor_reference_has_its_defects_listed() {
    let issues = |pixels: &Mat| quality(pixels).issues;
    let dark = relit(&wall(6), 0.08, 0.0);
    assert!(issues(&dark).contains(&QualityIssue::Dark), "{:?}", issues(&dark));
    let mut blurred = Mat::default();
    gaussian_blur_def(&wall(6), &mut blurred, Size::new(0, 0), 12.0).unwrap();
    assert!(issues(&blurred).contains(&QualityIssue::Blurred), "{:?}", issues(&blurred));
    let mut corner = blank(6);
    let area = Rect::new(0, 0, 300, 225);
    wall(6).roi(area).unwrap().copy_to(&mut corner.roi_mut(area).unwrap()).unwrap();
    assert!(issues(&corner).contains(&QualityIssue::OneSpot), "{:?}", issues(&corner));
}

#[test]
fn points_in_one_spot_are_not_a_reference() {
    let bounds = QualityBounds { min_features: 5, warn_features: 5 };
    let neural = NeuralSettings { quality: bounds, ..NeuralSettings::default() };
    let settings =
        CascadeSettings { quality: bounds, neural: Some(neural), ..CascadeSettings::default() };
    // Of 4 by 4 cells of 300 by 225 pixels, first two and then three have detail.
    for models in [None, models()] {
        for (width, verifiable) in [(560, false), (860, true)] {
            let mut spot = blank(6);
            let area = Rect::new(0, 0, width, 210);
            wall(6).roi(area).unwrap().copy_to(&mut spot.roi_mut(area).unwrap()).unwrap();
            let cascade = Cascade::new(settings.clone(), models.clone()).unwrap();
            let rated = cascade.extract(&photo(&spot, ".jpg")).unwrap().1;
            assert!(rated.feature_count >= 5, "{rated:?}");
            assert_eq!(rated.verifiable, verifiable, "{:?} {rated:?}", cascade.tiers());
            assert_eq!(rated.issues, [QualityIssue::OneSpot]);
        }
    }
}

#[test]
fn the_neural_tier_takes_references_in_which_sift_sees_too_little() {
    if models().is_none() {
        return;
    }
    let cascade = whole();
    let rated = |pixels: &Mat| cascade.extract(&photo(pixels, ".jpg")).unwrap().1;
    let dim = relit(&wall(6), 0.05, 0.0);
    assert!(!quality(&dim).verifiable);
    let seen = rated(&dim);
    assert!(seen.verifiable && seen.issues.contains(&QualityIssue::Dark), "{seen:?}");
    let blank = rated(&blank(6));
    assert!(!blank.verifiable && blank.issues.contains(&QualityIssue::TooFewFeatures), "{blank:?}");
}

#[test]
fn strips_of_one_colour_are_no_references() {
    for (width, height) in [(64, 64), (20_000, 64), (64, 20_000), (32_000, 64)] {
        let grey = Scalar::all(90.0);
        let strip = Mat::new_rows_cols_with_default(height, width, CV_8UC3, grey).unwrap();
        assert!(!quality(&strip).verifiable);
    }
}
