//! Classification by Clarifai's REST API, <https://docs.clarifai.com/>.

mod answer;
mod error;
mod settings;
mod upload;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_adapter::{Retry, Workers};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{Concept, Keyword, Photo};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use tokio::time::Instant;

use self::error::ClarifaiError;
use self::settings::Endpoint;

pub use self::settings::{ClarifaiSettings, ClarifaiSettingsError};

/// Maximum length of a response, in bytes; 200 concepts take about 30 kB.
const LONGEST_ANSWER: usize = 1 << 20;

/// Classifies photos with Clarifai.
///
/// A photo is sent as an upright JPEG of at most 1,024 pixels a side, without metadata. Transient errors (lost
/// connections, timeouts, throttling, overload) are retried after random pauses, within the deadline.
pub struct ClarifaiClassifier {
    client: Client,
    endpoint: Endpoint,
    settings: ClarifaiSettings,
    pool: Workers,
}

impl ClarifaiClassifier {
    /// Creates a classifier that prepares photos on `pool`. It connects with the first photo.
    ///
    /// # Errors
    /// If the key is empty, a setting is invalid, or the HTTP client cannot be set up.
    pub fn new(settings: ClarifaiSettings, pool: Workers) -> Result<Self, ClarifaiSettingsError> {
        let endpoint = settings.endpoint()?;
        // A redirect or a proxy would send the photo to an unconfigured host.
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .redirect(Policy::none())
            .build()
            .map_err(ClarifaiSettingsError::Client)?;
        Ok(Self { client, endpoint, settings, pool })
    }
}

#[async_trait]
impl Classifier for ClarifaiClassifier {
    async fn classify(&self, photo: &Photo, _: &Keyword) -> Result<Vec<Concept>, VisionError> {
        let deadline = Instant::now() + self.settings.deadline;
        let photo = photo.clone();
        let settings = self.settings.clone();
        let encoding = self.pool.run_blocking(move || upload::body(&photo, &settings));
        let body = tokio::time::timeout_at(deadline, encoding)
            .await
            .map_err(|_| ClarifaiError::DeadlineExceeded(self.settings.deadline))???;
        Ok(self.ask(body.into(), deadline).await?)
    }
}

impl ClarifaiClassifier {
    /// Sends the request with retries within the deadline.
    async fn ask(&self, body: Bytes, deadline: Instant) -> Result<Vec<Concept>, ClarifaiError> {
        let retry = Retry {
            max_attempts: self.settings.max_attempts,
            deadline,
            first_pause: self.settings.base_backoff,
            longest_pause: self.settings.deadline,
        };
        let attempt = async || {
            let (status, answer) = self.send(body.clone(), deadline).await?;
            answer::read(status, &answer, self.settings.min_value)
        };
        retry.run(attempt, ClarifaiError::may_pass).await
    }

    /// Sends one attempt and returns the status and the body of the response, even of an error.
    async fn send(
        &self,
        body: Bytes,
        deadline: Instant,
    ) -> Result<(StatusCode, Vec<u8>), ClarifaiError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ClarifaiError::DeadlineExceeded(self.settings.deadline));
        }
        let response = self
            .client
            .post(self.endpoint.url.clone())
            .header(AUTHORIZATION, self.endpoint.authorization.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .timeout(self.settings.request_timeout.min(left))
            .body(body)
            .send()
            .await
            .map_err(ClarifaiError::Transport)?;
        let status = response.status();
        let answer = read_body(response).await?;
        Ok((status, self.without_key(answer)))
    }

    /// Removes the key from a response that repeats it, because errors contain parts of responses.
    fn without_key(&self, answer: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&answer);
        let key = self.settings.key.expose();
        if text.contains(key) { text.replace(key, "").into_bytes() } else { answer }
    }
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, ClarifaiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(ClarifaiError::Transport)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(ClarifaiError::AnswerTooLong(LONGEST_ANSWER));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
