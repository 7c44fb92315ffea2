//! How a request's body becomes the fields of a call.
//!
//! - A body is JSON or `multipart/form-data`; one whose type is not told is taken for JSON, as some
//!   clients send it without. Any other type, and any content coding such as gzip, is refused.
//! - Both kinds hold the same fields under the same names. Unknown ones are ignored; a field that
//!   is missing, comes twice or has the wrong type makes the body malformed.
//! - A photo is base64 in JSON. In a form it is a file; a part without a file name may hold base64. A
//!   text in a form may come as a file of UTF-8, too.

mod base64;
mod body;
mod fields;
mod media_type;
mod multipart;

pub(crate) use body::{Body, Format, read};
pub(crate) use fields::{Id, PhotoField};

use crate::log;

/// Why no command could be read from a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// The body is neither JSON nor a form.
    #[error("read a body that is neither JSON nor multipart/form-data")]
    Unsupported,
    /// The body is longer than allowed.
    #[error("read a body that is over the limit")]
    TooLarge,
    /// Too many bytes of bodies are held already, or the service is stopping.
    #[error("admit the body: too many bytes of bodies are in memory, or the service is stopping")]
    Busy,
    /// The body arrived below the minimum rate, or not within its deadline.
    #[error("read the body at the minimum rate and within the deadline")]
    TooSlow,
    /// The body is not what the call takes.
    #[error("read the fields: {0}")]
    Malformed(String),
}

impl UploadError {
    /// The body is not what the call takes. `reason` is only logged, as an excerpt, since it may
    /// quote what was sent.
    pub(crate) fn malformed(reason: impl ToString) -> Self {
        Self::Malformed(log::excerpt(&reason.to_string()))
    }
}
