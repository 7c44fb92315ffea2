use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use injeung_domain::ports::VisionError;
use injeung_domain::{Comparison, GeometricModel, Photo, TierScore};
use injeung_vision::{Cascade, Detail, draw_overlay};
use serde_json::json;

use super::{read_photo, say};
use crate::config::Config;
use crate::wiring;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Reference photo.
    reference: PathBuf,
    /// Photo to compare with the reference.
    photo: PathBuf,
    /// Prints the verdict and its evidence as JSON.
    #[arg(long)]
    json: bool,
    /// Writes a picture of both photos with the matches of the tier that found the most.
    #[arg(long, value_name = "OVERLAY.jpg")]
    out: Option<PathBuf>,
}

/// Exits with 0 for matching photos, with 1 for non-matching ones.
pub(crate) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let cascade = wiring::cascade(config)?;
    let limits = config.photos.into();
    let reference = read_photo(&arguments.reference, &limits)?;
    let photo = read_photo(&arguments.photo, &limits)?;
    let detail = compare(&cascade, &reference, &photo).context("compare the photos")?;
    if let Some(path) = &arguments.out {
        let overlay = draw_overlay(&reference, &photo, &detail).context("draw the overlay")?;
        std::fs::write(path, overlay).with_context(|| format!("write {}", path.display()))?;
    }
    let Detail { comparison, .. } = &detail;
    say(&if arguments.json {
        as_json(comparison, cascade.threshold()).to_string()
    } else {
        as_text(comparison, cascade.threshold())
    });
    Ok(if comparison.same_scene { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn compare(cascade: &Cascade, reference: &Photo, photo: &Photo) -> Result<Detail, VisionError> {
    // Stored features are rounded, so the reference is rounded here too.
    let reference = cascade.read(&cascade.extract(reference)?.0)?;
    cascade.compare(&reference, &cascade.query(photo)?)
}

fn as_text(comparison: &Comparison, threshold: f64) -> String {
    let clearest = comparison.clearest().copied().unwrap_or_default();
    let tier = |tier: &TierScore| format!("{} {}/{}", tier.name, tier.confirmed, tier.inliers);
    let tiers: Vec<_> = comparison.tiers.iter().map(tier).collect();
    format!(
        "{}: probability {:.4}, accepted from {threshold:.4}; {}; {} and {} features, {} matches, \
         {} inliers{}",
        if comparison.same_scene { "the same scene" } else { "another scene" },
        comparison.score,
        tiers.join(", "),
        clearest.reference_features,
        clearest.photo_features,
        clearest.matches,
        clearest.inliers,
        clearest.model.map(|model| format!(" of a {}", name(model))).unwrap_or_default(),
    )
}

fn as_json(comparison: &Comparison, threshold: f64) -> serde_json::Value {
    let clearest = comparison.clearest().copied().unwrap_or_default();
    let tier = |tier: &TierScore| json!({ "name": tier.name, "inliers": tier.inliers, "confirmed": tier.confirmed });
    let tiers: Vec<_> = comparison.tiers.iter().map(tier).collect();
    json!({
        "same_scene": comparison.same_scene,
        "score": comparison.score,
        "threshold": threshold,
        "tiers": tiers,
        "evidence": {
            "reference_features": clearest.reference_features,
            "photo_features": clearest.photo_features,
            "matches": clearest.matches,
            "inliers": clearest.inliers,
            "model": clearest.model.map(name),
        },
    })
}

fn name(model: GeometricModel) -> &'static str {
    match model {
        GeometricModel::Homography => "homography",
        GeometricModel::Fundamental => "fundamental matrix",
    }
}
