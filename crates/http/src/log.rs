//! One line for every request that was not answered with success. The request's id and route stand
//! in the span around it.

use std::error::Error;

use actix_web::http::StatusCode;
use injeung_domain::ParticipationId;
use tracing::{error, info, warn};

use crate::error::Answer;

/// Tells why a request got this answer: a refusal at info, an overload as a warning, a fault as an
/// error. `score` is how alike the photos were, where they were compared.
pub(crate) fn outcome(
    answer: &Answer,
    participation_id: Option<ParticipationId>,
    score: Option<f64>,
    reason: &(dyn Error + 'static),
) {
    let participation = participation_id.map(ParticipationId::get);
    let (errcode, error) = (answer.errcode, chain(reason));
    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
        warn!(errcode, participation, error, "too busy for a request");
    } else if answer.status.is_server_error() {
        error!(errcode, participation, error, "a request failed");
    } else {
        info!(errcode, participation, score, reason = error, "a request was refused");
    }
}

/// Tells that a request was answered as it was before, under its key.
pub(crate) fn answered_before(answer: &Answer) {
    let (status, errcode) = (answer.status.as_u16(), answer.errcode);
    info!(status, errcode, "a request was answered as before");
}

/// Tells that the service cannot do its work at the moment.
pub(crate) fn not_ready(part: &'static str, reason: &(dyn Error + 'static)) {
    error!(part, error = chain(reason), "a readiness check failed");
}

/// An error's text with those of its causes, each once: many texts hold their cause's already.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use injeung_domain::{Fault, VerifyFeatureError};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("open the pool")]
    struct Outer(#[source] io::Error);

    #[test]
    fn every_cause_is_told_once() {
        let fault = Fault::transient(Outer(io::Error::other("connection refused")));
        assert_eq!(
            chain(&VerifyFeatureError::Database(fault)),
            "reach the database: open the pool: connection refused"
        );
    }
}
