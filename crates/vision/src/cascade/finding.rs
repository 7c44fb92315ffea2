use injeung_domain::{Comparison, TierScore};

use super::point_pair::PointPair;
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

/// A comparison with the places of the inliers of the tier that found the most.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The decision and the scores of the tiers.
    pub comparison: Comparison,
    /// What [`Comparison::clearest`] found.
    pub clearest: Finding,
}

/// The score of a tier with the places of its inliers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finding {
    /// Counts of points, matches and inliers, and the kind of motion.
    pub score: TierScore,
    /// Columns and rows of the upright reference at the tier's working size, in pixels.
    pub reference_size: (u32, u32),
    /// Columns and rows of the upright photo at the tier's working size, in pixels.
    pub photo_size: (u32, u32),
    /// Pairs that one camera motion explains, in pixels of these sizes.
    pub inliers: Vec<PointPair>,
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
            score: TierScore {
                reference_features: reference.points.len() as u32,
                photo_features: photo.points.len() as u32,
                matches: matches.len() as u32,
                inliers: inliers.len() as u32,
                model,
                ..TierScore::default()
            },
            inliers,
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
