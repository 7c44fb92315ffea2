//! Classification by a model behind an OpenAI-compatible chat completion. `docs/classification.md` has the services.

mod error;
mod reply;
mod request;
mod settings;
mod verdict;

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{ClassifierUsage, Concept, Keyword, Photo};
use tracing::{info, warn};

use self::error::OpenAiError;
use self::reply::{Answer, Opinion};
use self::settings::Endpoint;
use self::verdict::{Shows, Verdict};
use crate::usage::UsageCounter;
use crate::web_service::WebService;

pub use self::settings::{
    Detail, KeyHeader, MaxTokensField, OpenAiSettings, OpenAiSettingsError, ReplyFormat,
    WithoutVerdict,
};

/// Asks a model whether a photo shows a keyword.
///
/// A photo is sent as an upright JPEG of at most `long_side` pixels a side, without metadata. The model answers yes, no
/// or unsure; any other reply is a fault. Transient errors are retried after random pauses, or those that the service
/// requests, within the deadline.
pub struct OpenAiClassifier {
    service: WebService,
    model: String,
    settings: OpenAiSettings,
    pool: Workers,
    usage: UsageCounter,
}

impl OpenAiClassifier {
    /// Creates a classifier that prepares photos on `pool`. It connects with the first photo.
    ///
    /// # Errors
    /// If there is no model, a setting is invalid, or the HTTP client cannot be set up.
    pub fn new(settings: OpenAiSettings, pool: Workers) -> Result<Self, OpenAiSettingsError> {
        let Endpoint { url, authorization, model } = settings.endpoint()?;
        let service = WebService::new(url, authorization, settings.key.clone(), settings.calls);
        let service = service.map_err(OpenAiSettingsError::Client)?;
        Ok(Self { service, model, settings, pool, usage: UsageCounter::default() })
    }
}

#[async_trait]
impl Classifier for OpenAiClassifier {
    fn name(&self) -> String {
        format!("openai {}", self.model)
    }

    async fn classify(
        &self,
        photo: &Photo,
        keyword: &Keyword,
    ) -> Result<Vec<Concept>, VisionError> {
        let (photo, subject) = (photo.clone(), keyword.clone());
        let (model, settings) = (self.model.clone(), self.settings.clone());
        let body = move || request::body(&photo, &subject, &model, &settings);
        let answer = self
            .service
            .ask(
                &self.pool,
                body,
                |reply| reply::read(reply, self.settings.max_tokens),
                OpenAiError::may_pass,
                OpenAiError::pause,
            )
            .await;
        let answer = self.usage.counted(answer)?;
        self.usage.add_tokens(answer.prompt_tokens, answer.completion_tokens);
        Ok(self.concept(keyword, &answer).into_iter().collect())
    }

    fn usage(&self) -> Vec<ClassifierUsage> {
        vec![self.usage.usage("openai")]
    }
}

impl OpenAiClassifier {
    /// The keyword as a concept if the photo passes. Logs the answer.
    fn concept(&self, keyword: &Keyword, answer: &Answer) -> Option<Concept> {
        let Answer { opinion, prompt_tokens, completion_tokens, request_id } = answer;
        let (said, confidence) = match opinion {
            Opinion::Verdict(Verdict { shows, confidence }) => (shows.as_str(), *confidence),
            Opinion::Refused => ("refused", 0.0),
        };
        info!(
            %keyword, answer = said, confidence, prompt_tokens, completion_tokens, request_id,
            "the model examined a photo"
        );
        let without_verdict = match opinion {
            Opinion::Verdict(Verdict { shows: Shows::No, .. }) => return None,
            Opinion::Verdict(Verdict { shows: Shows::Yes, confidence })
                if *confidence >= self.settings.min_confidence =>
            {
                return Some(named(keyword, *confidence));
            }
            Opinion::Verdict(Verdict { shows: Shows::Yes | Shows::Unsure, .. }) => {
                self.settings.when_unsure
            }
            Opinion::Refused => self.settings.when_refused,
        };
        match without_verdict {
            WithoutVerdict::Reject => None,
            WithoutVerdict::Accept => {
                warn!(
                    review = true, %keyword, answer = said, confidence, request_id,
                    "a photo passes without a verdict"
                );
                Some(named(keyword, confidence))
            }
        }
    }
}

/// A concept that has a name of the keyword.
fn named(keyword: &Keyword, value: f32) -> Concept {
    let name = match keyword.subjects() {
        [only] => only,
        _ => keyword.as_str(),
    };
    Concept { name: name.to_owned(), value }
}

/// Fuzz target: a reply about a photo, with status 200 and 400.
#[cfg(any(test, fuzzing))]
pub fn fuzz(body: &[u8]) {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use crate::web_service::Reply;

    for status in [StatusCode::OK, StatusCode::BAD_REQUEST] {
        let reply = Reply { status, headers: HeaderMap::new(), body: body.to_vec() };
        if let Ok(Answer { opinion: Opinion::Verdict(verdict), .. }) = reply::read(&reply, 256) {
            assert!((0.0..=1.0).contains(&verdict.confidence));
        }
    }
}
