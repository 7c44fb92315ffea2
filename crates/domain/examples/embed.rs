//! A Rust service that verifies a photo without Injeung's web server, database or OpenCV.
//!
//! It implements one port, the comparison, and uses the `memory` adapters for all others:
//!
//! ```sh
//! cargo run -p injeung-domain --features memory --example embed
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to its reader")]

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_domain::memory::{
    FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, SameEnding, policy,
};
use injeung_domain::ports::{FeatureExtractor, Ports, Repository, VisionError};
use injeung_domain::{
    Caller, ChallengeGroup, Comparison, Examination, FeatureFormat, GroupId, MatchMode,
    ParticipationId, Photo, PhotoLimits, ReferenceFeatures, ReferenceQuality, RegisterReference,
    RequestContext, Schedule, VerifyFeature, register_reference, verify_feature,
};
use time::macros::{date, datetime, time};

/// This service's comparison: two photos match when their files use bytes with similar frequencies.
struct ByteHistogram;

#[async_trait]
impl FeatureExtractor for ByteHistogram {
    fn format(&self) -> FeatureFormat {
        FeatureFormat { algorithm: "byte-histogram".to_owned(), version: 1 }
    }

    fn missing(&self) -> Vec<&'static str> {
        Vec::new()
    }

    async fn extract(
        &self,
        photo: &Photo,
    ) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
        let bytes = Bytes::copy_from_slice(photo.bytes());
        let features = ReferenceFeatures { format: self.format(), bytes };
        let quality = ReferenceQuality { feature_count: 256, verifiable: true, issues: Vec::new() };
        Ok((features, quality))
    }

    async fn compare(
        &self,
        reference: &ReferenceFeatures,
        photo: &Photo,
        _: MatchMode,
    ) -> Result<Examination, VisionError> {
        let (one, other) = (histogram(&reference.bytes), histogram(photo.bytes()));
        let score: f64 = one.iter().zip(&other).map(|(a, b)| a.min(*b)).sum();
        let threshold = 0.9;
        let (same_scene, tiers) = (score >= threshold, Vec::new());
        Ok(Comparison { same_scene, score, threshold, tiers, difference: None }.into())
    }
}

/// Relative frequency of each byte value, so that the intersection of two histograms is from 0 to
/// 1.
fn histogram(bytes: &[u8]) -> Vec<f64> {
    let share = |value| bytes.iter().filter(|byte| **byte == value).count() as f64;
    (0..=u8::MAX).map(|value| share(value) / bytes.len().max(1) as f64).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    futures_executor::block_on(verify_a_photo())
}

async fn verify_a_photo() -> Result<(), Box<dyn Error>> {
    let database = Arc::new(MemoryDatabase::default());
    let objects = Arc::new(MemoryObjectStore::default());
    let ports = Ports {
        clock: Arc::new(ManualClock::new(datetime!(2026-11-23 06:30 +9))),
        extractor: Arc::new(ByteHistogram),
        classifier: Arc::new(FixedConcepts::default()),
        jpeg_encoder: Arc::new(JpegOnly),
        replay_detector: Arc::new(SameEnding),
        objects: objects.clone(),
        repository: database.clone(),
    };
    let policy = policy("Asia/Seoul".parse()?);
    let request = || RequestContext::new(ports.clock.now(), Caller::Anyone);

    let group = ChallengeGroup {
        id: GroupId::try_from(1)?,
        name: Some("Miracle morning".to_owned()),
        schedule: Schedule::new(
            date!(2026 - 11 - 01),
            date!(2026 - 11 - 30),
            time!(06:00),
            time!(07:00),
            "Asia/Seoul".parse()?,
        )?,
        match_mode: MatchMode::Place,
    };
    let participation_id = ParticipationId::try_from(12)?;
    database.put_group(&group).await?;
    database.put_participation(participation_id, group.id, None).await?;

    let desk = picture(b"the same desk every morning");
    let window = picture(&[0, 1, 2, 3].repeat(64));
    let limits = PhotoLimits::NONE;
    let photo = Photo::parse(desk.clone(), &limits);
    let command = RegisterReference { participation_id, photo };
    let registered = register_reference(&ports, &policy, command, request()).await?;
    println!("reference {} is registered", registered.reference_id);

    for (name, file) in [("the desk", desk), ("the window", window)] {
        let photo = Photo::parse(file, &limits)?;
        let content = "good morning".parse()?;
        let command = VerifyFeature { participation_id, photo, content };
        match verify_feature(&ports, &policy, command, request()).await {
            Ok(verified) => println!("{name}: accepted as feed {}", verified.feed_id),
            Err(error) => println!("{name}: failed to {error}"),
        }
    }
    println!("stored: {:?}", objects.keys());
    Ok(())
}

/// A minimal file that parses as a JPEG of 640x480 pixels.
fn picture(pixels: &[u8]) -> Bytes {
    let header = b"\xff\xd8\xff\xc0\0\x0b\x08\x01\xe0\x02\x80\x01\x01\x11\0";
    let scan = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0";
    [&header[..], scan, pixels, b"\xff\xd9"].concat().into()
}
