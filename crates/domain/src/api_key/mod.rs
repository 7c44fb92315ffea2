//! API keys of servers that call the service.
//!
//! A key is the text `injeung_ID_SECRET`. The prefix lets secret scanners find leaked keys, and the
//! id names the key in logs and commands. Only the SHA-256 digest of the secret is stored. A fast
//! digest is sufficient, because a secret has 256 random bits.

mod name;
mod scope;
mod text;

use subtle::ConstantTimeEq;
use time::OffsetDateTime;

pub use name::{KeyName, KeyNameError};
pub use scope::{Scope, ScopeError};
pub use text::{KeyId, KeyText, KeyTextError};

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
        self.check_validity(scope, now)
    }

    /// Checks that the key is valid at `now` and has the scope, for a holder who has shown its secret
    /// before.
    ///
    /// # Errors
    /// In the order of [`KeyRejection`]'s variants.
    pub fn check_validity(&self, scope: Scope, now: OffsetDateTime) -> Result<(), KeyRejection> {
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
