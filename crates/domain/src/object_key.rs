use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use time::PrimitiveDateTime;

use crate::ParticipationId;

/// The call that stored a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhotoKind {
    /// A reference photo, from `register_reference`.
    Standard,
    /// A photo that was compared with the reference, from `verify_feature`.
    Feature,
    /// A photo that shows what a keyword names, from `verify_keyword`.
    Classification,
    /// A rejected photo, kept for the people who check verdicts.
    Rejected,
}

impl PhotoKind {
    /// All kinds.
    pub const ALL: [Self; 4] =
        [Self::Standard, Self::Feature, Self::Classification, Self::Rejected];

    /// First part of the object's key.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Standard => "std",
            Self::Feature => "feature",
            Self::Classification => "classification",
            Self::Rejected => "rejected",
        }
    }
}

/// File name of a stored photo:
/// `{std|feature|classification|rejected}_{participation_id}_{YYYYMMDDHHMMSS}.jpg`. The second, third, ...
/// photo of the same second has `_2`, `_3`, ... before the ending.
///
/// Photos that another program stored may have other names. An object key is any plain file name of
/// letters, digits, `.`, `_` and `-` that does not begin with a dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Maximum length in bytes.
    pub const MAX_LEN: usize = 200;

    /// The key of the `nth` photo of its second, in the service's time zone.
    pub fn new(
        kind: PhotoKind,
        participation_id: ParticipationId,
        taken: PrimitiveDateTime,
        nth: NonZeroU32,
    ) -> Self {
        let (date, time) = (taken.date(), taken.time());
        let mut key = format!(
            "{}_{participation_id}_{:04}{:02}{:02}{:02}{:02}{:02}",
            kind.prefix(),
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second()
        );
        if nth.get() > 1 {
            key.push('_');
            key.push_str(&nth.to_string());
        }
        key.push_str(".jpg");
        Self(key)
    }

    /// The key of the object at a URL: its last path segment.
    ///
    /// # Errors
    /// When that segment is not an object key.
    pub fn from_url(url: &str) -> Result<Self, ObjectKeyError> {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default().parse()
    }

    /// The participation of a photo that this service stored; `None` for another name.
    pub fn participation_id(&self) -> Option<ParticipationId> {
        let mut parts = self.0.split('_');
        let kind = parts.next()?;
        let is_kind = PhotoKind::ALL.iter().any(|known| known.prefix() == kind);
        let id = parts.next()?.parse().ok()?;
        (is_kind && parts.next().is_some()).then_some(id)
    }

    /// Whether the key is that of a rejected photo. It needs a credential although accepted photos are public.
    pub fn is_rejected(&self) -> bool {
        self.0.split('_').next() == Some(PhotoKind::Rejected.prefix())
    }

    /// The file name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectKey {
    type Err = ObjectKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        if fits && !text.starts_with('.') && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ObjectKeyError)
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The text is not a plain file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an object key must be 1 to {} letters, digits, '.', '_' and '-', without a leading dot",
    ObjectKey::MAX_LEN
)]
pub struct ObjectKeyError;
