//! Calls to the HTTP services that classify photos.

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use injeung_adapter::settings::{milliseconds, not_ascending, within};
use injeung_adapter::{Retry, Secret, Workers};
use injeung_domain::ports::VisionError;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::time::Instant;

/// Limits of the calls to a service: part of the section of its classifier.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct CallSettings {
    /// Maximum time to connect.
    #[serde(rename = "connect_timeout_ms", deserialize_with = "milliseconds::<_, 1, 120_000>")]
    pub connect_timeout: Duration,
    /// Maximum time of one attempt, from connecting to the last byte of the response.
    #[serde(rename = "request_timeout_ms", deserialize_with = "milliseconds::<_, 1, 120_000>")]
    pub request_timeout: Duration,
    /// Maximum time of all attempts including the pauses between them.
    #[serde(rename = "deadline_ms", deserialize_with = "milliseconds::<_, 1, 120_000>")]
    pub deadline: Duration,
    /// Maximum number of attempts for a photo, 1 to 10.
    #[serde(deserialize_with = "within::<_, _, 1, 10>")]
    pub max_attempts: u32,
    /// Maximum random pause before the second attempt. It doubles for each further attempt.
    #[serde(rename = "base_backoff_ms", deserialize_with = "milliseconds::<_, 0, 120_000>")]
    pub base_backoff: Duration,
}

impl CallSettings {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        not_ascending(&[
            ("connect_timeout_ms", self.connect_timeout),
            ("request_timeout_ms", self.request_timeout),
            ("deadline_ms", self.deadline),
        ])
    }
}

/// Maximum length of a response, in bytes; 200 concepts take about 30 kB, a verdict less.
const LONGEST_REPLY: usize = 1 << 20;

/// A service that gets JSON by POST.
pub(crate) struct WebService {
    client: Client,
    url: Url,
    authorization: Option<(HeaderName, HeaderValue)>,
    /// Removed from responses that repeat it.
    key: Secret,
    calls: CallSettings,
}

/// A response of any status.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why an attempt got no response, as a fragment that fits after "get a response: ".
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No response arrived, or the connection was lost.
    #[error("{0}")]
    Transport(#[source] reqwest::Error),
    /// The deadline for the photo passed.
    #[error("none arrived within {0:?}")]
    DeadlineExceeded(Duration),
    /// The response exceeds the maximum length.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
}

impl CallError {
    /// Whether the same request can succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Transport(error) => !error.is_builder(),
            Self::DeadlineExceeded(_) => true,
            Self::TooLong(_) => false,
        }
    }
}

impl WebService {
    /// Creates the client of a service. It connects with the first request.
    ///
    /// # Errors
    /// If the client cannot be set up, for example without root certificates.
    pub(crate) fn new(
        url: Url,
        authorization: Option<(HeaderName, HeaderValue)>,
        key: Secret,
        calls: CallSettings,
    ) -> reqwest::Result<Self> {
        // A redirect or a proxy would send the photo to an unconfigured host.
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(calls.connect_timeout)
            .redirect(Policy::none())
            .build()?;
        Ok(Self { client, url, authorization, key, calls })
    }

    /// Makes a body on `pool`, sends it, and reads the response. Transient errors are retried after random pauses, or
    /// those that `pause` finds in an error. All of it happens within the deadline.
    ///
    /// # Errors
    /// The error of `body`, or that of the last attempt.
    pub(crate) async fn ask<T, E>(
        &self,
        pool: &Workers,
        body: impl FnOnce() -> Result<Vec<u8>, VisionError> + Send + 'static,
        read: impl Fn(&Reply) -> Result<T, E>,
        may_pass: impl Fn(&E) -> bool,
        pause: impl Fn(&E) -> Option<Duration>,
    ) -> Result<T, VisionError>
    where
        E: From<CallError> + Into<VisionError> + Display,
    {
        let deadline = Instant::now() + self.calls.deadline;
        let body = tokio::time::timeout_at(deadline, pool.run_blocking(body))
            .await
            .map_err(|_| E::from(self.deadline_exceeded()).into())???;
        let body = Bytes::from(body);
        let retry = Retry {
            max_attempts: self.calls.max_attempts,
            deadline,
            first_pause: self.calls.base_backoff,
            longest_pause: self.calls.deadline,
        };
        let attempt = async || read(&self.send(body.clone(), deadline).await?);
        retry.run_with_pauses(attempt, may_pass, pause).await.map_err(Into::into)
    }

    /// Sends one attempt and returns the response, even of an error.
    async fn send(&self, body: Bytes, deadline: Instant) -> Result<Reply, CallError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.deadline_exceeded());
        }
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .timeout(self.calls.request_timeout.min(left))
            .body(body);
        if let Some((name, value)) = &self.authorization {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(CallError::Transport)?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Reply { status, headers, body: self.without_key(read_body(response).await?) })
    }

    fn deadline_exceeded(&self) -> CallError {
        CallError::DeadlineExceeded(self.calls.deadline)
    }

    /// Removes the key from a response that repeats it, because errors contain parts of responses.
    fn without_key(&self, body: Vec<u8>) -> Vec<u8> {
        let key = self.key.expose();
        let text = String::from_utf8_lossy(&body);
        let repeats = !key.is_empty() && text.contains(key);
        if repeats { text.replace(key, "").into_bytes() } else { body }
    }
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(CallError::Transport)? {
        if body.len() + chunk.len() > LONGEST_REPLY {
            return Err(CallError::TooLong(LONGEST_REPLY));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
