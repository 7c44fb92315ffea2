use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use injeung_domain::KeyText;

use super::AuthError;

/// Maximum length of a credential in bytes. Tokens with a few claims take less than 2 KiB.
const MAX_LEN: usize = 8 * 1024;

/// Unverified credential of a request.
pub(super) enum Credential {
    Key(KeyText),
    Token(String),
}

impl Credential {
    /// The credential in the header `Authorization`.
    ///
    /// # Errors
    /// If there is none or several, or it is no bearer credential.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, AuthError> {
        let mut values = headers.get_all(AUTHORIZATION);
        let value = values.next().ok_or(AuthError::Missing)?;
        if values.next().is_some() {
            return Err(AuthError::Malformed("there are several Authorization headers"));
        }
        if value.len() > MAX_LEN {
            return Err(AuthError::Malformed("it is longer than 8 KiB"));
        }
        let value = value.to_str().map_err(|_| AuthError::Malformed("it is not ASCII"))?;
        let (scheme, credential) = value.split_once(' ').unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AuthError::Malformed("its scheme is not Bearer"));
        }
        let credential = credential.trim_matches(' ');
        if KeyText::is_meant_by(credential) {
            let key = credential.parse();
            return key.map(Self::Key).map_err(|_| AuthError::Malformed("it is no API key"));
        }
        Ok(Self::Token(credential.to_owned()))
    }
}
