use injeung_domain::ports::VisionError;
use injeung_domain::{Comparison, Fault, Photo, ReferenceFeatures, ReferenceQuality};

use super::compare::compare;
use super::extract::{extract, extract_reference};
use super::features::Features;
use super::settings::ExtractorSettings;
use super::wire;

/// A comparison with the pairs of points that decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// What was found.
    pub comparison: Comparison,
    /// Columns and rows of the upright reference at working size, in pixels.
    pub reference_size: (u32, u32),
    /// Columns and rows of the upright photo at working size, in pixels.
    pub photo_size: (u32, u32),
    /// The inliers: column and row in the reference and in the photo, in pixels of the working
    /// sizes.
    pub inliers: Vec<PointPair>,
}

/// A point of the reference and the point of the photo that shows the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointPair {
    /// Column and row in the reference.
    pub reference: [f32; 2],
    /// Column and row in the photo.
    pub photo: [f32; 2],
}

/// Takes the features of a reference photo and tells how well others can be verified against it,
/// as the port's `extract` does. Blocks.
///
/// # Errors
/// As `FeatureExtractor::extract`.
pub fn extract_features(
    settings: &ExtractorSettings,
    photo: &Photo,
) -> Result<(ReferenceFeatures, ReferenceQuality), VisionError> {
    let (features, quality) = extract_reference(settings, photo)?;
    let bytes = wire::to_bytes(&features).into();
    Ok((ReferenceFeatures { format: settings.format(), bytes }, quality))
}

/// Compares the features of two photos, as the port's `compare` does those of a reference and a
/// photo. Blocks.
///
/// # Errors
/// A permanent fault when features are corrupt or of another format than the settings'.
pub fn compare_features(
    settings: &ExtractorSettings,
    reference: &ReferenceFeatures,
    photo: &ReferenceFeatures,
) -> Result<Comparison, Fault> {
    Ok(compare(settings, &read(settings, reference)?, &read(settings, photo)?).0)
}

/// Compares two photos as the port's `extract` and `compare` do, and tells what decided it.
/// Blocks.
///
/// # Errors
/// As `FeatureExtractor::compare`.
pub fn compare_in_detail(
    settings: &ExtractorSettings,
    reference: &Photo,
    photo: &Photo,
) -> Result<Detail, VisionError> {
    // What a stored reference's points lose by rounding, this one's lose, too.
    let reference = read(settings, &extract_features(settings, reference)?.0)?;
    let photo = extract(settings, photo)?;
    let (comparison, inliers) = compare(settings, &reference, &photo);
    let pair = |(a, b): (&[f32; 2], &[f32; 2])| PointPair { reference: *a, photo: *b };
    let inliers = inliers
        .iter()
        .filter_map(|found| {
            reference.points.get(found.reference).zip(photo.points.get(found.photo)).map(pair)
        })
        .collect();
    Ok(Detail {
        comparison,
        reference_size: (reference.width, reference.height),
        photo_size: (photo.width, photo.height),
        inliers,
    })
}

/// Reads stored features.
pub(super) fn read(
    settings: &ExtractorSettings,
    features: &ReferenceFeatures,
) -> Result<Features, Fault> {
    let format = settings.format();
    if features.format != format {
        let foreign = format!("the features are of {}, not of {format}", features.format);
        return Err(Fault::permanent(foreign));
    }
    wire::from_bytes(&features.bytes, settings.algorithm).map_err(Fault::permanent)
}
