//! Which photos there are, and what is known of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

/// The most photos that are judged at once: the features of each stay in memory, up to 4 MB.
const MAX_PHOTOS: usize = 4000;
/// The stratum of scenes of which nothing else is known.
pub(super) const ORDINARY: &str = "ordinary";

/// A photo and where it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScenePhoto {
    /// What it shows; two photos of one scene are a right pair.
    pub(super) scene: String,
    /// The room, building or set of things it was taken of. Two scenes of one site are look-alikes.
    pub(super) site: String,
    /// How difficult its scene is.
    pub(super) stratum: String,
    /// The file, below the folder of all scenes.
    pub(super) file: String,
    /// Where to read it.
    pub(super) path: PathBuf,
}

/// The photos that `manifest.csv` of a folder names, in its order; without one, the photos of every
/// folder in it, each an ordinary scene that is its own site.
///
/// # Errors
/// When there are no photos or too many, or the manifest makes no sense.
pub(super) fn read(directory: &Path) -> anyhow::Result<Vec<ScenePhoto>> {
    let manifest = directory.join("manifest.csv");
    let photos = if manifest.is_file() {
        from_manifest(directory, &manifest)
            .with_context(|| format!("read {}", manifest.display()))?
    } else {
        from_folders(directory).with_context(|| format!("read {}", directory.display()))?
    };
    match photos.len() {
        0 => bail!("find scenes in {}: it has no folders with photos", directory.display()),
        1..=MAX_PHOTOS => Ok(photos),
        count => bail!(
            "judge {count} photos of {}: {MAX_PHOTOS} are the most at once",
            directory.display()
        ),
    }
}

/// The columns that are read; others are welcome.
#[derive(Deserialize)]
struct Row {
    scene_id: String,
    file: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    stratum: String,
}

fn from_manifest(directory: &Path, manifest: &Path) -> anyhow::Result<Vec<ScenePhoto>> {
    let mut reader = csv::Reader::from_path(manifest)?;
    let mut photos = Vec::new();
    for row in reader.deserialize() {
        let Row { scene_id, file, site, stratum } = row?;
        let given = |text: String, default: &str| {
            if text.is_empty() { default.to_owned() } else { text }
        };
        photos.push(ScenePhoto {
            site: given(site, &scene_id),
            stratum: given(stratum, ORDINARY),
            path: directory.join(&file),
            scene: scene_id,
            file,
        });
    }
    Ok(photos)
}

fn from_folders(directory: &Path) -> anyhow::Result<Vec<ScenePhoto>> {
    let mut photos = Vec::new();
    for (scene, folder) in entries(directory)? {
        if !folder.is_dir() {
            continue;
        }
        for (name, path) in entries(&folder)? {
            if is_photo(&path) {
                photos.push(ScenePhoto {
                    scene: scene.clone(),
                    site: scene.clone(),
                    stratum: ORDINARY.to_owned(),
                    file: format!("{scene}/{name}"),
                    path,
                });
            }
        }
    }
    Ok(photos)
}

/// What a folder holds, `2.jpg` before `10.jpg`, without what is hidden.
fn entries(directory: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            entries.push((name, path));
        }
    }
    let number = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
    entries.sort_by_cached_key(|(name, path)| (number(path).unwrap_or(u64::MAX), name.clone()));
    Ok(entries)
}

fn is_photo(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["jpg", "jpeg", "png", "webp"].contains(&extension.as_str()) && path.is_file()
}
