//! Repeated requests: the header `Idempotency-Key`.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use injeung_domain::{Answered, Claim, Ending, Fingerprint, KeyedRequest, RequestKey, answer_once};
use serde::{Deserialize, Serialize};

use crate::error::{Answer, UNFORESEEN};
use crate::server::Server;
use crate::upload::UploadError;
use crate::{error, log};

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Parses the key of a request; `None` without the header.
///
/// # Errors
/// If the key is invalid, or there are several.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<RequestKey>, UploadError> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY);
    let Some(key) = keys.next() else { return Ok(None) };
    if keys.next().is_some() {
        return Err(UploadError::malformed("the header Idempotency-Key must occur once"));
    }
    let key = key.to_str().map_err(UploadError::malformed)?;
    key.parse().map(Some).map_err(UploadError::malformed)
}

/// Response to a use case's result.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    /// Whether a retry of the request gets the same rejection.
    pub(crate) is_final: bool,
    /// Whether the photo was examined and rejected, which costs the most CPU time.
    pub(crate) rejected_photo: bool,
}

/// Runs a use case under a key, or repeats its earlier response.
pub(crate) async fn answer<F: Future<Output = Outcome>>(
    server: &Server,
    key: RequestKey,
    fingerprint: Fingerprint,
    accepted: &Answer,
    run: impl FnOnce(Claim) -> F,
) -> Answer {
    let request = KeyedRequest { key, fingerprint, if_accepted: to_bytes(accepted) };
    match answer_once(&server.ports, &server.policy, request, run, ending).await {
        Ok(Answered::Now(outcome)) => outcome.answer,
        Ok(Answered::Before(bytes)) => match serde_json::from_slice::<KeptAnswer>(&bytes) {
            Ok(kept) => {
                let answer = kept.into_answer();
                log::answered_before(&answer);
                answer
            }
            Err(error) => {
                log::outcome(&UNFORESEEN, None, None, &error);
                UNFORESEEN
            }
        },
        Err(error) => {
            let answer = error::once(&error);
            log::outcome(&answer, None, None, &error);
            answer
        }
    }
}

fn ending(Outcome { answer, is_final, .. }: &Outcome) -> Ending {
    if answer.status.is_success() {
        Ending::Accepted
    } else if *is_final {
        Ending::Rejected(to_bytes(answer))
    } else {
        Ending::Open
    }
}

/// A response as it is stored with its key.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    status: u16,
    errcode: Option<u16>,
    message: String,
}

impl KeptAnswer {
    fn into_answer(self) -> Answer {
        Answer {
            status: StatusCode::from_u16(self.status).unwrap_or(UNFORESEEN.status),
            errcode: self.errcode,
            message: self.message.into(),
            retry_after: None,
        }
    }
}

fn to_bytes(answer: &Answer) -> Bytes {
    let kept = KeptAnswer {
        status: answer.status.as_u16(),
        errcode: answer.errcode,
        message: answer.message.to_string(),
    };
    // A struct of numbers and a text can always be serialized.
    serde_json::to_vec(&kept).unwrap_or_default().into()
}
