use std::borrow::Cow;
use std::fmt;

use injeung_domain::{ParticipationId, Photo, PhotoError, PhotoLimits};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::base64;

/// A participation's id: a number, or a text of its digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id(pub(crate) ParticipationId);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an id as a number or a text of digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        text.parse().map(Id).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
        ParticipationId::try_from(number).map(Id).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
        i64::try_from(number).map_err(E::custom).and_then(|number| self.visit_i64(number))
    }
}

/// A photo as it was sent.
#[derive(Debug)]
pub(crate) enum PhotoField<'a> {
    /// A text that should be base64.
    Base64(Cow<'a, str>),
    /// A file.
    File(Vec<u8>),
}

impl PhotoField<'_> {
    /// The photo.
    ///
    /// # Errors
    /// When it is no base64 or not a photo that can be worked with.
    pub(crate) fn photo(self, limits: &PhotoLimits) -> Result<Photo, PhotoError> {
        let file = match self {
            Self::Base64(text) => base64::decode(&text).ok_or(PhotoError::NotBase64)?,
            Self::File(bytes) => bytes,
        };
        Photo::parse(file.into(), limits)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for PhotoField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PhotoVisitor)
    }
}

struct PhotoVisitor;

impl<'de> Visitor<'de> for PhotoVisitor {
    type Value = PhotoField<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a photo as base64 or as a file")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<PhotoField<'de>, E> {
        Ok(PhotoField::Base64(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PhotoField<'de>, E> {
        Ok(PhotoField::Base64(Cow::Owned(text.to_owned())))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<PhotoField<'de>, E> {
        Ok(PhotoField::File(bytes))
    }
}
