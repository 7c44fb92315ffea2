//! The file of pairs and scores that `scripts/fit` reads.

use std::path::Path;

use crate::measure::{Examined, Scored};

/// Columns before those of the tiers; docs/accuracy.md explains them.
const COLUMNS: [&str; 13] = [
    "kind",
    "stratum_a",
    "stratum_b",
    "site_a",
    "site_b",
    "scene_a",
    "scene_b",
    "photo_a",
    "photo_b",
    "features_a",
    "features_b",
    "score",
    "difference",
];

/// Writes one line per pair; photo `a` is the reference.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write(
    path: &Path,
    tiers: &[&str],
    examined: &[Examined],
    scored: &[Scored],
) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    let columns = tiers.iter().flat_map(|tier| [(*tier).to_owned(), format!("{tier}_confirmed")]);
    writer.write_record(COLUMNS.map(str::to_owned).into_iter().chain(columns))?;
    for one in scored {
        let found = examined.get(one.pair.reference).zip(examined.get(one.pair.query));
        let Some((a, b)) = found else { continue };
        let mut fields = vec![one.pair.relation.name().to_owned()];
        for get in [
            |one: &Examined| one.photo.stratum.clone(),
            |one: &Examined| one.photo.site.clone(),
            |one: &Examined| one.photo.scene.clone(),
            |one: &Examined| one.photo.file.clone(),
            |one: &Examined| one.feature_count.to_string(),
        ] {
            fields.extend([get(a), get(b)]);
        }
        fields.push(one.score.to_string());
        fields.push(one.difference.map(|found| found.amount.to_string()).unwrap_or_default());
        fields.extend(
            one.tiers
                .iter()
                .flat_map(|tier| [tier.inliers, tier.confirmed])
                .map(|count| count.to_string()),
        );
        writer.write_record(&fields)?;
    }
    writer.flush()?;
    Ok(())
}
