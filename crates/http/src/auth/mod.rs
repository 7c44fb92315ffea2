//! Authentication and authorisation of requests.
//!
//! A credential is sent as `Authorization: Bearer ...`: the token (JWT) of a participant, or the API key of a server.
//! Clients get one response to every missing or invalid credential; only the log contains the reason.

mod credential;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod jwks;
mod key_set;
mod photos;
mod settings;
mod token;

use std::sync::Arc;

use actix_web::HttpRequest;
use injeung_adapter::{UrlSignatureError, UrlSigner};
use injeung_domain::{
    AuthenticateKeyError, Caller, Fault, ParticipationId, Ports, Scope, authenticate_key,
};
use tracing::Span;
use tracing::field::debug;

use credential::Credential;
use token::TokenVerifier;

pub(crate) use photos::{admit as admit_to_photo, check_reader};

pub use jwks::KeySetSource;
pub use settings::{AuthSettings, TokenAlgorithm, TokenSettings};
pub(crate) use token::TokenError;
pub use token::TokenKeyError;

/// Verification of the credentials of requests.
#[derive(Clone)]
pub struct Authentication(Option<Arc<Required>>);

/// Verification of credentials when they are required.
struct Required {
    /// `None` if only API keys are accepted.
    tokens: Option<TokenVerifier>,
    public_photos: bool,
    /// `None` without signed URLs.
    urls: Option<UrlSigner>,
}

impl Authentication {
    /// Creates the verification that the settings require. `key_sets` fetches from the configured `jwks_url`; it is
    /// used only if there is one.
    ///
    /// # Errors
    /// If a key cannot be read.
    pub fn new(
        settings: &AuthSettings,
        key_sets: Option<Arc<dyn KeySetSource>>,
    ) -> Result<Self, TokenKeyError> {
        if !settings.required {
            return Ok(Self::off());
        }
        Ok(Self(Some(Arc::new(Required {
            tokens: TokenVerifier::new(&settings.token, key_sets)?,
            public_photos: settings.public_photos,
            urls: settings.url_signer(),
        }))))
    }

    /// Accepts every request without a credential.
    pub fn off() -> Self {
        Self(None)
    }

    /// Whether requests need a credential.
    pub(crate) fn is_required(&self) -> bool {
        self.0.is_some()
    }

    /// Whether every client may cache and share the stored photos.
    pub(crate) fn has_public_photos(&self) -> bool {
        self.0.as_ref().is_none_or(|required| required.public_photos)
    }

    /// Authenticates the sender of a call.
    ///
    /// # Errors
    /// If the request has no valid credential, or it could not be verified.
    pub(crate) async fn caller(
        &self,
        ports: &Ports,
        request: &HttpRequest,
    ) -> Result<Caller, AuthError> {
        let Some(required) = &self.0 else { return Ok(Caller::Anyone) };
        let caller = match Credential::of(request.headers())? {
            Credential::Key(text) => {
                Caller::Service(authenticate_key(ports, &text, Scope::Verify).await?.name)
            }
            Credential::Token(token) => match &required.tokens {
                Some(tokens) => Caller::Participant(tokens.verify(&token).await?),
                None => return Err(AuthError::NoTokens),
            },
        };
        Span::current().record("caller", debug(&caller));
        Ok(caller)
    }

    /// Checks that the request has an API key with a scope.
    ///
    /// # Errors
    /// As [`caller`](Self::caller), and for a token.
    pub(crate) async fn check_scope(
        &self,
        ports: &Ports,
        request: &HttpRequest,
        scope: Scope,
    ) -> Result<(), AuthError> {
        if self.0.is_none() {
            return Ok(());
        }
        match Credential::of(request.headers())? {
            Credential::Key(text) => authenticate_key(ports, &text, scope).await.map(drop)?,
            Credential::Token(_) => return Err(AuthError::TokenWithoutScope(scope)),
        }
        Ok(())
    }
}

/// Why a request was not admitted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    #[error("find a credential: the request has none")]
    Missing,
    #[error("read the credential: {0}")]
    Malformed(&'static str),
    #[error("verify a token: no tokens are configured")]
    NoTokens,
    #[error("accept a token for the scope {0}: only an API key has it")]
    TokenWithoutScope(Scope),
    #[error("verify the token: {0}")]
    Token(#[from] TokenError),
    #[error(transparent)]
    Key(#[from] AuthenticateKeyError),
    #[error("verify the signature of the URL: {0}")]
    Url(#[from] UrlSignatureError),
    #[error("act for participation {0}: it belongs to another user")]
    NotOwner(ParticipationId),
    #[error("read a photo that belongs to no participation of the user")]
    NoParticipation,
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}
