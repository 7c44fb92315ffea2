//! Fuzz targets of credentials.
#![allow(clippy::expect_used, reason = "a broken promise must stop the fuzzer")]

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use injeung_adapter::Secret;
use injeung_domain::UserId;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::Value;

use super::credential::Credential;
use super::key_set::KeySet;
use super::token::TokenVerifier;
use super::{AuthSettings, TokenAlgorithm, TokenSettings};

const SECRET: &str = "a secret of the fuzz targets, 32+";

/// A value of `Authorization`; and claims, signed by the issuer, whose subject is a text if they are accepted.
pub fn token(input: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(input) {
        let credential = Credential::of(&HeaderMap::from_iter([(AUTHORIZATION, value)]));
        if let Ok(Credential::Token(token)) = credential {
            verified(&token);
        }
    }
    let signed = format!("eyJhbGciOiJIUzI1NiJ9.{}", URL_SAFE_NO_PAD.encode(input));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).expect("sign");
    if let Some(user) = verified(&format!("{signed}.{signature}")) {
        let claims: Value = serde_json::from_slice(input).expect("claims are JSON");
        assert_eq!(claims.get("sub").and_then(Value::as_str), Some(user.as_str()));
        assert!(claims.get("exp").is_some_and(Value::is_number));
    }
}

fn verified(token: &str) -> Option<UserId> {
    let settings = TokenSettings {
        algorithm: Some(TokenAlgorithm::HS256),
        secret: Secret::new(SECRET),
        ..AuthSettings::default().token
    };
    let verifier = TokenVerifier::new(&settings, None).ok().flatten().expect("a verifier");
    // Only a key set is awaited.
    verifier.verify(token).now_or_never().expect("it waits for nothing").ok()
}

/// A key set of an issuer. No key verifies an HMAC.
pub fn key_set(json: &[u8]) {
    for algorithm in [TokenAlgorithm::RS256, TokenAlgorithm::ES256, TokenAlgorithm::EdDSA] {
        if let Ok(keys) = KeySet::parse(json, algorithm) {
            keys.find(None);
            keys.find(Some("k"));
        }
    }
    if let Ok(keys) = KeySet::parse(json, TokenAlgorithm::HS256) {
        assert!(keys.find(None).is_none());
    }
}
