use injeung_domain::{Comparison, Evidence};

use super::features::{Features, Match};
use super::geometry::{Motion, motion};
use super::matching::matches;
use super::settings::ExtractorSettings;

/// Compares the points of a photo with those of a reference: what was found, and the pairs of
/// points that decided it.
pub(super) fn compare(
    settings: &ExtractorSettings,
    reference: &Features,
    photo: &Features,
) -> (Comparison, Vec<Match>) {
    let matches = matches(reference, photo, settings.ratio);
    let motion = motion(reference, photo, &matches);
    let model = motion.as_ref().map(|motion| motion.model);
    let (score, inliers) =
        motion.map_or((0.0, Vec::new()), |Motion { score, inliers, .. }| (score, inliers));
    let comparison = Comparison {
        same_scene: score >= settings.threshold,
        score,
        evidence: Evidence {
            reference_features: reference.points.len() as u32,
            photo_features: photo.points.len() as u32,
            matches: matches.len() as u32,
            inliers: inliers.len() as u32,
            model,
        },
    };
    (comparison, inliers)
}
