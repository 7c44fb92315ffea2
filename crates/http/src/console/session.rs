use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use injeung_adapter::TextSigner;
use injeung_domain::KeyId;
use time::OffsetDateTime;

use crate::PagesSettings;

/// Name of the cookie of a session.
const COOKIE: &str = "injeung_console";

/// Issues and verifies the sessions of browsers, and the tokens against forged requests.
///
/// A session is the cookie `KEY_ID.END.SIGNATURE`: the id of an API key whose secret was shown at the log-in, and the end in
/// seconds since 1970. The key is looked up with every request, so a revoked key ends its sessions.
pub(crate) struct Sessions {
    signer: TextSigner,
    length: Duration,
}

/// A session whose signature is valid and whose end is not over.
pub(super) struct Session {
    pub(super) key_id: KeyId,
    /// The signed text, to which tokens against forged requests belong.
    pub(super) text: String,
}

impl Sessions {
    /// Creates the sessions with the configured secret, or a random one.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub(crate) fn new(settings: &PagesSettings) -> std::io::Result<Self> {
        let length = settings.session;
        if let Some(signer) = TextSigner::new(settings.session_secret.expose().as_bytes()) {
            return Ok(Self { signer, length });
        }
        let mut secret = [0; TextSigner::MIN_SECRET_LEN];
        getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
        let signer = TextSigner::new(&secret).ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(Self { signer, length })
    }

    /// Cookie of a new session.
    pub(super) fn begin(
        &self,
        key_id: &KeyId,
        now: OffsetDateTime,
        secure: bool,
    ) -> Cookie<'static> {
        let text = format!("{key_id}.{}", (now + self.length).unix_timestamp());
        let value = format!("{text}.{}", self.signer.sign(&format!("session\n{text}")));
        Self::cookie(value, secure)
    }

    /// Cookie that removes the session.
    pub(super) fn end(secure: bool) -> Cookie<'static> {
        let mut cookie = Self::cookie(String::new(), secure);
        cookie.make_removal();
        cookie
    }

    fn cookie(value: String, secure: bool) -> Cookie<'static> {
        Cookie::build(COOKIE, value)
            .path("/console")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(secure)
            .finish()
    }

    /// The session of a request; `None` without a valid one.
    pub(super) fn of(&self, request: &HttpRequest, now: OffsetDateTime) -> Option<Session> {
        let cookie = request.cookie(COOKIE)?;
        let (text, signature) = cookie.value().rsplit_once('.')?;
        let (key_id, end) = text.split_once('.')?;
        let is_signed = self.signer.verify(&format!("session\n{text}"), signature);
        let end = end.parse::<i64>().ok()?;
        (is_signed && now.unix_timestamp() < end)
            .then(|| Some(Session { key_id: key_id.parse().ok()?, text: text.to_owned() }))?
    }

    /// Token that a form of a session contains, so that another site cannot send it.
    pub(super) fn form_token(&self, session: &str) -> String {
        self.signer.sign(&format!("form\n{session}"))
    }

    /// Whether a form's token is that of its session.
    pub(super) fn is_form_token(&self, session: &str, token: &str) -> bool {
        self.signer.verify(&format!("form\n{session}"), token)
    }
}
