use actix_web::HttpResponse;

use crate::auth::AuthError;
use crate::error::Answer;
use crate::{EnvelopeStyle, envelope, error, log};

/// Logs why a request was not admitted, and renders the response.
pub(crate) fn render(style: EnvelopeStyle, error: &AuthError) -> HttpResponse {
    envelope::render(style, &answer(error))
}

/// Logs why a request was not admitted, and returns the response.
pub(crate) fn answer(error: &AuthError) -> Answer {
    let answer = error::auth(error);
    log::outcome(&answer, None, None, error);
    answer
}
