use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, QualityIssue, ReferenceQuality};
use opencv::core::Mat;

use super::decode::{Colour, Fit, decode};
use super::fault;
use super::features::Features;
use super::settings::{Algorithm, ExtractorSettings};
use super::wire::{MAX_POINTS, MAX_SIDE};
use super::{orb, sift};

/// Takes the features of a photo.
pub(super) fn extract(
    settings: &ExtractorSettings,
    photo: &Photo,
) -> Result<Features, VisionError> {
    features(settings, &working_pixels(settings, photo)?).map_err(fault)
}

/// Takes the features of a photo and tells how well others can be verified against it.
pub(super) fn extract_reference(
    settings: &ExtractorSettings,
    photo: &Photo,
) -> Result<(Features, ReferenceQuality), VisionError> {
    let grey = working_pixels(settings, photo)?;
    let features = features(settings, &grey).map_err(fault)?;
    let feature_count = sift::count(&grey).map_err(fault)?;
    let issues = if feature_count < settings.min_features {
        vec![QualityIssue::TooFewFeatures]
    } else if feature_count < settings.warn_features {
        vec![QualityIssue::FewFeatures]
    } else {
        Vec::new()
    };
    let verifiable = feature_count >= settings.min_features;
    Ok((features, ReferenceQuality { feature_count, verifiable, issues }))
}

fn working_pixels(settings: &ExtractorSettings, photo: &Photo) -> Result<Mat, VisionError> {
    decode(photo, Colour::Grey, Fit::LongSide(settings.working_side.min(MAX_SIDE)))
}

fn features(settings: &ExtractorSettings, grey: &Mat) -> opencv::Result<Features> {
    let max = settings.max_features.clamp(1, MAX_POINTS as u32);
    match settings.algorithm {
        Algorithm::Sift => sift::sift(grey, max),
        Algorithm::Orb => orb::orb(grey, max),
    }
}
