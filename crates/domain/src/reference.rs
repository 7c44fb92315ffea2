use std::fmt;

use bytes::Bytes;

use crate::ParticipationId;
use crate::participation::positive_id;

positive_id! {
    /// Identifies a reference photo; the database gives it, and a newer reference has a larger one.
    ReferenceId
}

/// Who made features and so who can read them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FeatureFormat {
    /// The name of the algorithm, such as `sift`.
    pub algorithm: String,
    /// The version of what it does and of the bytes' layout; sizes and counts that are settings are not
    /// part of it.
    pub version: u32,
}

impl fmt::Display for FeatureFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} version {}", self.algorithm, self.version)
    }
}

/// What an extractor keeps of a reference photo, so that later photos can be compared with it
/// without it. The bytes are opaque to everyone but the extractor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceFeatures {
    /// Who can read the bytes.
    pub format: FeatureFormat,
    /// The features.
    pub bytes: Bytes,
}

/// How well later photos can be verified against a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceQuality {
    /// Feature points found.
    pub feature_count: u32,
    /// Whether they are enough and far enough apart; a reference that is not verifiable is refused.
    pub verifiable: bool,
    /// What is wrong, or could be better.
    pub issues: Vec<QualityIssue>,
}

/// Something that makes a reference hard to verify against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QualityIssue {
    /// Hardly any feature points.
    TooFewFeatures,
    /// Enough feature points, but few: honest photos may be refused later.
    FewFeatures,
    /// Too little light.
    Dark,
    /// Out of focus, or shaken.
    Blurred,
    /// The feature points lie in a small part of the photo.
    OneSpot,
    /// Sharp and bright, but with little on it, such as a blank wall.
    LittleTexture,
}

impl fmt::Display for QualityIssue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooFewFeatures => "too few feature points to verify against",
            Self::FewFeatures => "few feature points; honest photos may be refused later",
            Self::Dark => "too dark",
            Self::Blurred => "blurred",
            Self::OneSpot => "its feature points lie in a small part of it",
            Self::LittleTexture => "too little to see on it",
        })
    }
}

/// A reference photo on its way into the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReference {
    /// Whose reference it is.
    pub participation_id: ParticipationId,
    /// Where the photo can be fetched.
    pub image_url: String,
    /// What later photos are compared with.
    pub features: ReferenceFeatures,
}

/// Row of a reference photo, without its features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReference {
    /// Database id, assigned on insert.
    pub id: ReferenceId,
    /// URL of the stored photo.
    pub image_url: String,
}
