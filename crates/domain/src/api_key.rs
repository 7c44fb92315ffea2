//! API keys of servers that call the service.
//!
//! A key is the text `injeung_ID_SECRET`. The prefix lets secret scanners find leaked keys, and the
//! id names the key in logs and commands. Only the SHA-256 digest of the secret is stored. A fast
//! digest is sufficient, because a secret has 256 random bits.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use crate::hex::hex;

/// First part of the text of every API key.
const PREFIX: &str = "injeung_";

/// Public id of an API key: 12 lowercase hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Number of bytes of an id.
    pub const BYTES: usize = 6;

    /// The id with these bytes, which must be random.
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(hex(&bytes))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_hex(text, Self::BYTES) { Ok(Self(text.to_owned())) } else { Err(KeyTextError) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Text of an API key, which its holder sends. `Debug` shows the id only.
#[derive(Clone)]
pub struct KeyText {
    id: KeyId,
    secret: String,
}

impl KeyText {
    /// Number of bytes of a secret.
    pub const SECRET_BYTES: usize = 32;

    /// The key with this id and secret, which must be random.
    pub fn new(id: KeyId, secret: [u8; Self::SECRET_BYTES]) -> Self {
        Self { id, secret: hex(&secret) }
    }

    /// Whether a credential is meant as an API key, even if it is malformed.
    pub fn is_meant_by(credential: &str) -> bool {
        credential.starts_with(PREFIX)
    }

    /// Id of the key.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// SHA-256 digest of the secret, for the database.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.secret).into()
    }

    /// The whole text, for the key's holder.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }
}

impl FromStr for KeyText {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.strip_prefix(PREFIX).and_then(|text| text.split_once('_'));
        let (id, secret) = parts.ok_or(KeyTextError)?;
        if !is_hex(secret, Self::SECRET_BYTES) {
            return Err(KeyTextError);
        }
        Ok(Self { id: id.parse()?, secret: secret.to_owned() })
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("KeyText").field(&self.id).finish()
    }
}

/// The text is not an API key, or not the id of one. It is not repeated, since it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an API key is injeung_, 12 and 64 hexadecimal digits with a _ between, its id the 12 digits"
)]
pub struct KeyTextError;

/// Name of the server that holds a key. Keys with one name belong to one caller, so that a new key
/// can replace another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// Maximum length in bytes.
    pub const MAX_LEN: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyNameError)
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The text is empty, too long, or has other characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key's name is 1 to {} letters, digits, -, _ and .", KeyName::MAX_LEN)]
pub struct KeyNameError;

/// Permission of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Send photos for every participation, and read stored photos.
    Verify,
    /// Manage challenge groups and participations.
    Admin,
    /// Review photos.
    Console,
    /// Read the metrics.
    Metrics,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::Verify, Self::Admin, Self::Console, Self::Metrics];

    /// Name of the scope in commands and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Admin => "admin",
            Self::Console => "console",
            Self::Metrics => "metrics",
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or(ScopeError)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(formatter)
    }
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is verify, admin, console or metrics")]
pub struct ScopeError;

/// Stored API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Public id, chosen at random when the key is made.
    pub id: KeyId,
    /// Name of the server that holds the key.
    pub name: KeyName,
    /// SHA-256 digest of the secret.
    pub digest: [u8; 32],
    /// What the key permits.
    pub scopes: Vec<Scope>,
    /// Instant at which the key was made.
    pub created_at: OffsetDateTime,
    /// Instant from which the key is invalid; `None` for never.
    pub expires_at: Option<OffsetDateTime>,
    /// Instant at which the key was revoked.
    pub revoked_at: Option<OffsetDateTime>,
    /// Instant of the last use, to about a minute.
    pub last_used_at: Option<OffsetDateTime>,
}

