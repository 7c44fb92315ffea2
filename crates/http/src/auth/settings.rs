use std::path::PathBuf;
use std::time::Duration;

use injeung_adapter::settings::{defaults, optional_text, optional_web_address, seconds};
use injeung_adapter::{Secret, UrlSigner};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer};

/// Which credentials requests need: `[auth]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthSettings {
    /// Whether calls, photos and metrics need a credential.
    pub required: bool,
    /// Whether a service without `required` may listen on an address other than loopback.
    pub allow_open: bool,
    /// Whether everyone may fetch stored photos although `required` is set.
    pub public_photos: bool,
    /// Key of the signatures in URLs of photos on disk, at least [`UrlSigner::MIN_SECRET_LEN`] bytes; empty for no
    /// signed URLs.
    pub url_secret: Secret,
    /// Which tokens are accepted.
    pub token: TokenSettings,
}

/// How tokens are verified: `[auth.token]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct TokenSettings {
    /// The only accepted algorithm; `None` accepts no tokens.
    #[serde(deserialize_with = "algorithm")]
    pub algorithm: Option<TokenAlgorithm>,
    /// Shared key of HS256 and HS512.
    pub secret: Secret,
    /// PEM file with the public key of the other algorithms.
    #[serde(deserialize_with = "file")]
    pub key_file: Option<PathBuf>,
    /// URL of the issuer's JSON Web Key Set, instead of a file.
    #[serde(deserialize_with = "optional_web_address")]
    pub jwks_url: Option<String>,
    /// Required value of `iss`; `None` accepts every value.
    #[serde(deserialize_with = "optional_text")]
    pub issuer: Option<String>,
    /// Value that `aud` must be or contain; `None` accepts only tokens without `aud`.
    #[serde(deserialize_with = "optional_text")]
    pub audience: Option<String>,
    /// Tolerance of `exp`, `nbf` and `iat` for clocks that differ.
    #[serde(rename = "leeway_s", deserialize_with = "seconds::<_, 0, 300>")]
    pub leeway: Duration,
}

/// Signature algorithm of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256.
    HS256,
    /// HMAC with SHA-512.
    HS512,
    /// RSA PKCS #1 v1.5 with SHA-256.
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl TokenAlgorithm {
    /// Minimum length of the shared key in bytes; `None` for a public key.
    fn min_secret_len(self) -> Option<usize> {
        match self {
            Self::HS256 => Some(32),
            Self::HS512 => Some(64),
            Self::RS256 | Self::ES256 | Self::EdDSA => None,
        }
    }
}

fn algorithm<'de, D>(deserializer: D) -> Result<Option<TokenAlgorithm>, D::Error>
where
    D: Deserializer<'de>,
{
    let name = optional_text(deserializer)?;
    let parse = |name: String| TokenAlgorithm::deserialize(name.into_deserializer());
    name.map(parse).transpose()
}

fn file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(optional_text(deserializer)?.map(PathBuf::from))
}

impl AuthSettings {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let mut problems = self.token.contradictions();
        if !self.url_secret.is_empty() && UrlSigner::new(&self.url_secret).is_none() {
            problems.push("url_secret: has less than 32 bytes".to_owned());
        }
        problems
    }

    /// Signer of URLs of photos on disk; `None` without a secret.
    pub fn url_signer(&self) -> Option<UrlSigner> {
        UrlSigner::new(&self.url_secret)
    }
}

impl TokenSettings {
    fn contradictions(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut unless = |holds: bool, problem: &str| {
            if !holds {
                problems.push(format!("token.{problem}"));
            }
        };
        let public_keys =
            usize::from(self.key_file.is_some()) + usize::from(self.jwks_url.is_some());
        match self.algorithm.map(TokenAlgorithm::min_secret_len) {
            None => {
                let none = self.secret.is_empty() && public_keys == 0;
                unless(none, "algorithm: is empty, but a key is set");
            }
            Some(Some(min_len)) => {
                let is_long = self.secret.expose().len() >= min_len;
                unless(is_long, &format!("secret: has less than {min_len} bytes"));
                unless(public_keys == 0, "algorithm: takes a secret, no key_file and no jwks_url");
            }
            Some(None) => {
                unless(
                    self.secret.is_empty(),
                    "secret: is set, but the algorithm takes a public key",
                );
                unless(public_keys == 1, "key_file: set either it or jwks_url");
            }
        }
        if let Some(url) = &self.jwks_url {
            unless(is_private(url), "jwks_url: is not https, and its host is not this machine");
            // The keys of an identity provider sign tokens for many applications.
            unless(self.issuer.is_some(), "issuer: is empty, but jwks_url is set");
            unless(self.audience.is_some(), "audience: is empty, but jwks_url is set");
        }
        problems
    }
}

/// Whether nobody on the way can replace the response.
fn is_private(url: &str) -> bool {
    let local = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    let is_local = |prefix: &&str| {
        let rest = url.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    url.starts_with("https://") || local.iter().any(is_local)
}

impl Default for AuthSettings {
    /// Section `[auth]` of config/default.toml.
    fn default() -> Self {
        defaults("auth")
    }
}
