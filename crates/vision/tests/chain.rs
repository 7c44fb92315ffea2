//! The chain of two classifiers, which are scripted.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "clarifai/photos.rs"]
#[allow(dead_code, unreachable_pub, reason = "other tests use all of it")]
mod photos;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{
    ClassifierUsage, Concept, Fault, FaultKind, Keyword, Photo, PhotoError, conformance,
};
use injeung_vision::{ChainClassifier, ChainThresholds};

/// Lists "dog" and "tree" with these values, and knows these two names; or fails.
struct Scripted {
    result: Result<(f32, f32), fn() -> VisionError>,
    lists_names: bool,
    calls: AtomicUsize,
}

impl Scripted {
    fn new(result: Result<(f32, f32), fn() -> VisionError>, lists_names: bool) -> Arc<Self> {
        Arc::new(Self { result, lists_names, calls: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Classifier for Scripted {
    async fn classify(&self, _: &Photo, _: &Keyword) -> Result<Vec<Concept>, VisionError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let (dog, tree) = self.result.map_err(|error| error())?;
        let mut shown: Vec<_> = [("dog", dog), ("tree", tree)]
            .map(|(name, value)| Concept { name: name.to_owned(), value })
            .to_vec();
        shown.retain(|concept| concept.value > 0.0);
        shown.sort_by(|a, b| b.value.total_cmp(&a.value));
        Ok(shown)
    }

    fn usage(&self) -> Vec<ClassifierUsage> {
        let answered = self.calls.load(Ordering::Relaxed) as u64;
        let name = if self.lists_names { "first" } else { "second" };
        vec![ClassifierUsage {
            name,
            answered,
            failed: 0,
            is_down: false,
            prompt_tokens: 0,
            completion_tokens: 0,
        }]
    }

    fn knows(&self, keyword: &Keyword) -> Option<bool> {
        let names = keyword.names();
        self.lists_names.then(|| names.iter().any(|name| name == "dog" || name == "tree"))
    }
}

const DOWN: fn() -> VisionError = || Fault::permanent("a wrong key").into();
const FULL: fn() -> VisionError = || Fault::overloaded("a full queue").into();
const CORRUPT: fn() -> VisionError = || PhotoError::Undecodable("corrupt".to_owned()).into();

fn chain(first: Arc<Scripted>, second: Arc<Scripted>) -> ChainClassifier {
    let thresholds = ChainThresholds { reject_below: 0.1, accept_from: 0.5 };
    ChainClassifier::new(first, second, thresholds, 0.3)
}

type Script = Result<(f32, f32), fn() -> VisionError>;

/// Whether the keyword is shown, and the number of calls of the second classifier.
async fn run(first: Script, second: Script, keyword: &str) -> (Result<bool, VisionError>, usize) {
    let second = Scripted::new(second, false);
    let chain = chain(Scripted::new(first, true), second.clone());
    let keyword: Keyword = keyword.parse().unwrap();
    let result = chain.classify(&photos::transparent(), &keyword).await;
    (result.map(|shown| keyword.is_among(&shown)), second.calls.load(Ordering::Relaxed))
}

#[tokio::test]
async fn the_usage_is_that_of_both() {
    let chain = chain(Scripted::new(Ok((0.9, 0.0)), true), Scripted::new(Ok((0.0, 0.0)), false));
    let dog: Keyword = "dog".parse().unwrap();
    chain.classify(&photos::transparent(), &dog).await.unwrap();
    let answered = chain.usage().into_iter().map(|one| (one.name, one.answered));
    assert_eq!(answered.collect::<Vec<_>>(), [("first", 1), ("second", 0)]);
}

#[tokio::test]
async fn the_second_runs_only_if_the_first_is_unsure() {
    for (value, second, expected) in [
        (0.5, 0.0, (true, 0)),
        (0.49, 0.0, (false, 1)),
        (0.1, 0.9, (true, 1)),
        (0.09, 0.9, (false, 0)),
        (0.0, 0.9, (false, 0)),
    ] {
        let (shown, calls) = run(Ok((value, 0.7)), Ok((second, 0.0)), "dog").await;
        assert_eq!((shown.unwrap(), calls), expected, "{value}");
    }
}

#[tokio::test]
async fn what_the_first_has_no_name_for_is_left_to_the_second() {
    for keyword in ["running shoes, dog", "dog, running shoes"] {
        let (shown, calls) = run(Ok((0.0, 0.7)), Ok((0.9, 0.0)), keyword).await;
        assert_eq!((shown.unwrap(), calls), (true, 1), "{keyword}");
    }
    let (shown, calls) = run(Ok((0.9, 0.7)), Ok((0.9, 0.0)), "running shoes").await;
    assert_eq!((shown.unwrap(), calls), (false, 1));
    let (shown, calls) = run(Ok((0.9, 0.7)), Ok((0.0, 0.0)), "dog, running shoes").await;
    assert_eq!((shown.unwrap(), calls), (true, 0), "a yes of the first is enough");
}

#[tokio::test]
async fn one_replaces_the_other_while_it_is_down() {
    let (shown, calls) = run(Err(DOWN), Ok((0.9, 0.0)), "dog").await;
    assert_eq!((shown.unwrap(), calls), (true, 1));
    for (value, expected) in [(0.3, true), (0.29, false)] {
        let (shown, calls) = run(Ok((value, 0.7)), Err(DOWN), "dog").await;
        assert_eq!((shown.unwrap(), calls), (expected, 1), "{value}");
    }
}

#[tokio::test]
async fn what_neither_can_decide_is_a_fault() {
    for (first, second, keyword) in [
        (Err(DOWN), Err(DOWN), "dog"),
        (Ok((0.0, 0.7)), Err(DOWN), "running shoes"),
        (Ok((0.2, 0.7)), Err(DOWN), "dog, running shoes"),
    ] {
        let (result, calls) = run(first, second, keyword).await;
        let Err(VisionError::Fault(fault)) = result else { panic!("{result:?}") };
        assert_eq!((fault.kind, calls), (FaultKind::Permanent, 1));
    }
}

#[tokio::test]
async fn an_overload_and_a_corrupt_photo_are_returned() {
    for (error, is_fault) in [(FULL, true), (CORRUPT, false)] {
        let (result, calls) = run(Err(error), Ok((0.9, 0.0)), "dog").await;
        assert_eq!((matches!(result, Err(VisionError::Fault(_))), calls), (is_fault, 0));
        assert!(result.is_err());
        let (result, calls) = run(Ok((0.4, 0.0)), Err(error), "dog").await;
        assert_eq!((matches!(result, Err(VisionError::Fault(_))), calls), (is_fault, 1));
        assert!(result.is_err());
    }
}

#[tokio::test]
async fn a_keyword_is_known_if_one_of_the_two_knows_it() {
    let [lists, silent] = [true, false].map(|lists| Scripted::new(Ok((0.9, 0.9)), lists));
    let knows = |first: &Arc<Scripted>, second: &Arc<Scripted>, keyword: &str| {
        chain(first.clone(), second.clone()).knows(&keyword.parse().unwrap())
    };
    assert_eq!(knows(&lists, &silent, "dog"), Some(true));
    assert_eq!(knows(&silent, &lists, "dog"), Some(true));
    assert_eq!(knows(&lists, &silent, "shoe"), None);
    assert_eq!(knows(&lists, &lists, "shoe"), Some(false));
}

#[tokio::test]
async fn the_adapter_conforms() {
    let photos = [photos::textured(), photos::turned(), photos::transparent()];
    for value in [0.9, 0.3, 0.05] {
        let first = Scripted::new(Ok((value, 0.7)), true);
        let chain = chain(first, Scripted::new(Ok((0.8, 0.0)), true));
        conformance::classifier(&chain, &photos).await;
    }
}
