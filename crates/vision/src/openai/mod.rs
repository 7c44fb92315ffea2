//! Classification by a model behind an OpenAI-compatible chat completion. `docs/classification.md` has the services.

mod error;
mod reply;
mod request;
mod settings;
mod verdict;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_adapter::{Retry, Workers};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{Concept, Keyword, Photo};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::time::Instant;
use tracing::{info, warn};

use self::error::OpenAiError;
use self::reply::{Answer, Opinion, Reply};
use self::settings::Endpoint;
use self::verdict::{Shows, Verdict};

pub use self::settings::{
    Detail, KeyHeader, MaxTokensField, OpenAiSettings, OpenAiSettingsError, ReplyFormat,
    WithoutVerdict,
};

/// Maximum length of a response, in bytes. An answer takes 1 kB; reasoning is limited by `max_tokens`.
const LONGEST_REPLY: usize = 1 << 20;

/// Asks a model whether a photo shows a keyword.
///
/// A photo is sent as an upright JPEG of at most `long_side` pixels a side, without metadata. The model answers yes, no
/// or unsure; any other reply is a fault. Transient errors are retried after random pauses, or those that the service
/// requests, within the deadline.
pub struct OpenAiClassifier {
    client: Client,
    endpoint: Endpoint,
    settings: OpenAiSettings,
    pool: Workers,
}

impl OpenAiClassifier {
    /// Creates a classifier that prepares photos on `pool`. It connects with the first photo.
    ///
    /// # Errors
    /// If there is no model, a setting is invalid, or the HTTP client cannot be set up.
    pub fn new(settings: OpenAiSettings, pool: Workers) -> Result<Self, OpenAiSettingsError> {
        let endpoint = settings.endpoint()?;
        // A redirect or a proxy would send the photo to an unconfigured host.
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .redirect(Policy::none())
            .build()
            .map_err(OpenAiSettingsError::Client)?;
        Ok(Self { client, endpoint, settings, pool })
    }
}

#[async_trait]
impl Classifier for OpenAiClassifier {
    async fn classify(
        &self,
        photo: &Photo,
        keyword: &Keyword,
    ) -> Result<Vec<Concept>, VisionError> {
        let deadline = Instant::now() + self.settings.deadline;
        let (photo, asked) = (photo.clone(), keyword.clone());
        let (model, settings) = (self.endpoint.model.clone(), self.settings.clone());
        let encoding =
            self.pool.run_blocking(move || request::body(&photo, &asked, &model, &settings));
        let body = tokio::time::timeout_at(deadline, encoding)
            .await
            .map_err(|_| OpenAiError::DeadlineExceeded(self.settings.deadline))???;
        let answer = self.ask(body.into(), deadline).await?;
        Ok(self.concept(keyword, &answer).into_iter().collect())
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

    /// Sends the request with retries within the deadline.
    async fn ask(&self, body: Bytes, deadline: Instant) -> Result<Answer, OpenAiError> {
        let retry = Retry {
            max_attempts: self.settings.max_attempts,
            deadline,
            first_pause: self.settings.base_backoff,
            longest_pause: self.settings.deadline,
        };
        let attempt = async || {
            let reply = self.send(body.clone(), deadline).await?;
            reply::read(&reply, self.settings.max_tokens)
        };
        retry.run_with_pauses(attempt, OpenAiError::may_pass, OpenAiError::pause).await
    }

    /// Sends one attempt and returns the response, even of an error.
    async fn send(&self, body: Bytes, deadline: Instant) -> Result<Reply, OpenAiError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(OpenAiError::DeadlineExceeded(self.settings.deadline));
        }
        let mut request = self
            .client
            .post(self.endpoint.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .timeout(self.settings.request_timeout.min(left))
            .body(body);
        if let Some((name, value)) = &self.endpoint.authorization {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(OpenAiError::Transport)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.without_key(read_body(response).await?);
        Ok(Reply { status, headers, body })
    }

    /// Removes the key from a response that repeats it, because errors contain parts of responses.
    fn without_key(&self, body: Vec<u8>) -> Vec<u8> {
        let key = self.settings.key.expose();
        let text = String::from_utf8_lossy(&body);
        let repeats = !key.is_empty() && text.contains(key);
        if repeats { text.replace(key, "").into_bytes() } else { body }
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

async fn read_body(mut response: Response) -> Result<Vec<u8>, OpenAiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(OpenAiError::Transport)? {
        if body.len() + chunk.len() > LONGEST_REPLY {
            return Err(OpenAiError::ReplyTooLong(LONGEST_REPLY));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
