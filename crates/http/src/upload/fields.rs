use std::fmt;

use injeung_domain::{ParticipationId, Photo, PhotoError, PhotoLimits};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::base64;

/// Participation id: a number with an integer value, a text of its digits, or a file that contains such a text.
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

    /// Accepts a file, which can end with a line break.
    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Id, E> {
        let text = str::from_utf8(&bytes).map_err(E::custom)?;
        self.visit_str(text.trim_end_matches(['\r', '\n']))
    }

    /// Accepts `12.0`, which some JSON libraries write for integers. From 2^53, several integers map to the same float,
    /// so the id could be another participation's.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Id, E> {
        const MAX: f64 = 9_007_199_254_740_991.0;
        if !(1.0..=MAX).contains(&number) || number.fract() != 0.0 {
            return Err(E::custom("an id must be an integer from 1 to 2^53 - 1"));
        }
        #[allow(clippy::cast_possible_truncation, reason = "an integer below 2^53")]
        self.visit_i64(number as i64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
        ParticipationId::try_from(number).map(Id).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
        i64::try_from(number).map_err(E::custom).and_then(|number| self.visit_i64(number))
    }
}

/// Bytes of a photo's file; `None` for a text that is not base64.
#[derive(Debug)]
pub(crate) struct PhotoField(Option<Vec<u8>>);

impl PhotoField {
    /// Parses the photo.
    ///
    /// # Errors
    /// If the text is not base64, or the photo is not accepted.
    pub(crate) fn photo(self, limits: &PhotoLimits) -> Result<Photo, PhotoError> {
        Photo::parse(self.0.ok_or(PhotoError::NotBase64)?.into(), limits)
    }
}

impl<'de> Deserialize<'de> for PhotoField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PhotoVisitor)
    }
}

struct PhotoVisitor;

impl Visitor<'_> for PhotoVisitor {
    type Value = PhotoField;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a photo as base64 or as a file")
    }

    // Decoded immediately, so that a text with escapes, which the JSON parser copies, is not kept.
    fn visit_str<E: Error>(self, text: &str) -> Result<PhotoField, E> {
        Ok(PhotoField(base64::decode(text)))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<PhotoField, E> {
        Ok(PhotoField(Some(bytes)))
    }
}
