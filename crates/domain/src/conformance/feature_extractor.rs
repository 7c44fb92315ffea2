use bytes::Bytes;

use crate::ports::{FeatureExtractor, VisionError};
use crate::{
    Comparison, FaultKind, FeatureFormat, LearnedView, MatchMode, Photo, ReferenceFeatures,
    ViewSearch,
};

/// Photos for the [`feature_extractor`] suite.
#[derive(Debug)]
pub struct Scenes {
    /// A photo that is suitable as a reference.
    pub reference: Photo,
    /// A matching photo that the extractor must accept; it may be the same file.
    pub same: Photo,
    /// A non-matching photo, of another scene.
    pub other: Photo,
}

/// Checks a [`FeatureExtractor`].
///
/// # Panics
/// If the extractor violates the port's contract.
pub async fn feature_extractor(extractor: &dyn FeatureExtractor, scenes: &Scenes) {
    let (features, quality) = extractor.extract(&scenes.reference).await.expect("features");
    assert_eq!(features.format, extractor.format(), "features are of the extractor's format");
    assert!(quality.verifiable, "the suite's reference is verifiable: {quality:?}");
    assert_eq!(extractor.missing(), extractor.missing(), "what is missing stays so");
    let (again, _) = extractor.extract(&scenes.reference).await.expect("features");
    assert_eq!(again, features, "the same photo has the same features");

    let compare = async |photo, mode| -> Comparison {
        extractor.compare(&features, photo, mode).await.expect("a comparison").comparison
    };
    let itself = compare(&scenes.reference, MatchMode::Place).await;
    assert!(itself.same_scene, "a photo shows its own scene: {itself:?}");
    let same = compare(&scenes.same, MatchMode::Place).await;
    assert!(same.same_scene, "the same scene is found: {same:?}");
    let other = compare(&scenes.other, MatchMode::Place).await;
    assert!(!other.same_scene, "another scene is refused: {other:?}");
    assert!(other.score < same.score, "more certain is more: {other:?} against {same:?}");
    let repeated = compare(&scenes.same, MatchMode::Place).await;
    assert_eq!(repeated, same, "the same pair gives the same answer");
    let itself = compare(&scenes.reference, MatchMode::Thing).await;
    assert!(itself.same_scene, "a photo shows its own things: {itself:?}");
    let other = compare(&scenes.other, MatchMode::Thing).await;
    assert!(!other.same_scene, "another place is rejected with its things: {other:?}");

    refuses_foreign_features(extractor, &features, &scenes.same).await;
    finds_views(extractor, &features, scenes).await;
}

/// A photo is found among views by itself, since it may be too far from the others to be certain.
async fn finds_views(
    extractor: &dyn FeatureExtractor,
    reference: &ReferenceFeatures,
    scenes: &Scenes,
) {
    let (other, _) = extractor.extract(&scenes.other).await.expect("features");
    let views = [other.clone(), reference.clone(), reference.clone()];
    let find = async |views: &[ReferenceFeatures], search| {
        let photo = &scenes.reference;
        let found = extractor.compare_views(views, photo, MatchMode::Place, search).await;
        found.expect("an answer")
    };
    for (search, expected) in
        [(ViewSearch::One, &[1][..]), (ViewSearch::Two, &[1, 2]), (ViewSearch::Cheapest, &[1])]
    {
        let found = find(&views, search).await;
        let places: Vec<_> = found.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, expected, "{search:?}");
        for (_, examination) in &found {
            let comparison = &examination.comparison;
            assert!(comparison.is_certain(), "{comparison:?}");
            assert!(comparison.threshold >= LearnedView::MIN_SCORE, "{comparison:?}");
        }
    }
    assert!(find(&[other], ViewSearch::Two).await.is_empty(), "another scene is no view");
    assert!(find(&[], ViewSearch::One).await.is_empty());
    let FeatureFormat { algorithm, version } = reference.format.clone();
    let format = FeatureFormat { algorithm, version: version + 1 };
    let foreign = [ReferenceFeatures { format, bytes: reference.bytes.clone() }];
    let photo = &scenes.reference;
    match extractor.compare_views(&foreign, photo, MatchMode::Place, ViewSearch::One).await {
        Err(VisionError::Fault(fault)) => assert_eq!(fault.kind, FaultKind::Permanent),
        answer => panic!("views of a foreign format gave {answer:?}"),
    }
}

async fn refuses_foreign_features(
    extractor: &dyn FeatureExtractor,
    features: &ReferenceFeatures,
    photo: &Photo,
) {
    let FeatureFormat { algorithm, version } = features.format.clone();
    let foreign = [
        FeatureFormat { algorithm: format!("{algorithm}-of-others"), version },
        FeatureFormat { algorithm, version: version + 1 },
    ];
    for format in foreign {
        let foreign = ReferenceFeatures { format, bytes: Bytes::clone(&features.bytes) };
        match extractor.compare(&foreign, photo, MatchMode::Place).await {
            Err(VisionError::Fault(fault)) => assert_eq!(fault.kind, FaultKind::Permanent),
            answer => panic!("features of {} gave {answer:?}", foreign.format),
        }
    }
}