impl ApiKey {
    /// Checks that a text is this key's, that the key is valid at `now`, and that it has the scope.
    ///
    /// The digests are compared in constant time, and before everything else, so that only the
    /// holder of a key can find out its state.
    ///
    /// # Errors
    /// In the order of [`KeyRejection`]'s variants.
    pub fn check(
        &self,
        text: &KeyText,
        scope: Scope,
        now: OffsetDateTime,
    ) -> Result<(), KeyRejection> {
        if !bool::from(text.digest().ct_eq(&self.digest)) {
            return Err(KeyRejection::OtherSecret);
        }
        if self.revoked_at.is_some() {
            return Err(KeyRejection::Revoked);
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(KeyRejection::Expired);
        }
        if !self.scopes.contains(&scope) {
            return Err(KeyRejection::LacksScope(scope));
        }
        Ok(())
    }
}

/// Why an API key was rejected. Clients get one response to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRejection {
    /// The secret belongs to another id.
    #[error("the secret is not that of the key")]
    OtherSecret,
    /// The key was revoked.
    #[error("the key was revoked")]
    Revoked,
    /// The key has expired.
    #[error("the key has expired")]
    Expired,
    /// The key does not permit the call.
    #[error("the key lacks the scope {0}")]
    LacksScope(Scope),
}

fn is_hex(text: &str, bytes: usize) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 2 * bytes && text.bytes().all(is_digit)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

    fn text(secret: u8) -> KeyText {
        KeyText::new(KeyId::new([0, 1, 2, 0xab, 0xcd, 0xef]), [secret; 32])
    }

    fn key() -> ApiKey {
        ApiKey {
            id: text(7).id().clone(),
            name: "app".parse().unwrap(),
            digest: text(7).digest(),
            scopes: vec![Scope::Verify],
            created_at: NOW,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    /// Secret scanners and stored keys depend on the format.
    #[test]
    fn the_format_of_a_key_is_frozen() {
        let exposed = text(7).expose();
        assert_eq!(exposed, format!("injeung_000102abcdef_{}", "07".repeat(32)));
        assert_eq!(exposed.parse::<KeyText>().unwrap().expose(), exposed);
        let digest = hex(&text(7).digest());
        assert_eq!(digest, "1967c0fdaed0b8f2618d3b1f4a9f8541ed315505acc26f5a41f382da8bdd9954");
    }

    #[test]
    fn other_texts_are_no_keys() {
        let secret = "07".repeat(32);
        for wrong in [
            String::new(),
            "injeung_".to_owned(),
            format!("Injeung_000102abcdef_{secret}"),
            format!("injeung_000102abcde_{secret}"),
            format!("injeung_000102ABCDEF_{secret}"),
            format!("injeung_000102abcdeg_{secret}"),
            format!("injeung_000102abcdef_{secret}0"),
            format!("injeung_000102abcdef_{secret} "),
            format!("injeung_000102abcdef{secret}"),
            format!("injeung_000102abcdef_{}", secret.replace('7', "G")),
        ] {
            assert!(wrong.parse::<KeyText>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", text(7)), "KeyText(KeyId(\"000102abcdef\"))");
    }

    #[test]
    fn a_name_is_short_and_plain() {
        let longest = "n".repeat(64);
        for good in ["a", "app-server_2.kr", &longest] {
            assert_eq!(good.parse::<KeyName>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\n", "앱", &"n".repeat(65)] {
            assert_eq!(bad.parse::<KeyName>(), Err(KeyNameError), "{bad:?}");
        }
    }

    #[test]
    fn a_key_is_valid_until_its_end_for_its_scopes() {
        let check = |key: &ApiKey| key.check(&text(7), Scope::Verify, NOW);
        assert_eq!(check(&key()), Ok(()));
        let until = |end| ApiKey { expires_at: Some(end), ..key() };
        assert_eq!(check(&until(NOW + Duration::SECOND)), Ok(()));
        assert_eq!(check(&until(NOW)), Err(KeyRejection::Expired));
        let revoked = ApiKey { revoked_at: Some(NOW), ..key() };
        assert_eq!(check(&revoked), Err(KeyRejection::Revoked));
        for scope in [Scope::Admin, Scope::Console, Scope::Metrics] {
            let rejected = key().check(&text(7), scope, NOW);
            assert_eq!(rejected, Err(KeyRejection::LacksScope(scope)));
        }
        let state_is_unknown = revoked.check(&text(8), Scope::Admin, NOW);
        assert_eq!(state_is_unknown, Err(KeyRejection::OtherSecret));
    }
}
