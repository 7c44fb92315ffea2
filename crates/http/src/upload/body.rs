use std::future::{poll_fn, ready};
use std::pin::pin;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, MapDeserializer};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

use super::UploadError;
use super::media_type::MediaType;
use super::multipart::{self, Part};
use crate::pace::Pace;
use crate::server::Server;

/// Format of a body.
#[derive(Debug)]
pub(crate) enum Format {
    /// `application/json`, or any type that ends in `+json`.
    Json,
    /// `multipart/form-data`; the header `Content-Type` contains the boundary of the parts.
    Form(HeaderMap),
}

impl Format {
    /// Format of a body according to the request's head, before the body is read.
    ///
    /// # Errors
    /// If this type or length of a body is not accepted.
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

    /// Parses a body. A form of megabytes takes milliseconds, and a hostile one a second, so this runs on a Tokio
    /// thread that can block.
    ///
    /// # Errors
    /// If the body is announced as a form but is not one.
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

/// Reads a body, and takes a permit for each byte as it arrives, so that the unsent bytes of a slow sender block
/// nobody.
///
/// # Errors
/// If the body is too long, too slow or incomplete, or if too many bytes of bodies are in memory.
pub(crate) async fn read(
    server: &Server,
    request: &HttpRequest,
    mut payload: web::Payload,
) -> Result<(Bytes, OwnedSemaphorePermit), UploadError> {
    /// Initial capacity in bytes; the buffer grows with the received bytes.
    const FIRST_BUFFER: usize = 64 * 1024;
    let limit = server.settings.max_body_bytes;
    let announced = announced_length(request).unwrap_or(0);
    if announced > server.body_bytes.available_permits() {
        return Err(UploadError::Busy);
    }
    let permits = |count: usize| {
        let count = u32::try_from(count).map_err(|_| UploadError::Busy)?;
        let permits = Arc::clone(&server.body_bytes).try_acquire_many_owned(count);
        permits.map_err(|_| UploadError::Busy)
    };
    let mut held = permits(0)?;
    let mut whole = BytesMut::with_capacity(announced.min(FIRST_BUFFER));
    let mut pace = Pace::new(server.settings.min_rate);
    let mut deadline = pin!(sleep(server.settings.body_timeout));
    loop {
        let chunk = tokio::select! {
            chunk = payload.next() => chunk,
            () = poll_fn(|context| pace.poll_too_slow(context)) => return Err(UploadError::TooSlow),
            () = &mut deadline => return Err(UploadError::TooSlow),
        };
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(UploadError::malformed)?;
        if chunk.len() > limit - whole.len() {
            return Err(UploadError::TooLarge);
        }
        held.merge(permits(chunk.len())?);
        whole.extend_from_slice(&chunk);
        pace.transferred(chunk.len());
    }
    Ok((whole.freeze(), held))
}

/// A parsed body.
#[derive(Debug)]
pub(crate) enum Body {
    /// Bytes sent as JSON, not yet parsed.
    Json(Bytes),
    /// The named parts of a form, in their order.
    Form(Vec<(String, Part)>),
}

impl Body {
    /// Deserializes the fields of a call. They borrow from the body if possible; files are moved out of it.
    ///
    /// # Errors
    /// If a field is missing, occurs twice or has the wrong type.
    pub(crate) fn fields<'de, T: Deserialize<'de>>(&'de mut self) -> Result<T, UploadError> {
        match self {
            Self::Json(json) => {
                let json = std::str::from_utf8(json).map_err(UploadError::malformed)?;
                // Serde would also accept an array for a struct.
                if !json.trim_start().starts_with('{') {
                    return Err(UploadError::malformed("the body must be a JSON object"));
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

/// Whether a body has a content coding such as gzip. An empty list of codings is none.
fn is_encoded(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(CONTENT_ENCODING);
    lists.flat_map(|list| list.as_bytes().split(|byte| *byte == b',')).any(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    })
}

/// Length of a body according to the request's head.
pub(crate) fn announced_length(request: &HttpRequest) -> Option<usize> {
    let length = request.headers().get(CONTENT_LENGTH)?.to_str().ok()?;
    // A number above `usize::MAX` is also too long.
    Some(length.parse().unwrap_or(usize::MAX))
}
