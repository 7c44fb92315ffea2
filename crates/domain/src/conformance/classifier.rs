use crate::ports::Classifier;
use crate::{Keyword, Photo};

/// Checks a [`Classifier`] on photos that can be decoded. It classifies each photo twice.
///
/// # Panics
/// If the classifier violates the port's contract.
pub async fn classifier(classifier: &dyn Classifier, photos: &[Photo]) {
    assert!(!photos.is_empty(), "the suite needs photos");
    let asked: Keyword = "dog, 강아지".parse().expect("a keyword");
    for photo in photos {
        let concepts = classifier.classify(photo, &asked).await.expect("concepts");
        for concept in &concepts {
            assert!((0.0..=1.0).contains(&concept.value), "{concept:?} is from 0 to 1");
            let keyword = concept.name.parse().expect("the name of a concept is a keyword");
            assert_ne!(classifier.knows(&keyword), Some(false), "{concept:?} has a known name");
        }
        assert!(
            concepts.is_sorted_by(|surer, other| surer.value >= other.value),
            "surest first: {concepts:?}"
        );
        let again = classifier.classify(photo, &asked).await.expect("concepts");
        assert_eq!(again, concepts, "the same photo shows the same");
    }
    let unknown = "qzxw-no-such-thing".parse().expect("a keyword");
    assert_ne!(classifier.knows(&unknown), Some(true), "{unknown} is no name");
}
