use std::time::Duration;

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, PhotoError};
use reqwest::StatusCode;

use crate::web_service::CallError;

/// Errors of an attempt to examine a photo, as fragments that fit after "failed to".
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenAiError {
    /// An attempt got no response.
    #[error("get a response from the model: {0}")]
    Call(#[from] CallError),
    /// The request cannot be serialized.
    #[error("serialize the request to the model: {0}")]
    Request(#[source] serde_json::Error),
    /// A successful response is not JSON.
    #[error("parse the model's response with status {status}: {source}")]
    NotJson {
        /// HTTP status.
        status: StatusCode,
        /// Error of the JSON parser.
        #[source]
        source: serde_json::Error,
    },
    /// The response contains no answer of the schema. Another attempt can give one.
    #[error("find an answer in the model's reply: {0}")]
    NoVerdict(&'static str),
    /// The reply ended at the maximum number of tokens.
    #[error("get an answer within {0} tokens: classifier.openai.max_tokens is too small")]
    CutOff(u32),
    /// The service rejected the request or failed.
    #[error("get an answer from the model: status {status}, code {code}: {message}")]
    Failed {
        /// HTTP status.
        status: StatusCode,
        /// Code or type of the error.
        code: String,
        /// Description by the service.
        message: String,
        /// Whether the same request can succeed later.
        may_pass: bool,
        /// Pause that the service requests before another attempt.
        pause: Option<Duration>,
    },
    /// The service cannot decode the picture.
    #[error("decode the picture at the model's service: code {code}: {message}")]
    BadPicture {
        /// Code of the error.
        code: String,
        /// Description by the service.
        message: String,
    },
}

impl OpenAiError {
    /// Whether the same request can succeed later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Call(error) => error.may_pass(),
            Self::NoVerdict(_) => true,
            Self::Failed { may_pass, .. } => *may_pass,
            Self::Request(_) | Self::NotJson { .. } | Self::CutOff(_) | Self::BadPicture { .. } => {
                false
            }
        }
    }

    /// Pause that the service requests before another attempt.
    pub(super) fn pause(&self) -> Option<Duration> {
        if let Self::Failed { pause, .. } = self { *pause } else { None }
    }
}

impl From<OpenAiError> for VisionError {
    fn from(error: OpenAiError) -> Self {
        if let OpenAiError::BadPicture { code, message } = error {
            let reason = format!("the model's service reports {code}: {message}");
            return PhotoError::Undecodable(reason).into();
        }
        if error.may_pass() {
            Fault::transient(error).into()
        } else {
            Fault::permanent(error).into()
        }
    }
}
