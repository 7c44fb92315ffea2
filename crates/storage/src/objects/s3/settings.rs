use std::fmt;
use std::time::Duration;

use injeung_adapter::Limits;

/// Where a bucket is and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// The bucket's name.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// Where the service is, `http(s)://HOST[:PORT]`; Amazon's own for that region where nothing is
    /// given.
    pub endpoint: Option<String>,
    /// Whether the bucket is a part of the host name (`https://BUCKET.HOST/KEY`) or of the path
    /// (`https://HOST/BUCKET/KEY`), as most services other than Amazon's want it.
    pub virtual_hosted: bool,
    /// What clients put before a key to fetch its object; a `/` at its end is added when missing.
    /// `https://BUCKET.s3.REGION.amazonaws.com/` where nothing is given.
    pub public_base: Option<String>,
    /// Who we are; nothing takes the machine's own answer: see
    /// [`S3ObjectStore`](super::S3ObjectStore).
    pub credentials: Option<S3Credentials>,
    /// The `Cache-Control` that objects are served with. An object never changes.
    pub cache_control: String,
    /// How objects are encrypted where they lie.
    pub encryption: S3Encryption,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from connecting to the last byte.
    pub request_timeout: Duration,
    /// How often an attempt is repeated that the service could not answer, with growing pauses.
    pub max_retries: usize,
    /// How long after the first attempt no other one begins.
    pub retry_timeout: Duration,
    /// How much is done at once.
    pub limits: Limits,
}

impl Default for S3Settings {
    /// The bucket `homybk` in `ap-northeast-2`; 3 seconds to connect, 10 for an attempt, 3 more
    /// attempts within 15 seconds, 32 calls at once and otherwise the default limits.
    fn default() -> Self {
        Self {
            bucket: "homybk".to_owned(),
            region: "ap-northeast-2".to_owned(),
            endpoint: None,
            virtual_hosted: true,
            public_base: None,
            credentials: None,
            cache_control: "max-age=31536000, immutable".to_owned(),
            encryption: S3Encryption::BucketDefault,
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(10),
            max_retries: 3,
            retry_timeout: Duration::from_secs(15),
            limits: Limits { max_running: 32, ..Limits::default() },
        }
    }
}

impl S3Settings {
    /// The public base with its slash.
    pub(in crate::objects) fn public_base(&self) -> String {
        let Self { bucket, region, .. } = self;
        match &self.public_base {
            Some(base) if base.ends_with('/') => base.clone(),
            Some(base) => format!("{base}/"),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com/"),
        }
    }

    /// The endpoint with the bucket as a part of its host name where it has to be one.
    pub(super) fn endpoint_of_bucket(&self) -> Option<String> {
        let endpoint = self.endpoint.as_deref()?;
        match endpoint.split_once("://") {
            Some((scheme, host)) if self.virtual_hosted => {
                Some(format!("{scheme}://{}.{host}", self.bucket))
            }
            Some(_) | None => Some(endpoint.to_owned()),
        }
    }
}

/// How the service encrypts objects where they lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum S3Encryption {
    /// As the bucket is configured, which Amazon encrypts in any case.
    BucketDefault,
    /// With keys of the service (`AES256`).
    S3,
    /// With a key of the key management service.
    Kms {
        /// The key's id or ARN.
        key_id: String,
    },
}

/// A key pair.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Credentials {
    /// The name of the pair.
    pub access_key_id: String,
    /// The secret of the pair.
    pub secret_access_key: String,
    /// What belongs to a pair that holds for a while only.
    pub session_token: Option<String>,
}

impl fmt::Debug for S3Credentials {
    /// Leaves the secrets out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("S3Credentials");
        shown.field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let credentials = S3Credentials {
            access_key_id: "AKID".to_owned(),
            secret_access_key: "s3cret".to_owned(),
            session_token: Some("t0ken".to_owned()),
        };
        let settings = S3Settings { credentials: Some(credentials), ..S3Settings::default() };
        let shown = format!("{settings:?}");
        assert!(shown.contains("AKID"), "{shown}");
        assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
    }

    #[test]
    fn a_bucket_has_its_addresses() {
        let amazon = S3Settings::default();
        assert_eq!(amazon.public_base(), "https://homybk.s3.ap-northeast-2.amazonaws.com/");
        assert_eq!(amazon.endpoint_of_bucket(), None);
        let public_base = Some("https://photos.example".to_owned());
        let endpoint = Some("http://127.0.0.1:9000".to_owned());
        let other = S3Settings { public_base, endpoint, ..amazon };
        assert_eq!(other.public_base(), "https://photos.example/");
        assert_eq!(other.endpoint_of_bucket().as_deref(), Some("http://homybk.127.0.0.1:9000"));
        let path_style = S3Settings { virtual_hosted: false, ..other };
        assert_eq!(path_style.endpoint_of_bucket().as_deref(), Some("http://127.0.0.1:9000"));
    }
}
