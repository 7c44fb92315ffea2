use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, io};

use injeung_domain::UserId;
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;

use super::jwks::{Jwks, KeySetSource};
use super::{TokenAlgorithm, TokenSettings};
use crate::excerpt::excerpt;

/// Maximum length of a key id in bytes.
const MAX_KEY_ID_LEN: usize = 128;

/// Verifies the tokens of participants: JSON Web Tokens (RFC 7519) with one algorithm, as RFC 8725 recommends.
pub(super) struct TokenVerifier {
    keys: Keys,
    validation: Validation,
}

enum Keys {
    Fixed(DecodingKey),
    Set(Arc<Jwks>),
}

/// The claims that are checked. A claim that occurs twice or has another type is an error.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// The library would accept a list that contains the issuer.
    #[serde(rename = "iss")]
    _issuer: Option<String>,
    iat: Option<f64>,
}

impl TokenVerifier {
    /// Creates the verifier; `None` if no tokens are accepted.
    ///
    /// # Errors
    /// If the key cannot be read.
    pub(super) fn new(
        settings: &TokenSettings,
        key_sets: Option<Arc<dyn KeySetSource>>,
    ) -> Result<Option<Self>, TokenKeyError> {
        let Some(algorithm) = settings.algorithm else { return Ok(None) };
        let keys = match (key_sets, &settings.key_file) {
            (Some(source), _) => Keys::Set(Jwks::new(source, algorithm)),
            (None, Some(file)) => Keys::Fixed(read_key(file.clone(), algorithm)?),
            (None, None) => {
                Keys::Fixed(DecodingKey::from_secret(settings.secret.expose().as_bytes()))
            }
        };
        let mut validation = Validation::new(match algorithm {
            TokenAlgorithm::HS256 => Algorithm::HS256,
            TokenAlgorithm::HS512 => Algorithm::HS512,
            TokenAlgorithm::RS256 => Algorithm::RS256,
            TokenAlgorithm::ES256 => Algorithm::ES256,
            TokenAlgorithm::EdDSA => Algorithm::EdDSA,
        });
        validation.leeway = settings.leeway.as_secs();
        validation.validate_nbf = true;
        // The library checks a claim that is absent only if it is required.
        let mut required = vec!["exp", "sub"];
        if let Some(issuer) = &settings.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &settings.audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        Ok(Some(Self { keys, validation }))
    }

    /// Verifies a token and returns its subject.
    ///
    /// # Errors
    /// If the token is not valid, or its key cannot be fetched.
    pub(super) async fn verify(&self, token: &str) -> Result<UserId, TokenError> {
        if token.split('.').count() != 3 {
            return Err(TokenError::Malformed("it has not three parts"));
        }
        let header = decode_header(token)?;
        check_header(&header)?;
        // Checked before the key set, so that other tokens cause no fetch.
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(TokenError::OtherAlgorithm);
        }
        let claims = match &self.keys {
            Keys::Fixed(key) => decode::<Claims>(token, key, &self.validation),
            Keys::Set(set) => {
                decode(token, &set.find(header.kid.as_deref()).await?, &self.validation)
            }
        }?
        .claims;
        let latest = jsonwebtoken::get_current_timestamp() + self.validation.leeway;
        // Exact below 2^53 seconds.
        if claims.iat.is_some_and(|issued| issued > latest as f64) {
            return Err(TokenError::Malformed("it was issued in the future"));
        }
        // Parsing trims blanks. A subject with blanks is another one.
        let user_id = claims.sub.parse::<UserId>().ok();
        let user_id = user_id.filter(|user_id| user_id.as_str() == claims.sub);
        user_id.ok_or(TokenError::Malformed("sub is no user id"))
    }
}

/// Rejects extensions that the service does not know, and keys that the sender chose.
fn check_header(header: &Header) -> Result<(), TokenError> {
    if header.crit.is_some() {
        return Err(TokenError::Malformed("it has critical extensions"));
    }
    let names_key = header.jwk.is_some()
        || header.jku.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some();
    if names_key {
        return Err(TokenError::Malformed("it names its own key"));
    }
    if header.kid.as_ref().is_some_and(|id| id.len() > MAX_KEY_ID_LEN) {
        return Err(TokenError::Malformed("its key id is longer than 128 bytes"));
    }
    Ok(())
}

/// Reads the public key of an algorithm from a PEM file.
fn read_key(file: PathBuf, algorithm: TokenAlgorithm) -> Result<DecodingKey, TokenKeyError> {
    let invalid = |file| TokenKeyError::Invalid { file, algorithm };
    let pem = match fs::read(&file) {
        Ok(pem) => pem,
        Err(source) => return Err(TokenKeyError::Unreadable { file, source }),
    };
    // Length of the decoded key: an uncompressed point of P-256, or RSA of at least 2048 bits.
    let (key, lengths) = match algorithm {
        TokenAlgorithm::HS256 | TokenAlgorithm::HS512 => return Err(invalid(file)),
        TokenAlgorithm::RS256 => (DecodingKey::from_rsa_pem(&pem), 266..=usize::MAX),
        TokenAlgorithm::ES256 => (DecodingKey::from_ec_pem(&pem), 65..=65),
        TokenAlgorithm::EdDSA => (DecodingKey::from_ed_pem(&pem), 32..=32),
    };
    let is_private = String::from_utf8_lossy(&pem).contains("PRIVATE KEY");
    let Ok(key) = key else { return Err(invalid(file)) };
    let fits = key.try_get_as_bytes().is_ok_and(|bytes| lengths.contains(&bytes.len()));
    if fits && !is_private { Ok(key) } else { Err(invalid(file)) }
}

/// Why a token was rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The token is rejected before its signature is verified, or by one of this service's own checks.
    #[error("{0}")]
    Malformed(&'static str),
    /// The token has another algorithm than the configured one.
    #[error("its algorithm is not the configured one")]
    OtherAlgorithm,
    /// The issuer has no key of this id.
    #[error("the issuer has no such key")]
    UnknownKey,
    /// The key set of the issuer was never fetched.
    #[error("the key set of the issuer is not available")]
    NoKeySet,
    /// The token is malformed, its signature does not match, or a claim is not the required one.
    #[error("{0}")]
    Invalid(String),
}

impl From<Error> for TokenError {
    /// The text can quote the token.
    fn from(error: Error) -> Self {
        Self::Invalid(excerpt(&error.to_string()))
    }
}

/// Why the key of the tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    /// The file cannot be read.
    #[error("read auth.token.key_file {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file has no usable key.
    #[error("read auth.token.key_file {}: is no public key for {algorithm:?} in PEM", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// The configured algorithm.
        algorithm: TokenAlgorithm,
    },
}
