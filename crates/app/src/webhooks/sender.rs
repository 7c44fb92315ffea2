use std::error::Error;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use async_trait::async_trait;
use injeung_adapter::with_causes;
use injeung_domain::Message;
use injeung_domain::ports::{MessageSender, SendError};
use reqwest::dns::Resolve;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use time::OffsetDateTime;

use super::addresses::{PublicAddresses, SystemResolver};
use super::signature::{self, SigningKey};
use super::{WebhookSettings, body};

/// Maximum length of a failure's text, in characters.
const LONGEST_ERROR: usize = 300;

/// Sends messages to the configured receiver.
pub(crate) struct WebhookSender {
    client: Client,
    url: String,
    keys: Vec<SigningKey>,
}

impl WebhookSender {
    /// `None` without a receiver. Connects with the first message.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub(crate) fn new(settings: &WebhookSettings) -> anyhow::Result<Option<Self>> {
        Self::with_resolver(settings, SystemResolver)
    }

    fn with_resolver(
        settings: &WebhookSettings,
        resolver: impl Resolve + 'static,
    ) -> anyhow::Result<Option<Self>> {
        let Some(url) = settings.url.clone() else { return Ok(None) };
        // A redirect or a proxy would bypass the resolver.
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(settings.timeout)
            .user_agent(concat!("injeung/", env!("CARGO_PKG_VERSION")));
        if !settings.allow_private {
            builder = builder.dns_resolver(PublicAddresses(resolver));
        }
        let client = builder.build().context("set up the client of webhooks.url")?;
        Ok(Some(Self { client, url, keys: settings.keys.clone() }))
    }
}

#[async_trait]
impl MessageSender for WebhookSender {
    async fn send(&self, message: &Message, now: OffsetDateTime) -> Result<(), SendError> {
        let failed = |problem: &str| SendError::Failed(format!("deliver the message: {problem}"));
        let body = body::json(message).map_err(|error| failed(&error.to_string()))?;
        let (id, timestamp) = (body::id(message), now.unix_timestamp().to_string());
        let request = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-signature", signature::header(&self.keys, &id, &timestamp, &body))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .body(body);
        // The body of the response is not read.
        let response =
            request.send().await.map_err(|error| failed(&causes(&error.without_url())))?;
        let status = response.status();
        let error = format!("deliver the message: the receiver responded {status}");
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(SendError::Gone(error)),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let retry_after = retry_after(response.headers(), SystemTime::now());
                let retry_after = retry_after.and_then(|pause| pause.try_into().ok());
                Err(SendError::Throttled { error, retry_after })
            }
            _ => Err(SendError::Failed(error)),
        }
    }
}

/// The texts of an error and its causes, shortened.
fn causes(error: &(dyn Error + 'static)) -> String {
    with_causes(error).chars().take(LONGEST_ERROR).collect()
}

/// `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Mutex;

    use injeung_adapter::settings::defaults;
    use injeung_domain::{EventKind, NewMessage};
    use tokio::net::TcpListener;

    use super::super::addresses::tests::Rebinding;
    use super::*;

    fn message() -> Message {
        let message = NewMessage {
            event: EventKind::ReferenceRegistered,
            occurred_at: OffsetDateTime::UNIX_EPOCH,
            participation_id: 1.try_into().unwrap(),
            request_id: "a-request".to_owned(),
            kind: None,
            outcome: None,
            errcode: None,
            image_url: None,
        };
        Message { id: 1.try_into().unwrap(), message, failures: 0, error: None, dead_at: None }
    }

    /// A name that resolves to this machine is not connected to, also if it had a public address at first.
    #[tokio::test]
    async fn a_name_that_is_rebound_to_this_machine_is_not_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut settings: WebhookSettings = defaults("webhooks");
        settings.url = Some(format!("http://receiver.example:{port}/hook"));
        settings.timeout = Duration::from_millis(300);
        let here = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let rebinding = || Rebinding(Mutex::new(vec![here.clone(), here.clone()]));
        let sender = WebhookSender::with_resolver(&settings, rebinding()).unwrap().unwrap();
        for _ in 0..2 {
            let refused = sender.send(&message(), OffsetDateTime::UNIX_EPOCH).await.unwrap_err();
            assert!(refused.to_string().contains("no public address"), "{refused}");
        }
        let accepted = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
        assert!(accepted.is_err(), "nothing connected");
    }

    #[test]
    fn a_pause_is_in_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sat, 28 Nov 2026 12:00:00 GMT").unwrap();
        for (text, expected) in [
            ("120", Some(120)),
            ("Sat, 28 Nov 2026 12:00:03 GMT", Some(3)),
            ("Sat, 28 Nov 2026 11:00:00 GMT", None),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
