use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::Caller;
use crate::hex::hex;
use crate::participation::positive_id;

/// Name that a client gives a request, by which its retries are recognised (`Idempotency-Key`).
///
/// Keys of one caller are independent of those of others: see [`scoped`](Self::scoped).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey(String);

impl RequestKey {
    /// Maximum length in bytes.
    pub const MAX_LEN: usize = 255;

    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which the request of a caller is stored. Two callers never share one, so that
    /// no caller gets the answer of another. Without authentication it is the key itself.
    pub fn scoped(self, caller: &Caller) -> Self {
        let (kind, name) = match caller {
            Caller::Anyone => return self,
            Caller::Service(name) => ("service", name.as_str()),
            Caller::Participant(user_id) => ("participant", user_id.as_str()),
        };
        let parts = [kind.as_bytes(), name.as_bytes(), self.0.as_bytes()];
        let digest = Fingerprint::of(&parts);
        Self(hex(digest.as_bytes()))
    }
}

impl FromStr for RequestKey {
    type Err = RequestKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RequestKeyError)
        }
    }
}

impl fmt::Display for RequestKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The text is empty, too long, or not visible ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request key must be 1 to {} visible ASCII characters", RequestKey::MAX_LEN)]
pub struct RequestKeyError;

/// SHA-256 digest of a request's contents, which distinguishes it from others.
///
/// It is computed from the parsed request, so a retry may be encoded differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Digest of a request's parts, of which the first names the call. Each part is preceded by its
    /// length, so that no byte can move unnoticed from one part to the next.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

positive_id! {
    /// Database id of one claim on a request key; never reused.
    ClaimId
}

/// A claim on a request key. Only its holder may run the request and answer the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Database id of the claim.
    pub id: ClaimId,
    /// Answer to store for the key when the row is added.
    pub answer: Bytes,
    /// Instant until which that answer is kept.
    pub keep_until: OffsetDateTime,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        let longest = "k".repeat(255);
        for good in ["a", "550e8400-e29b-41d4-a716-446655440000", "\"quoted\"", "!~", &longest] {
            assert_eq!(good.parse::<RequestKey>().unwrap().as_str(), good);
        }
        let too_long = "k".repeat(256);
        for bad in ["", " ", "a b", "a\t", "a\n", "\u{7f}", "열쇠", "a\0", &too_long] {
            assert_eq!(bad.parse::<RequestKey>(), Err(RequestKeyError), "{bad:?}");
        }
    }

    #[test]
    fn a_key_belongs_to_its_caller() {
        let service = |name: &str| Caller::Service(name.parse().unwrap());
        let participant = |id: &str| Caller::Participant(id.parse().unwrap());
        let scoped = |caller: &Caller, key: &str| key.parse::<RequestKey>().unwrap().scoped(caller);
        assert_eq!(scoped(&Caller::Anyone, "k").as_str(), "k");
        let own = scoped(&participant("minji"), "k");
        assert_eq!(own, scoped(&participant("minji"), "k"));
        assert_eq!(own.as_str().len(), 64);
        for other in [
            scoped(&participant("minji"), "j"),
            scoped(&participant("minjik"), "k"),
            scoped(&participant("suho"), "k"),
            scoped(&service("minji"), "k"),
        ] {
            assert_ne!(own, other);
        }
    }

    #[test]
    fn a_fingerprint_knows_where_its_parts_end() {
        let of = |parts: &[&str]| {
            Fingerprint::of(&parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["a", "bc"]), of(&["a", "bc"]));
        for other in [&["ab", "c"][..], &["abc"], &["a", "bc", ""], &["a", "", "bc"], &["bc", "a"]]
        {
            assert_ne!(of(&["a", "bc"]), of(other), "{other:?}");
        }
        // The digest of a single empty part is the digest of its length, eight zero bytes.
        assert_eq!(of(&[""]).as_bytes()[..4], [0xaf, 0x55, 0x70, 0xf5]);
    }
}
