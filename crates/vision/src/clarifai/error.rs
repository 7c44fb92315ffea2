use std::time::Duration;

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, PhotoError};
use reqwest::StatusCode;

/// Why an attempt to have a photo classified failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClarifaiError {
    /// There was no answer, or the connection was lost on the way.
    #[error("get an answer from Clarifai: {0}")]
    Transport(#[source] reqwest::Error),
    /// All the time for a photo was used up.
    #[error("get an answer from Clarifai within {0:?}")]
    DeadlineExceeded(Duration),
    /// The request could not be written.
    #[error("write the request to Clarifai: {0}")]
    Request(#[source] serde_json::Error),
    /// The answer is longer than any that Clarifai gives.
    #[error("read Clarifai's answer of more than {0} bytes")]
    AnswerTooLong(usize),
    /// The answer is no JSON, or not of the form that is spoken.
    #[error("understand Clarifai's answer with status {status}: {source}")]
    Unreadable {
        /// The status of HTTP.
        status: StatusCode,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The answer reports success, but says nothing about the photo.
    #[error("find an output in Clarifai's answer with status {0}")]
    NoOutput(StatusCode),
    /// Clarifai refused the request or failed.
    #[error("get concepts from Clarifai: status {status}, code {code}: {description}")]
    Refused {
        /// The status of HTTP.
        status: StatusCode,
        /// Clarifai's own code.
        code: String,
        /// Clarifai's own words.
        description: String,
        /// Whether that code alone says that it may pass.
        may_pass: bool,
    },
    /// Clarifai could not read the picture.
    #[error("have Clarifai read the picture: code {code}: {description}")]
    BadPicture {
        /// Clarifai's own code.
        code: String,
        /// Clarifai's own words.
        description: String,
    },
}

impl ClarifaiError {
    /// Whether the same request may succeed later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Transport(error) => !error.is_builder(),
            Self::DeadlineExceeded(_) => true,
            Self::Refused { status, may_pass, .. } => *may_pass || status_may_pass(*status),
            Self::Unreadable { status, .. } | Self::NoOutput(status) => status_may_pass(*status),
            Self::Request(_) | Self::AnswerTooLong(_) | Self::BadPicture { .. } => false,
        }
    }
}

impl From<ClarifaiError> for VisionError {
    fn from(error: ClarifaiError) -> Self {
        if let ClarifaiError::BadPicture { code, description } = error {
            let reason = format!("Clarifai says {code}: {description}");
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
