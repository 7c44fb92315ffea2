use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use injeung_domain::ObjectKey;
use sha2::Sha256;

use crate::Secret;

/// Signs URLs of photos that this service serves itself, so that anyone who has such a URL can fetch
/// the photo until it expires.
///
/// A signed URL has the query `expires=SECONDS&signature=HEX`: the end in seconds since 1970, and
/// the HMAC-SHA256 of the key and the end.
#[derive(Clone)]
pub struct UrlSigner(Hmac<Sha256>);

impl UrlSigner {
    /// Minimum length of the secret in bytes: that of the digest.
    pub const MIN_SECRET_LEN: usize = 32;

    /// A signer with a secret, which must be the same in all services that serve the photos. `None`
    /// if it is shorter than [`MIN_SECRET_LEN`](Self::MIN_SECRET_LEN).
    pub fn new(secret: &Secret) -> Option<Self> {
        let secret = secret.expose().as_bytes();
        if secret.len() < Self::MIN_SECRET_LEN {
            return None;
        }
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// Query of a URL of the photo that is valid for a time.
    pub fn query(&self, key: &ObjectKey, valid: Duration) -> String {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let expires = since_1970.saturating_add(valid).as_secs();
        let signature = self.mac(key, expires).finalize().into_bytes();
        let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("expires={expires}&signature={signature}")
    }

    /// Checks the end and the signature of a URL. The signatures are compared in constant time.
    ///
    /// # Errors
    /// When the signature does not belong to the key and the end, or the end is over.
    pub fn verify(
        &self,
        key: &ObjectKey,
        expires: u64,
        signature: &str,
    ) -> Result<(), UrlSignatureError> {
        let signature = bytes(signature).ok_or(UrlSignatureError::Other)?;
        self.mac(key, expires).verify_slice(&signature).map_err(|_| UrlSignatureError::Other)?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if since_1970.as_secs() < expires { Ok(()) } else { Err(UrlSignatureError::Expired) }
    }

    fn mac(&self, key: &ObjectKey, expires: u64) -> Hmac<Sha256> {
        // An object key has no line break.
        self.0.clone().chain_update(format!("{key}\n{expires}"))
    }
}

/// Why the signature of a URL was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlSignatureError {
    /// The signature belongs to another photo, another end or another secret.
    #[error("the signature is not that of the URL")]
    Other,
    /// The URL has expired.
    #[error("the URL has expired")]
    Expired,
}

/// Bytes of lowercase hexadecimal digits.
pub(crate) fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .bytes()
        .map(|digit| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        })
        .collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| 16 * high + low).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn signer(letter: &str) -> UrlSigner {
        UrlSigner::new(&Secret::new(letter.repeat(32))).unwrap()
    }

    fn key(name: &str) -> ObjectKey {
        name.parse().unwrap()
    }

    fn parts(query: &str) -> (u64, &str) {
        let (expires, signature) = query.split_once("&signature=").unwrap();
        (expires.strip_prefix("expires=").unwrap().parse().unwrap(), signature)
    }

    #[test]
    fn a_url_is_valid_for_its_photo_until_its_end() {
        let query = signer("s").query(&key("std_1_1.jpg"), Duration::from_secs(60));
        let (expires, signature) = parts(&query);
        let verify =
            |name, expires, signature: &str| signer("s").verify(&key(name), expires, signature);
        assert_eq!(verify("std_1_1.jpg", expires, signature), Ok(()));
        let other = Err(UrlSignatureError::Other);
        assert_eq!(verify("std_2_1.jpg", expires, signature), other);
        assert_eq!(verify("std_1_1.jpg", expires + 1, signature), other);
        for wrong in ["", "0", "zz", &"0".repeat(64), &signature.to_uppercase(), &signature[2..]] {
            assert_eq!(verify("std_1_1.jpg", expires, wrong), other, "{wrong}");
        }
        assert_eq!(signer("t").verify(&key("std_1_1.jpg"), expires, signature), other);
        let over = signer("s").query(&key("std_1_1.jpg"), Duration::ZERO);
        let (expires, signature) = parts(&over);
        assert_eq!(verify("std_1_1.jpg", expires, signature), Err(UrlSignatureError::Expired));
    }

    #[test]
    fn a_short_secret_signs_nothing() {
        assert!(UrlSigner::new(&Secret::new("s".repeat(31))).is_none());
    }
}
