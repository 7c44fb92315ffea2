use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Key of the signatures: `whsec_` and the base64 of 24 to 64 bytes.
#[derive(Clone)]
pub(super) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// `None` for a text of another form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        if !(24..=64).contains(&bytes.len()) {
            return None;
        }
        Hmac::new_from_slice(&bytes).ok().map(Self)
    }

    fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mac = self.0.clone().chain_update(format!("{id}.{timestamp}.")).chain_update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey")
    }
}

/// The header `webhook-signature`: a signature with each key, in the order of the keys.
pub(super) fn header(keys: &[SigningKey], id: &str, timestamp: &str, body: &[u8]) -> String {
    let signatures: Vec<_> = keys.iter().map(|key| key.sign(id, timestamp, body)).collect();
    signatures.join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::slice;

    use super::*;

    /// The test vector of Standard Webhooks' libraries.
    #[test]
    fn the_signature_is_that_of_the_standard() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, timestamp) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        let sign = |keys: &[SigningKey], body: &[u8]| header(keys, id, timestamp, body);
        let body = br#"{"test": 2432232314}"#;
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(slice::from_ref(&key), body), expected);
        assert_ne!(sign(slice::from_ref(&key), br#"{"test": 2432232315}"#), expected);

        let old = SigningKey::parse(&format!("whsec_{}", STANDARD.encode([7; 24]))).unwrap();
        let both = sign(&[old.clone(), key], body);
        assert_eq!(both, format!("{} {expected}", sign(&[old], body)));
    }

    #[test]
    fn a_key_has_its_prefix_and_enough_bytes() {
        let key = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for (text, is_key) in [
            (key(24), true),
            (key(64), true),
            (key(23), false),
            (key(65), false),
            (key(32).replace("whsec_", ""), false),
            (key(32).replace("whsec_", "whsk_"), false),
            ("whsec_?".to_owned(), false),
        ] {
            assert_eq!(SigningKey::parse(&text).is_some(), is_key, "{text}");
        }
    }
}
