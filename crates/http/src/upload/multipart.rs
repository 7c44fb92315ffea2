use std::mem;

use actix_multipart::{Field, Multipart};
use actix_web::error::PayloadError;
use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use serde::de::value::Error as ValueError;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::UploadError;

/// Maximum number of parts, more than any call has fields.
const MAX_PARTS: usize = 32;

/// Content of a part of a form.
#[derive(Debug)]
pub(crate) enum Part {
    /// A UTF-8 text without a file name.
    Text(String),
    /// A file: the part has a file name, or is not UTF-8.
    File(Vec<u8>),
}

/// Reads the parts of a form.
///
/// # Errors
/// If the body is no form, has no end or has too many parts.
pub(super) async fn read(
    headers: &HeaderMap,
    chunks: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
) -> Result<Vec<(String, Part)>, UploadError> {
    let mut form = Multipart::new(headers, chunks);
    let mut parts = Vec::new();
    while let Some(mut field) = form.try_next().await.map_err(UploadError::malformed)? {
        if parts.len() == MAX_PARTS {
            return Err(UploadError::malformed(format!("more than {MAX_PARTS} parts")));
        }
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.content_disposition().is_some_and(|disposition| {
            disposition.get_filename().is_some() || disposition.get_filename_ext().is_some()
        });
        let content = content(&mut field).await?;
        let part = if is_file {
            Part::File(content)
        } else {
            String::from_utf8(content)
                .map_or_else(|error| Part::File(error.into_bytes()), Part::Text)
        };
        parts.push((name, part));
    }
    Ok(parts)
}

async fn content(field: &mut Field) -> Result<Vec<u8>, UploadError> {
    let mut content = Vec::new();
    while let Some(chunk) = field.try_next().await.map_err(UploadError::malformed)? {
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

impl<'de> IntoDeserializer<'de, ValueError> for &'de mut Part {
    type Deserializer = PartDeserializer<'de>;

    fn into_deserializer(self) -> Self::Deserializer {
        PartDeserializer(self)
    }
}

/// Deserializes a part: a text as a string, a file as bytes. The bytes are moved out of the part, because they are
/// megabytes.
pub(crate) struct PartDeserializer<'de>(&'de mut Part);

impl<'de> Deserializer<'de> for PartDeserializer<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            Part::Text(text) => visitor.visit_borrowed_str(text),
            Part::File(bytes) => visitor.visit_byte_buf(mem::take(bytes)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}
