use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, PhotoError};
use reqwest::StatusCode;

use crate::web_service::CallError;

/// Errors of an attempt to classify a photo, as fragments that fit after "failed to".
#[derive(Debug, thiserror::Error)]
pub(super) enum ClarifaiError {
    /// An attempt got no response.
    #[error("get a response from Clarifai: {0}")]
    Call(#[from] CallError),
    /// The request cannot be serialized.
    #[error("serialize the request to Clarifai: {0}")]
    Request(#[source] serde_json::Error),
    /// The response is not JSON, or not of the expected form.
    #[error("parse Clarifai's response with status {status}: {source}")]
    Unreadable {
        /// HTTP status.
        status: StatusCode,
        /// Error of the JSON parser.
        #[source]
        source: serde_json::Error,
    },
    /// The response reports success but contains no output for the photo.
    #[error("find an output in Clarifai's response with status {0}")]
    NoOutput(StatusCode),
    /// Clarifai rejected the request or failed.
    #[error("get concepts from Clarifai: status {status}, code {code}: {description}")]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// Clarifai's status code.
        code: String,
        /// Clarifai's description.
        description: String,
        /// Whether this code alone makes the error transient.
        may_pass: bool,
    },
    /// Clarifai cannot decode the picture.
    #[error("decode the picture at Clarifai: code {code}: {description}")]
    BadPicture {
        /// Clarifai's status code.
        code: String,
        /// Clarifai's description.
        description: String,
    },
}

impl ClarifaiError {
    /// Whether the same request can succeed later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Call(error) => error.may_pass(),
            Self::Refused { status, may_pass, .. } => *may_pass || status_may_pass(*status),
            Self::Unreadable { status, .. } | Self::NoOutput(status) => status_may_pass(*status),
            Self::Request(_) | Self::BadPicture { .. } => false,
        }
    }
}

impl From<ClarifaiError> for VisionError {
    fn from(error: ClarifaiError) -> Self {
        if let ClarifaiError::BadPicture { code, description } = error {
            let reason = format!("Clarifai reports {code}: {description}");
            return PhotoError::Undecodable(reason).into();
        }
        if error.may_pass() {
            Fault::transient(error).into()
        } else {
            Fault::permanent(error).into()
        }
    }
}

fn status_may_pass(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}
