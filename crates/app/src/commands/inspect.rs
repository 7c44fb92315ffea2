use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use injeung_domain::ports::VisionError;
use injeung_vision::Tier;

use super::{read_photo, say};
use crate::config::Config;
use crate::wiring;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Photos to inspect: JPEG, PNG or WebP.
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
}

/// Exits with 0 when every photo is accepted as a reference, with 1 otherwise.
pub(crate) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let cascade = wiring::cascade(config)?;
    let limits = config.photos.into();
    let mut all_pass = true;
    for path in &arguments.photos {
        let name = path.display();
        let photo = match read_photo(path, &limits) {
            Ok(photo) => photo,
            Err(error) => {
                all_pass = false;
                say(&format!("{name}: rejected as a reference: failed to {error:#}"));
                continue;
            }
        };
        let (features, quality) = match cascade.extract(&photo) {
            Ok(extracted) => extracted,
            Err(VisionError::Photo(error)) => {
                all_pass = false;
                say(&format!("{name}: rejected as a reference: {error}"));
                continue;
            }
            Err(VisionError::Fault(fault)) => {
                return Err(fault).with_context(|| format!("examine {name}"));
            }
        };
        all_pass &= quality.verifiable;
        let (mut width, mut height) = (photo.width(), photo.height());
        if photo.orientation().swaps_sides() {
            (width, height) = (height, width);
        }
        say(&format!(
            "{name}: {} as a reference: {} feature points, {} features in {} bytes, \
             {width}x{height} upright, \
             EXIF orientation {}{}",
            if quality.verifiable { "accepted" } else { "rejected" },
            quality.feature_count,
            features.format.algorithm,
            features.bytes.len(),
            photo.orientation().exif_value(),
            quality.issues.iter().map(|issue| format!("; {issue}")).collect::<String>(),
        ));
    }
    let names =
        |tiers: &[Tier]| tiers.iter().map(|tier| tier.name()).collect::<Vec<_>>().join(", ");
    let missing = match cascade.missing() {
        [] => String::new(),
        missing => format!("; missing: {}", names(missing)),
    };
    say(&format!("tiers: {}{missing}", names(cascade.tiers())));
    Ok(if all_pass { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
