use injeung_domain::{Comparison, Evidence, TierScore};

use super::alignment::Alignment;
use super::decide::Decision;
use super::detail::{Detail, PointPair};
use super::tier::Tier;
use super::turns::QuarterTurns;
use crate::neural::NeuralFeatures;
use crate::opencv::{Features, Match, Motion, is_spread};

/// Where the points of a photo are, whatever kind they are of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// Columns and rows of the upright photo at working size, in pixels.
    size: (u32, u32),
    /// Columns and rows of the points.
    points: &'a [[f32; 2]],
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
}

impl Finding {
    /// What pairs of points come to by the motion that explains most of them, if any does, and if the
    /// pairs that it explains do not all lie in one spot.
    pub(super) fn of(
        reference: Places<'_>,
        photo: Places<'_>,
        matches: &[Match],
        motion: Option<Motion>,
    ) -> Self {
        let pair = |found: &Match| {
            let (reference, photo) =
                reference.points.get(found.reference).zip(photo.points.get(found.photo))?;
            Some(PointPair { reference: *reference, photo: *photo })
        };
        let explained = |motion: Motion| -> (_, Vec<_>) {
            (motion.model, motion.inliers.iter().filter_map(pair).collect())
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
        }
    }

    /// The tier's score: how many pairs the motion explains.
    pub(super) fn score(&self) -> f64 {
        f64::from(self.evidence.inliers)
    }

    /// The finding of a photo that had been turned, in the places of the photo as it was.
    pub(super) fn turned_back(mut self, turns: QuarterTurns) -> Self {
        if turns.swaps_sides() {
            self.photo_size = (self.photo_size.1, self.photo_size.0);
        }
        let (width, height) = self.photo_size;
        for pair in &mut self.inliers {
            pair.photo = turns.turn_back(pair.photo, width, height);
        }
        self
    }

    /// The finding of a photo that had been laid over the reference, in the places of the photo as it was, which
    /// is as large as `photo_size` says.
    pub(super) fn taken_back(mut self, alignment: &Alignment, photo_size: (u32, u32)) -> Self {
        self.photo_size = photo_size;
        let (width, height) = (photo_size.0 as f32, photo_size.1 as f32);
        for pair in &mut self.inliers {
            // A point that was found on the edge may come to lie a little beyond it.
            let [x, y] = alignment.take_back(pair.photo);
            pair.photo = [x.clamp(0.0, width), y.clamp(0.0, height)];
        }
        self
    }

    /// The verdict that the tiers came to, of which this is the clearest finding.
    pub(super) fn into_detail(self, decision: &Decision, threshold: f64) -> Detail {
        let tier = |(tier, score): &(Tier, f64)| TierScore { name: tier.name(), score: *score };
        Detail {
            comparison: Comparison {
                same_scene: decision.probability >= threshold,
                score: decision.probability,
                tiers: decision.scores.iter().map(tier).collect(),
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
