use injeung_domain::Fault;
use injeung_neural::{Features, LighterGlueOptions, Pair, mutual_nearest};

use super::runtime::NeuralRuntime;
use super::settings::NeuralSettings;
use crate::points::Match;

/// Pairs of points whose descriptors are each other's nearest with a cosine above `min_cosine`, in the order of the
/// reference's points.
pub fn mutual_matches(
    settings: &NeuralSettings,
    reference: &Features,
    photo: &Features,
) -> Vec<Match> {
    matches(mutual_nearest(reference, photo, settings.min_cosine))
}

/// LighterGlue's pairs of the best points of both photos, in the order of the reference's points.
///
/// # Errors
/// A fault of the network.
pub fn lighterglue(
    networks: &dyn NeuralRuntime,
    settings: &NeuralSettings,
    reference: &Features,
    photo: &Features,
) -> Result<Vec<Match>, Fault> {
    let options = LighterGlueOptions {
        max_points: settings.matcher_points,
        min_confidence: settings.min_confidence,
        min_matchable: settings.min_matchable,
    };
    networks.pairs(reference, photo, &options).map(matches)
}

fn matches(pairs: Vec<Pair>) -> Vec<Match> {
    pairs.into_iter().map(|pair| Match { reference: pair.a, photo: pair.b }).collect()
}
