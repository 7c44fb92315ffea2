use injeung_domain::{Comparison, Evidence, TierScore};

use super::decide::{Decision, Score};
use super::detail::{Detail, PointPair};
use super::tier::Tier;
use crate::neural::NeuralFeatures;
use crate::opencv::{Motion, is_spread};
use crate::points::{Features, Match};

/// Where the points of a photo are, whatever kind they are of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// Columns and rows of the upright photo at working size, in pixels.
    pub(super) size: (u32, u32),
    /// Columns and rows of the points.
    pub(super) points: &'a [[f32; 2]],
}

impl<'a> From<&'a Features> for Places<'a> {
    fn from(features: &'a Features) -> Self {
        Self { size: (features.width, features.height), points: &features.points }
    }
}

impl<'a> From<&'a NeuralFeatures> for Places<'a> {
    fn from(features: &'a NeuralFeatures) -> Self {
        Self { size: (features.width, features.height), points: &features.points }
    }
}

impl PointPair {
    /// Where the ends of a match are; `None` for a match of other points.
    pub(super) fn of([reference, photo]: [Places<'_>; 2], found: &Match) -> Option<Self> {
        let ends = reference.points.get(found.reference).zip(photo.points.get(found.photo));
        ends.map(|(reference, photo)| Self { reference: *reference, photo: *photo })
    }
}

/// What a tier found: pairs of points, and the camera's motion that explains most of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Finding {
    /// Columns and rows of the upright reference at the tier's working size, in pixels.
    pub(super) reference_size: (u32, u32),
    /// The same of the photo.
    pub(super) photo_size: (u32, u32),
    /// The counts.
    pub(super) evidence: Evidence,
    /// The pairs that the motion explains.
    pub(super) inliers: Vec<PointPair>,
    /// How many of them have surroundings that look the same in both photos.
    pub(super) confirmed: u32,
}

impl Finding {
    /// What pairs of points come to by the motion that explains most of them, if any does, and if the
    /// pairs that it explains do not all lie in one spot.
    pub(super) fn of(
        places @ [reference, photo]: [Places<'_>; 2],
        matches: &[Match],
        motion: Option<Motion>,
    ) -> Self {
        let explained = |motion: Motion| -> (_, Vec<_>) {
            let pairs = motion.inliers.iter().filter_map(|found| PointPair::of(places, found));
            (motion.model, pairs.collect())
        };
        let (model, inliers) = motion
            .map(explained)
            .filter(|(_, inliers)| is_spread_in_both(inliers, reference.size, photo.size))
            .map_or((None, Vec::new()), |(model, inliers)| (Some(model), inliers));
        Self {
            reference_size: reference.size,
            photo_size: photo.size,
            evidence: Evidence {
                reference_features: reference.points.len() as u32,
                photo_features: photo.points.len() as u32,
                matches: matches.len() as u32,
                inliers: inliers.len() as u32,
                model,
            },
            inliers,
            confirmed: 0,
        }
    }

    /// What the tier that found it scores.
    pub(super) fn score(&self, tier: Tier) -> Score {
        Score { tier, inliers: self.evidence.inliers, confirmed: self.confirmed }
    }

    /// The verdict that the tiers came to, of which this is the clearest finding.
    pub(super) fn into_detail(self, decision: &Decision, threshold: f64) -> Detail {
        Detail {
            comparison: Comparison {
                same_scene: decision.probability >= threshold,
                score: decision.probability,
                tiers: decision.scores.iter().copied().map(TierScore::from).collect(),
                evidence: self.evidence,
            },
            reference_size: self.reference_size,
            photo_size: self.photo_size,
            inliers: self.inliers,
        }
    }
}

/// Whether pairs that one motion explains do not all lie in one spot of either photo.
fn is_spread_in_both(
    pairs: &[PointPair],
    reference_size: (u32, u32),
    photo_size: (u32, u32),
) -> bool {
    let (from, to): (Vec<_>, Vec<_>) =
        pairs.iter().map(|pair| (pair.reference, pair.photo)).unzip();
    is_spread(&from, reference_size) && is_spread(&to, photo_size)
}
