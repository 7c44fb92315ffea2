use std::future::ready;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, MapDeserializer};
use tokio::runtime::Handle;

use super::UploadError;
use super::media_type::MediaType;
use super::multipart::{self, Part};

/// How a body is written down.
#[derive(Debug)]
pub(crate) enum Format {
    /// `application/json`, or any type that ends in `+json`.
    Json,
    /// `multipart/form-data`; the header `Content-Type` contains the boundary of the parts.
    Form(HeaderMap),
}

impl Format {
    /// What a request's head says of its body, before any of it is read.
    ///
    /// # Errors
    /// When a body of this type or length is not read.
    pub(crate) fn announced(request: &HttpRequest, limit: usize) -> Result<Self, UploadError> {
        if is_encoded(request.headers()) {
            return Err(UploadError::Unsupported);
        }
        let format = match MediaType::of(request.headers())? {
            None | Some(MediaType::Json) => Self::Json,
            Some(MediaType::Form(content_type)) => Self::Form(content_type),
        };
        if announced_length(request).is_some_and(|length| length > limit) {
            return Err(UploadError::TooLarge);
        }
        Ok(format)
    }

    /// Takes a body apart. A form of megabytes takes milliseconds, one that was made to be slow a
    /// second, so this is for a thread of Tokio's that may block.
    ///
    /// # Errors
    /// When it is no form where a form was announced.
    pub(crate) fn parse(self, bytes: Bytes) -> Result<Body, UploadError> {
        match self {
            Self::Json => Ok(Body::Json(bytes)),
            Self::Form(headers) => {
                let whole = stream::once(ready(Ok(bytes)));
                Handle::current().block_on(multipart::read(&headers, whole)).map(Body::Form)
            }
        }
    }
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// When it is longer, takes longer than `timeout`, or breaks off.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
    timeout: Duration,
) -> Result<Bytes, UploadError> {
    let read = collect(request, payload, limit);
    tokio::time::timeout(timeout, read).await.unwrap_or(Err(UploadError::TooSlow))
}

async fn collect(
    request: &HttpRequest,
    mut payload: web::Payload,
    limit: usize,
) -> Result<Bytes, UploadError> {
    // What was announced was held against the limit already.
    let mut whole = BytesMut::with_capacity(announced_length(request).unwrap_or(0).min(limit));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(UploadError::malformed)?;
        if chunk.len() > limit - whole.len() {
            return Err(UploadError::TooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// A body that was taken apart.
#[derive(Debug)]
pub(crate) enum Body {
    /// A JSON text, or what was sent as one.
    Json(Bytes),
    /// The parts of a form, in their order.
    Form(Vec<(String, Part)>),
}

impl Body {
    /// The fields of a call, borrowed from the body where they can be; files are taken out of it.
    ///
    /// # Errors
    /// When a field is missing, comes twice or has the wrong type.
    pub(crate) fn fields<'de, T: Deserialize<'de>>(&'de mut self) -> Result<T, UploadError> {
        match self {
            Self::Json(json) => {
                let json = std::str::from_utf8(json).map_err(UploadError::malformed)?;
                // Serde would take an array for a struct, too.
                if !json.trim_start().starts_with('{') {
                    return Err(UploadError::malformed("the body is not a JSON object"));
                }
                serde_json::from_str(json).map_err(UploadError::malformed)
            }
            Self::Form(parts) => {
                let parts = parts.iter_mut().map(|(name, part)| (name.as_str(), part));
                T::deserialize(MapDeserializer::<_, ValueError>::new(parts))
                    .map_err(UploadError::malformed)
            }
        }
    }
}

/// Whether a body has a content coding, such as gzip. An empty list of codings is none.
fn is_encoded(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(CONTENT_ENCODING);
    lists.flat_map(|list| list.as_bytes().split(|byte| *byte == b',')).any(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    })
}

fn announced_length(request: &HttpRequest) -> Option<usize> {
    let length = request.headers().get(CONTENT_LENGTH)?.to_str().ok()?;
    // A number beyond `usize` is too long as well.
    Some(length.parse().unwrap_or(usize::MAX))
}
