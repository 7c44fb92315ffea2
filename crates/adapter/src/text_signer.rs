use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs texts that this service reads back later, such as cookies, with HMAC-SHA256.
#[derive(Clone)]
pub struct TextSigner(Hmac<Sha256>);

impl TextSigner {
    /// Minimum length of a secret in bytes: that of the digest.
    pub const MIN_SECRET_LEN: usize = 32;

    /// A signer with a secret; `None` if it is shorter than [`MIN_SECRET_LEN`](Self::MIN_SECRET_LEN).
    pub fn new(secret: &[u8]) -> Option<Self> {
        if secret.len() < Self::MIN_SECRET_LEN {
            return None;
        }
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// Signature of a text in lowercase hexadecimal digits.
    pub fn sign(&self, text: &str) -> String {
        let mac = self.0.clone().chain_update(text).finalize().into_bytes();
        mac.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a signature is that of a text. Compares in constant time.
    pub fn verify(&self, text: &str, signature: &str) -> bool {
        let Some(signature) = crate::url_signer::bytes(signature) else { return false };
        self.0.clone().chain_update(text).verify_slice(&signature).is_ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::TextSigner;

    #[test]
    fn only_the_own_signature_of_a_text_is_valid() {
        let signer = TextSigner::new(&[7; 32]).unwrap();
        let signature = signer.sign("a text");
        assert!(signer.verify("a text", &signature));
        let other = TextSigner::new(&[8; 32]).unwrap().sign("a text");
        for wrong in [other.as_str(), "", "zz", &signature[..62], &signature.to_uppercase()] {
            assert!(!signer.verify("a text", wrong), "{wrong:?}");
        }
        assert!(!signer.verify("another text", &signature));
        assert!(TextSigner::new(&[7; 31]).is_none());
    }
}
