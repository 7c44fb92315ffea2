use std::time::Duration;

use injeung_adapter::settings::{
    defaults, milliseconds, optional_text, optional_web_address, text, within,
};
use injeung_adapter::{Limits, Retry, Secret};
use serde::Deserialize;
use tokio::time::Instant;

/// Maximum pause before the second attempt, which doubles for each further attempt, and maximum of
/// all pauses.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(2)];

/// The bucket and the limits of its calls: `[objects.s3]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Settings {
    /// Name of the bucket, without the host.
    #[serde(deserialize_with = "text")]
    pub bucket: String,
    /// Region in which requests are signed.
    #[serde(deserialize_with = "text")]
    pub region: String,
    /// URL of the service, `http(s)://HOST[:PORT]`; `None` for Amazon's in the region.
    #[serde(deserialize_with = "optional_web_address")]
    pub endpoint: Option<String>,
    /// Whether the bucket is part of the host name (`https://BUCKET.HOST/KEY`) or of the path
    /// (`https://HOST/BUCKET/KEY`), as most services other than Amazon's require.
    pub virtual_hosted: bool,
    /// Key pair for signing; empty to search for one.
    #[serde(flatten)]
    pub credentials: S3Credentials,
    /// `Cache-Control` of the objects. An object never changes.
    pub cache_control: String,
    /// Encryption of the objects at rest.
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
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let S3Credentials { access_key_id, secret_access_key, .. } = &self.credentials;
        if access_key_id.is_empty() != secret_access_key.is_empty() {
            problems.push("access_key_id: must be set together with secret_access_key".to_owned());
        }
        if (self.encryption == S3Encryption::Kms) != self.kms_key_id.is_some() {
            problems
                .push("kms_key_id: must be set if encryption is \"kms\", and only then".to_owned());
        }
        problems
    }

    /// Base of the objects' URLs, with a slash at its end: the given one, or Amazon's for the
    /// bucket.
    pub(in crate::objects) fn public_base(&self, given: Option<&str>) -> String {
        let Self { bucket, region, .. } = self;
        match given {
            Some(base) if base.ends_with('/') => base.to_owned(),
            Some(base) => format!("{base}/"),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com/"),
        }
    }

    /// The endpoint, with the bucket in its host name if `virtual_hosted` is set.
    pub(super) fn endpoint_of_bucket(&self) -> Option<String> {
        let endpoint = self.endpoint.as_deref()?;
        match endpoint.split_once("://") {
            Some((scheme, host)) if self.virtual_hosted => {
                Some(format!("{scheme}://{}.{host}", self.bucket))
            }
            Some(_) | None => Some(endpoint.to_owned()),
        }
    }

    /// Retry limits of a call that begins now.
    pub(in crate::objects) fn retry(&self) -> Retry {
        let [first_pause, longest_pause] = PAUSES;
        Retry {
            max_attempts: self.max_retries.saturating_add(1),
            deadline: Instant::now() + self.retry_timeout,
            first_pause,
            longest_pause,
        }
    }

    /// Limits of concurrent calls.
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

/// Encryption of the objects at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum S3Encryption {
    /// The bucket's default. Amazon encrypts in any case.
    Bucket,
    /// Keys of the service (`AES256`).
    S3,
    /// A key of the key management service.
    Kms,
}

/// A key pair; empty texts mean none. [`S3ObjectStore`](super::S3ObjectStore) lists where a pair is
/// searched then.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Credentials {
    /// Public id of the pair, such as `AKIA...`.
    pub access_key_id: String,
    /// Secret that signs requests.
    pub secret_access_key: Secret,
    /// Token of a temporary pair; empty otherwise.
    pub session_token: Secret,
}

impl S3Credentials {
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
