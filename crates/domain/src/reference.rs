use std::fmt;

use bytes::Bytes;

use crate::participation::positive_id;
use crate::{NewMessage, ParticipationId, PhotoTrace, SearchArea};

positive_id! {
    /// Database id of a reference photo, assigned on insert. A newer reference has a larger id.
    ReferenceId
}

/// Algorithm and version that wrote features; only the same pair can read them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FeatureFormat {
    /// Name of the algorithm, such as `sift`.
    pub algorithm: String,
    /// Version of the algorithm and of the layout of its bytes. Configurable sizes and counts do
    /// not change it.
    pub version: u32,
}

impl fmt::Display for FeatureFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} version {}", self.algorithm, self.version)
    }
}

/// Stored data of a reference photo, which an extractor compares later photos with. Only the
/// extractor interprets the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceFeatures {
    /// Format of the bytes.
    pub format: FeatureFormat,
    /// Encoded features.
    pub bytes: Bytes,
}

/// How well photos can be verified against a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceQuality {
    /// Number of feature points found.
    pub feature_count: u32,
    /// Whether the points are sufficient and spread out enough; otherwise the reference is
    /// rejected.
    pub verifiable: bool,
    /// Defects of the photo, including those that do not prevent verification.
    pub issues: Vec<QualityIssue>,
}

/// A defect that makes photos harder to verify against a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QualityIssue {
    /// Too few feature points for verification.
    TooFewFeatures,
    /// Enough feature points, but few: matching photos may be rejected later.
    FewFeatures,
    /// Insufficient light.
    Dark,
    /// Out of focus or motion blur.
    Blurred,
    /// The feature points cover only a small part of the photo.
    OneSpot,
    /// Sharp and bright, but with few details, such as a blank wall.
    LittleTexture,
}

impl fmt::Display for QualityIssue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooFewFeatures => "too few feature points to verify against",
            Self::FewFeatures => "few feature points; matching photos can be rejected later",
            Self::Dark => "too dark",
            Self::Blurred => "blurred",
            Self::OneSpot => "its feature points are in a small part of it",
            Self::LittleTexture => "too little texture",
        })
    }
}

/// A reference photo before its row is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReference {
    /// Owner of the reference.
    pub participation_id: ParticipationId,
    /// URL of the stored photo.
    pub image_url: String,
    /// Features that later photos are compared with.
    pub features: ReferenceFeatures,
    /// What is kept to recognise copies; `None` if replays are not looked for.
    pub trace: Option<(SearchArea, PhotoTrace)>,
    /// Message to queue with the row.
    pub message: Option<NewMessage>,
}

/// Row of a reference photo, without its features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReference {
    /// Database id, assigned on insert.
    pub id: ReferenceId,
    /// URL of the stored photo.
    pub image_url: String,
}
