//! Stored features of references.

use injeung_domain::{Fault, FaultKind, FeatureFormat, ReferenceFeatures};
use injeung_vision::{Cascade, CascadeSettings};

use crate::cascades::{all, models, points, whole};
use crate::scenes::{photo, wall};

/// Upper bound of the grey JPEG of a detailed photo at working size and of the small one in colour, in bytes.
const PICTURE: usize = 110_000;

#[test]
fn a_reference_is_small_and_the_same_whichever_tiers_are_on() {
    let settings = CascadeSettings::default();
    let quick = CascadeSettings { sift: None, ..settings.clone() };
    let sift = CascadeSettings { quick: None, ..settings.clone() };
    let [quick, sift, both] = [quick, sift, settings].map(|settings| {
        let cascade = Cascade::new(settings, None).unwrap();
        cascade.extract(&photo(&wall(7), ".jpg")).unwrap().0
    });
    assert_eq!(quick, both);
    assert_eq!(sift, both);
    // At most 64 KiB of points, and the pictures.
    assert!((30_000..=(64 << 10) + PICTURE).contains(&both.bytes.len()), "{}", both.bytes.len());
}

#[test]
fn the_neural_tier_has_a_format_of_its_own() {
    let bare = points();
    let (features, _) = bare.extract(&photo(&wall(7), ".jpg")).unwrap();
    assert_eq!(features.format, bare.settings().format());
    assert_eq!(features.format.algorithm, "points");
    // Settings that enable the tier have no effect without its models.
    assert_eq!(CascadeSettings::default().format().algorithm, "points+xfeat");
    assert_eq!(bare.settings().neural, None);
    if models().is_none() {
        return;
    }
    let whole = whole();
    let (with_xfeat, _) = whole.extract(&photo(&wall(7), ".jpg")).unwrap();
    assert_eq!(with_xfeat.format.algorithm, "points+xfeat");
    // At most 70 bytes for each of 2,048 points, a header with their number, and a larger picture.
    let more = with_xfeat.bytes.len() - features.bytes.len();
    assert!((10_000..=12 + 70 * 2048 + PICTURE).contains(&more), "{more}");
    assert_permanent(bare.read(&with_xfeat));
    assert_permanent(whole.read(&features));
    let lacking = ReferenceFeatures { format: with_xfeat.format, bytes: features.bytes };
    assert_permanent(whole.read(&lacking));
}

#[test]
fn another_format_is_a_permanent_fault() {
    let photo = photo(&wall(8), ".jpg");
    for (_, cascade) in all() {
        let (features, _) = cascade.extract(&photo).unwrap();
        let FeatureFormat { algorithm, version } = features.format.clone();
        for format in [
            FeatureFormat { algorithm: "sift".to_owned(), version },
            FeatureFormat { algorithm, version: version - 1 },
        ] {
            let foreign = ReferenceFeatures { format, bytes: features.bytes.clone() };
            assert_permanent(cascade.read(&foreign));
        }
    }
}

#[test]
fn truncated_features_are_a_permanent_fault() {
    let (features, _) = points().extract(&photo(&wall(8), ".jpg")).unwrap();
    let cut = |length| {
        let bytes = features.bytes.slice(..length);
        points().read(&ReferenceFeatures { format: features.format.clone(), bytes })
    };
    for length in [0, 3, 4, 7, 8, 12, 21, 5000, features.bytes.len() - 1] {
        assert_permanent(cut(length));
    }
    cut(features.bytes.len()).unwrap();
}

#[track_caller]
fn assert_permanent<T>(result: Result<T, Fault>) {
    assert_eq!(result.err().unwrap().kind, FaultKind::Permanent);
}
