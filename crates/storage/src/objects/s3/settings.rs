use std::time::Duration;

use injeung_adapter::settings::{
    defaults, milliseconds, optional_text, optional_web_address, text, within,
};
use injeung_adapter::{Limits, Retry, Secret};
use serde::Deserialize;
use tokio::time::Instant;

/// Maximum pauses between attempts: before the second one, which doubles for each further attempt,
/// and of all.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(2)];

/// The bucket and the limits of its calls: `[objects.s3]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Settings {
    /// Name of the bucket.
    #[serde(deserialize_with = "text")]
    pub bucket: String,
    /// Region of the bucket.
    #[serde(deserialize_with = "text")]
    pub region: String,
    /// URL of the service, `http(s)://HOST[:PORT]`; Amazon's of that region if none is given.
    #[serde(deserialize_with = "optional_web_address")]
    pub endpoint: Option<String>,
    /// Whether the bucket is a part of the host name (`https://BUCKET.HOST/KEY`) or of the path
    /// (`https://HOST/BUCKET/KEY`), as most services other than Amazon's require.
    pub virtual_hosted: bool,
    /// The key pair.
    #[serde(flatten)]
    pub credentials: S3Credentials,
    /// The `Cache-Control` that objects are served with. An object never changes.
    pub cache_control: String,
    /// How objects are encrypted at rest.
    pub encryption: S3Encryption,
    /// Id or ARN of the key of [`S3Encryption::Kms`].
    #[serde(deserialize_with = "optional_text")]
    pub kms_key_id: Option<String>,
    /// Maximum time to connect.
    #[serde(rename = "connect_timeout_ms", deserialize_with = "milliseconds::<_, 1, 120_000>")]
    pub connect_timeout: Duration,
    /// Maximum time of one request, from connecting to the last byte.
    #[serde(rename = "request_timeout_ms", deserialize_with = "milliseconds::<_, 1, 120_000>")]
    pub request_timeout: Duration,
    /// Maximum number of further attempts after a transient fault.
    #[serde(deserialize_with = "within::<_, _, 0, 10>")]
    pub max_retries: u32,
    /// Time after the first attempt from which no further one begins.
    #[serde(rename = "retry_timeout_ms", deserialize_with = "milliseconds::<_, 1, 120_000>")]
    pub retry_timeout: Duration,
    /// Maximum number of calls at once.
    #[serde(deserialize_with = "within::<_, _, 1, 1000>")]
    pub max_connections: usize,
}

impl S3Settings {
    /// The contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let S3Credentials { access_key_id, secret_access_key, .. } = &self.credentials;
        if access_key_id.is_empty() != secret_access_key.is_empty() {
            problems.push("access_key_id: only one half of the key pair is given".to_owned());
        }
        if (self.encryption == S3Encryption::Kms) != self.kms_key_id.is_some() {
            problems
                .push("kms_key_id: goes with encryption = \"kms\", and with no other".to_owned());
        }
        problems
    }

    /// The base of URLs with a slash at its end: the given one, or Amazon's for the bucket.
    pub(in crate::objects) fn public_base(&self, given: Option<&str>) -> String {
        let Self { bucket, region, .. } = self;
        match given {
            Some(base) if base.ends_with('/') => base.to_owned(),
            Some(base) => format!("{base}/"),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com/"),
        }
    }

    /// The endpoint, with the bucket as a part of its host name if it has to be one.
    pub(super) fn endpoint_of_bucket(&self) -> Option<String> {
        let endpoint = self.endpoint.as_deref()?;
        match endpoint.split_once("://") {
            Some((scheme, host)) if self.virtual_hosted => {
                Some(format!("{scheme}://{}.{host}", self.bucket))
            }
            Some(_) | None => Some(endpoint.to_owned()),
        }
    }

    /// How a call that begins now is retried.
    pub(in crate::objects) fn retry(&self) -> Retry {
        let [first_pause, longest_pause] = PAUSES;
        Retry {
            max_attempts: self.max_retries.saturating_add(1),
            deadline: Instant::now() + self.retry_timeout,
            first_pause,
            longest_pause,
        }
    }

    /// How many calls run at once.
    pub(in crate::objects) fn limits(&self) -> Limits {
        Limits { max_running: self.max_connections, ..Limits::default() }
    }
}

impl Default for S3Settings {
    /// `[objects.s3]` of config/default.toml.
    fn default() -> Self {
        defaults("objects.s3")
    }
}

/// How the service encrypts objects at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum S3Encryption {
    /// As the bucket is configured. Amazon encrypts in any case.
    Bucket,
    /// With keys of the service (`AES256`).
    S3,
    /// With a key of the key management service.
    Kms,
}

/// A key pair. Empty texts stand for none: see [`S3ObjectStore`](super::S3ObjectStore) for where
/// one is searched then.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Credentials {
    /// Id of the pair.
    pub access_key_id: String,
    /// Secret of the pair.
    pub secret_access_key: Secret,
    /// Token of a temporary pair; empty for another.
    pub session_token: Secret,
}

impl S3Credentials {
    /// Whether there is a pair.
    pub(in crate::objects) fn are_given(&self) -> bool {
        !self.access_key_id.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let credentials = S3Credentials {
            access_key_id: "AKID".to_owned(),
            secret_access_key: Secret::new("s3cret"),
            session_token: Secret::new("t0ken"),
        };
        let settings = S3Settings { credentials, ..S3Settings::default() };
        let shown = format!("{settings:?}");
        assert!(shown.contains("AKID"), "{shown}");
        assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
    }

    #[test]
    fn a_bucket_has_its_addresses() {
        let amazon = S3Settings::default();
        assert_eq!(amazon.public_base(None), "https://homybk.s3.ap-northeast-2.amazonaws.com/");
        assert_eq!(amazon.endpoint_of_bucket(), None);
        let endpoint = Some("http://127.0.0.1:9000".to_owned());
        let other = S3Settings { endpoint, ..amazon };
        let public_base = Some("https://photos.example");
        assert_eq!(other.public_base(public_base), "https://photos.example/");
        assert_eq!(other.endpoint_of_bucket().as_deref(), Some("http://homybk.127.0.0.1:9000"));
        let path_style = S3Settings { virtual_hosted: false, ..other };
        assert_eq!(path_style.endpoint_of_bucket().as_deref(), Some("http://127.0.0.1:9000"));
    }
}
