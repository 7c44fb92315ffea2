//! Counts of calls and tokens.

use injeung_domain::ClassifierUsage;
use injeung_domain::ports::Classifier;

use crate::fake::{FakeClarifai as FakeServer, Play};
use crate::{classifier, keyword, photos, settings, yes};

#[tokio::test]
async fn answers_faults_and_tokens_are_counted() {
    let refused = Play::Answer(401, "{}".to_owned());
    let server = FakeServer::start([yes(), refused, yes()]);
    let classifier = classifier(settings(&server));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let _ = classifier.classify(&photos::textured(), &keyword()).await;
        let [usage] = classifier.usage().try_into().unwrap();
        let ClassifierUsage { answered, failed, is_down, prompt_tokens, completion_tokens, .. } =
            usage;
        seen.push((answered, failed, is_down, prompt_tokens, completion_tokens));
    }
    assert_eq!(seen, [(1, 0, false, 180, 12), (1, 1, true, 180, 12), (2, 1, false, 360, 24)]);
}
