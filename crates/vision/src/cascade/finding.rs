use injeung_domain::{Comparison, Evidence, TierScore};

use super::decide::{Decision, Score};
use super::detail::{Detail, PointPair};
use super::tier::Tier;
use crate::neural::NeuralFeatures;
use crate::opencv::{Motion, is_spread};
use crate::points::{Features, Match};

/// The places of a photo's points, independent of their kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// Columns and rows of the upright photo at working size, in pixels.
    pub(super) size: (u32, u32),
    /// Column and row of each point, in pixels.
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
    /// The places of a match's points; `None` if the match refers to other points.
    pub(super) fn of([reference, photo]: [Places<'_>; 2], found: &Match) -> Option<Self> {
        let ends = reference.points.get(found.reference).zip(photo.points.get(found.photo));
        ends.map(|(reference, photo)| Self { reference: *reference, photo: *photo })
    }
}

/// Result of a tier: pairs of points, and the camera motion that explains most of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Finding {
    /// Columns and rows of the upright reference at the tier's working size, in pixels.
    pub(super) reference_size: (u32, u32),
    /// Columns and rows of the upright photo at the tier's working size, in pixels.
    pub(super) photo_size: (u32, u32),
    /// Numbers of points, matches and inliers, and the kind of motion.
    pub(super) evidence: Evidence,
    /// Pairs that the motion explains, in pixels of these sizes.
    pub(super) inliers: Vec<PointPair>,
    /// Number of inliers whose surroundings look the same in both photos.
    pub(super) confirmed: u32,
}

impl Finding {
    /// The finding of a tier with these matches and this motion. It has no inliers if there is no motion, or if all
    /// inliers are in one spot.
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

    /// The score of `tier`, which produced this finding.
    pub(super) fn score(&self, tier: Tier) -> Score {
        Score { tier, inliers: self.evidence.inliers, confirmed: self.confirmed }
    }

    /// The comparison that the tiers decided, with this finding as its evidence.
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

/// Whether the pairs of one motion are spread out in both photos, rather than in one spot.
fn is_spread_in_both(
    pairs: &[PointPair],
    reference_size: (u32, u32),
    photo_size: (u32, u32),
) -> bool {
    let (from, to): (Vec<_>, Vec<_>) =
        pairs.iter().map(|pair| (pair.reference, pair.photo)).unzip();
    is_spread(&from, reference_size) && is_spread(&to, photo_size)
}
