use async_trait::async_trait;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::ports::{Classifier, FeatureExtractor, JpegEncoder, ReplayDetector, VisionError};
use crate::{
    Comparison, Concept, Examination, ExaminedPhoto, Fault, FeatureFormat, JpegPhoto, Keyword,
    MatchMode, PerceptualHash, Photo, PhotoFlag, PhotoTrace, ReferenceFeatures, ReferenceQuality,
    TierScore,
};

/// Decides that two photos match when their files are identical.
#[derive(Debug, Default)]
pub struct SamePicture;

#[async_trait]
impl FeatureExtractor for SamePicture {
    fn format(&self) -> FeatureFormat {
        FeatureFormat { algorithm: "same-picture".to_owned(), version: 1 }
    }

    fn missing(&self) -> Vec<&'static str> {
        Vec::new()
    }

    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        let features = ReferenceFeatures { format: self.format(), bytes: photo.bytes().clone() };
        Ok((features, verifiable()))
    }

    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
        _: MatchMode,
    ) -> Result<Examination, VisionError> {
        if reference.format != self.format() {
            return Err(Fault::permanent(format!("read features of {}", reference.format)).into());
        }
        let same_scene = reference.bytes == photo.bytes();
        let score = if same_scene { 1.0 } else { 0.0 };
        Ok(Comparison { same_scene, score, threshold: 0.5, tiers: Vec::new(), difference: None }
            .into())
    }
}

/// The quality of every reference of these extractors.
fn verifiable() -> ReferenceQuality {
    ReferenceQuality { feature_count: 1, verifiable: true, issues: Vec::new() }
}

/// Takes the last byte of a JPEG's data for the angle of the camera, in degrees. Photos within 2 degrees match with certainty, the same
/// angle by the first of two tiers; within 3 degrees they match.
#[derive(Debug, Default)]
pub struct NearAngles;

impl NearAngles {
    /// The byte before the end marker.
    fn angle(photo: &Photo) -> u8 {
        photo.bytes().iter().rev().nth(2).copied().unwrap_or_default()
    }
}

#[async_trait]
impl FeatureExtractor for NearAngles {
    fn format(&self) -> FeatureFormat {
        FeatureFormat { algorithm: "near-angles".to_owned(), version: 1 }
    }

    fn missing(&self) -> Vec<&'static str> {
        Vec::new()
    }

    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        let bytes = vec![Self::angle(photo)].into();
        let features = ReferenceFeatures { format: self.format(), bytes };
        Ok((features, verifiable()))
    }

    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
        _: MatchMode,
    ) -> Result<Examination, VisionError> {
        let angle = reference.bytes.first().filter(|_| reference.format == self.format());
        let angle = angle
            .ok_or_else(|| Fault::permanent(format!("read features of {}", reference.format)))?;
        let (score, tiers) = match angle.abs_diff(Self::angle(photo)) {
            0 => (0.99, 1),
            1 | 2 => (0.95, 2),
            3 => (0.7, 2),
            _ => (0.1, 2),
        };
        let names = ["first", "second"].into_iter().take(tiers);
        let tiers = names.map(|name| TierScore { name, ..TierScore::default() }).collect();
        let threshold = 0.5;
        let same_scene = score >= threshold;
        Ok(Comparison { same_scene, score, threshold, tiers, difference: None }.into())
    }
}

/// Reports the same concepts for every photo.
#[derive(Debug, Default)]
pub struct FixedConcepts(pub Vec<Concept>);

#[async_trait]
impl Classifier for FixedConcepts {
    async fn classify(&self, _: &Photo, _: &Keyword) -> Result<Vec<Concept>, VisionError> {
        Ok(self.0.clone())
    }
}

/// Accepts only JPEGs, which need no encoder.
#[derive(Debug, Default)]
pub struct JpegOnly;

#[async_trait]
impl JpegEncoder for JpegOnly {
    async fn encode(&self, photo: &Photo) -> Result<JpegPhoto, VisionError> {
        photo
            .jpeg_without_metadata()
            .ok_or_else(|| Fault::permanent("encode the photo: only JPEG is supported").into())
    }
}

/// Decides that a photo is a copy when both files end with the same 32 bytes.
#[derive(Debug, Default)]
pub struct SameEnding;

impl SameEnding {
    fn ending(photo: &Photo) -> Bytes {
        photo.bytes().slice(photo.bytes().len().saturating_sub(32)..)
    }
}

#[async_trait]
impl ReplayDetector for SameEnding {
    async fn examine(&self, photo: &JpegPhoto) -> Result<ExaminedPhoto, VisionError> {
        let points = Self::ending(photo.photo());
        let hash = PerceptualHash::new(Sha256::digest(&points).into());
        let trace = PhotoTrace {
            pixels_sha256: *photo.pixels_sha256(),
            hash: Some(hash),
            points: points.clone(),
        };
        Ok(ExaminedPhoto { trace, variants: vec![hash], query: points })
    }

    async fn similar(&self, photo: &ExaminedPhoto, earlier: &[Bytes]) -> Result<Vec<usize>, Fault> {
        let places = earlier.iter().enumerate();
        Ok(places.filter(|(_, points)| **points == photo.query).map(|(place, _)| place).collect())
    }

    async fn is_copy(&self, photo: &Photo, earlier: &Photo) -> Result<bool, Fault> {
        Ok(Self::ending(photo) == Self::ending(earlier))
    }

    async fn flags(&self, _: &Photo) -> Result<Vec<PhotoFlag>, Fault> {
        Ok(Vec::new())
    }
}
