//! Parsing of a request's body into the fields of a call.
//!
//! - A body is JSON or `multipart/form-data`. A body without a type is parsed as JSON, because some clients omit the
//!   type. Any other type, and any content coding such as gzip, is rejected.
//! - Both formats contain the same fields under the same names. Unknown fields are ignored. A field that is missing,
//!   occurs twice or has the wrong type makes the body malformed.
//! - A photo is base64 in JSON. In a form it is a file; a part without a file name can contain base64. A text in a form
//!   can also be a UTF-8 file.

mod base64;
mod body;
mod fields;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod media_type;
mod multipart;

pub(crate) use body::{Body, Format, announced_length, read};
pub(crate) use fields::{Id, PhotoField};

use injeung_domain::PhotoError;

use crate::excerpt::excerpt;

/// Reason why a request cannot be parsed into a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// The type of the body is neither JSON nor a form.
    #[error("read a body that is neither JSON nor multipart/form-data")]
    Unsupported,
    /// The body exceeds the maximum length.
    #[error("read the body: it is longer than http.max_body_bytes")]
    TooLarge,
    /// Too many bytes of bodies are in memory, or the service is stopping.
    #[error("admit the body: http.max_held_bytes are in memory, or the service is stopping")]
    Busy,
    /// The body arrived below the minimum rate, or not within its deadline.
    #[error("read the body at http.min_bytes_per_s and within http.body_timeout_s")]
    TooSlow,
    /// The photo is HEIC, HEIF or AVIF.
    #[error("read the photo: {}", PhotoError::Heif)]
    Heif,
    /// A field is missing, repeated or of the wrong type, or the syntax is invalid.
    #[error("read the fields: {0}")]
    Malformed(String),
}

impl UploadError {
    /// The body is malformed. `reason` is only logged, as an excerpt, because it can quote the request.
    pub(crate) fn malformed(reason: impl ToString) -> Self {
        Self::Malformed(excerpt(&reason.to_string()))
    }

    /// The photo is not accepted, which makes the body malformed unless the client can send it in another format.
    pub(crate) fn photo(error: PhotoError) -> Self {
        if error == PhotoError::Heif { Self::Heif } else { Self::malformed(error) }
    }
}
