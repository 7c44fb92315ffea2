use bytes::Bytes;

use crate::ports::{FeatureExtractor, VisionError};
use crate::{Comparison, FaultKind, FeatureFormat, MatchMode, Photo, ReferenceFeatures};

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
