//! An issuer of tokens, honest or not.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use aws_lc_rs::{rand, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use injeung_http::TokenAlgorithm;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto, get_current_timestamp};
use serde_json::{Value, json};

pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A private key with its public half.
pub(super) struct Keys {
    pub(super) algorithm: Algorithm,
    pub(super) private: EncodingKey,
    /// DER of the public key, and the same in PEM.
    pub(super) public: Vec<u8>,
    pub(super) pem: String,
}

impl Keys {
    fn new(algorithm: Algorithm, private: EncodingKey, public: Vec<u8>) -> Self {
        let pem = pem("PUBLIC KEY", &public);
        Self { algorithm, private, public, pem }
    }

    /// The public key as a member of a key set.
    pub(super) fn jwk(&self, id: &str) -> Value {
        let jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = json!(id);
        jwk
    }
}

pub(super) static RSA: LazyLock<Keys> = LazyLock::new(|| {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let private = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes());
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    Keys::new(Algorithm::RS256, private.unwrap(), public.as_ref().to_vec())
});

pub(super) static EC: LazyLock<Keys> = LazyLock::new(|| {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let random = rand::SystemRandom::new();
    let private = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref()).unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let private = EncodingKey::from_ec_der(private.as_ref());
    Keys::new(Algorithm::ES256, private, public.as_ref().to_vec())
});

pub(super) static ED: LazyLock<Keys> = LazyLock::new(|| {
    // Without the public key, as other programs write it.
    let pair = Ed25519KeyPair::generate().unwrap();
    let private = pair.to_pkcs8v1().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let private = EncodingKey::from_ed_der(private.as_ref());
    Keys::new(Algorithm::EdDSA, private, public.as_ref().to_vec())
});

pub(super) fn hmac(secret: &[u8]) -> EncodingKey {
    EncodingKey::from_secret(secret)
}

/// The keys of an algorithm with public keys.
pub(super) fn keys(algorithm: TokenAlgorithm) -> &'static Keys {
    match algorithm {
        TokenAlgorithm::RS256 => &RSA,
        TokenAlgorithm::ES256 => &EC,
        TokenAlgorithm::EdDSA => &ED,
        TokenAlgorithm::HS256 | TokenAlgorithm::HS512 => panic!("{algorithm:?} has no public key"),
    }
}

/// Claims of a valid token of `minji`.
pub(super) fn claims() -> Value {
    let now = get_current_timestamp();
    json!({
        "sub": "minji", "iss": "https://id.example", "aud": "injeung", "iat": now, "exp": now + 60,
    })
}

/// `claims` with one claim replaced, or removed for `null`.
pub(super) fn with_claim(name: &str, value: Value) -> String {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims.to_string()
}

/// A token with any header and any claims, signed.
pub(super) fn token(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = unsigned(header, claims);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// The first two parts of a token.
pub(super) fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

fn pem(label: &str, der: &[u8]) -> String {
    let lines = STANDARD.encode(der);
    let lines: Vec<_> =
        lines.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
