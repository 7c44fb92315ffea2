use actix_web::HttpResponse;

use crate::auth::AuthError;
use crate::{EnvelopeStyle, envelope, error, log};

/// Logs why a request was not admitted, and renders the response.
pub(crate) fn render(style: EnvelopeStyle, error: &AuthError) -> HttpResponse {
    let answer = error::auth(error);
    log::outcome(&answer, None, None, error);
    envelope::render(style, &answer)
}
