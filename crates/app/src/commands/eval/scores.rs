//! Every pair with its scores, for fitting.

use std::path::Path;

use super::judge::{Scored, Seen};

/// The columns before those of the tiers; docs/accuracy.md tells what they mean.
const COLUMNS: [&str; 12] = [
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
];

/// Writes a line a pair, `a` being the reference.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(
    path: &Path,
    tiers: &[&str],
    seen: &[Seen],
    scored: &[Scored],
) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_path(path)?;
    let columns = tiers.iter().flat_map(|tier| [(*tier).to_owned(), format!("{tier}_confirmed")]);
    writer.write_record(COLUMNS.map(str::to_owned).into_iter().chain(columns))?;
    for one in scored {
        let found = seen.get(one.pair.reference).zip(seen.get(one.pair.query));
        let Some((a, b)) = found else { continue };
        let mut fields = vec![one.pair.relation.name().to_owned()];
        for get in [
            |seen: &Seen| seen.photo.stratum.clone(),
            |seen: &Seen| seen.photo.site.clone(),
            |seen: &Seen| seen.photo.scene.clone(),
            |seen: &Seen| seen.photo.file.clone(),
            |seen: &Seen| seen.feature_count.to_string(),
        ] {
            fields.extend([get(a), get(b)]);
        }
        fields.push(one.score.to_string());
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
