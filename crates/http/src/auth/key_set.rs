use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use super::TokenAlgorithm;

/// Minimum length of an RSA modulus: 2048 bits.
pub(super) const MIN_MODULUS_LEN: usize = 256;

/// Public keys of an issuer that fit one algorithm.
pub(super) struct KeySet(Vec<(Option<String>, DecodingKey)>);

impl KeySet {
    /// Parses a JSON Web Key Set (RFC 7517). Keys that are unknown, for another purpose or for another algorithm are
    /// left out, above all symmetric ones: a key that everyone can read must not verify an HMAC.
    ///
    /// # Errors
    /// If the text is no key set.
    pub(super) fn parse(json: &[u8], algorithm: TokenAlgorithm) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }

        let Document { keys } = serde_json::from_slice(json)?;
        let keys = keys.into_iter().filter_map(|key| Jwk::deserialize(key).ok());
        let fitting = keys.filter(|key| fits(key, algorithm)).filter_map(|key| {
            let decoding_key = DecodingKey::from_jwk(&key).ok()?;
            Some((key.common.key_id, decoding_key))
        });
        Ok(Self(fitting.collect()))
    }

    /// The only key with an id, or the only key for a token without an id.
    pub(super) fn find(&self, id: Option<&str>) -> Option<&DecodingKey> {
        let mut found = self.0.iter().filter(|(key_id, _)| id.is_none() || key_id.as_deref() == id);
        let (_, key) = found.next()?;
        found.next().is_none().then_some(key)
    }
}

fn fits(key: &Jwk, algorithm: TokenAlgorithm) -> bool {
    use EllipticCurve::{Ed25519, P256};
    use TokenAlgorithm::{ES256, EdDSA, HS256, HS512, RS256};

    let is_for_signatures =
        matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let name = match algorithm {
        HS256 | HS512 => return false,
        RS256 => "RS256",
        ES256 => "ES256",
        EdDSA => "EdDSA",
    };
    let is_for_algorithm =
        key.common.key_algorithm.is_none_or(|algorithm| algorithm.to_string() == name);
    let has_parameters = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(rsa), RS256) => {
            let modulus = URL_SAFE_NO_PAD.decode(&rsa.n);
            modulus.is_ok_and(|modulus| modulus.len() >= MIN_MODULUS_LEN)
        }
        (AlgorithmParameters::EllipticCurve(ec), ES256) => ec.curve == P256,
        (AlgorithmParameters::OctetKeyPair(pair), EdDSA) => pair.curve == Ed25519,
        _ => false,
    };
    is_for_signatures && is_for_algorithm && has_parameters
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn symmetric_and_short_keys_are_left_out() {
        let has = |key: Value, algorithm| {
            let set = KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes(), algorithm);
            set.unwrap().find(Some("k")).is_some()
        };
        let rsa = |bytes: usize| {
            let modulus = URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
            json!({ "kty": "RSA", "kid": "k", "n": modulus, "e": "AQAB" })
        };
        assert!(has(rsa(MIN_MODULUS_LEN), TokenAlgorithm::RS256));
        assert!(!has(rsa(MIN_MODULUS_LEN - 1), TokenAlgorithm::RS256));
        assert!(!has(rsa(MIN_MODULUS_LEN), TokenAlgorithm::ES256));
        let symmetric = json!({ "kty": "oct", "kid": "k", "k": URL_SAFE_NO_PAD.encode([1; 64]) });
        for algorithm in [
            TokenAlgorithm::HS256,
            TokenAlgorithm::HS512,
            TokenAlgorithm::RS256,
            TokenAlgorithm::ES256,
            TokenAlgorithm::EdDSA,
        ] {
            assert!(!has(symmetric.clone(), algorithm), "{algorithm:?}");
        }
    }
}
