use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

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

fn is_hex(text: &str, bytes: usize) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 2 * bytes && text.bytes().all(is_digit)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn text() -> KeyText {
        KeyText::new(KeyId::new([0, 1, 2, 0xab, 0xcd, 0xef]), [7; 32])
    }

    /// Secret scanners and stored keys depend on the format.
    #[test]
    fn the_format_of_a_key_is_frozen() {
        let exposed = text().expose();
        assert_eq!(exposed, format!("injeung_000102abcdef_{}", "07".repeat(32)));
        assert_eq!(exposed.parse::<KeyText>().unwrap().expose(), exposed);
        let digest = hex(&text().digest());
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
        assert_eq!(format!("{:?}", text()), "KeyText(KeyId(\"000102abcdef\"))");
    }
}
