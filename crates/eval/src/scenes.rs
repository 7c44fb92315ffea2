//! Reads folders of scenes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use crate::error::EvalError;

/// Maximum number of photos. The features of each stay in memory, up to 4 MB.
pub(crate) const MAX_PHOTOS: usize = 4000;
/// Stratum of scenes without another one.
pub(crate) const ORDINARY: &str = "ordinary";

/// A photo and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScenePhoto {
    /// Name of the scene; two photos of one scene are a matching pair.
    pub(crate) scene: String,
    /// Name of the room, building or set of things. Two scenes of one site are look-alikes.
    pub(crate) site: String,
    /// Difficulty of the scene.
    pub(crate) stratum: String,
    /// Path below the folder of scenes.
    pub(crate) file: String,
    /// Path of the file.
    pub(crate) path: PathBuf,
}

/// The photos that `manifest.csv` of a folder lists, in its order. Without a manifest, the photos of every folder in
/// it; each folder is then an ordinary scene and its own site.
///
/// # Errors
/// If there are no photos or too many, or the manifest is invalid.
pub(crate) fn read(directory: &Path) -> Result<Vec<ScenePhoto>, EvalError> {
    let manifest = directory.join("manifest.csv");
    let photos = if manifest.is_file() {
        from_manifest(directory, &manifest).map_err(|error| EvalError::read(manifest, error))?
    } else {
        from_folders(directory).map_err(|error| EvalError::read(directory, error))?
    };
    match photos.len() {
        0 => Err(EvalError::NoScenes(directory.to_owned())),
        1..=MAX_PHOTOS => Ok(photos),
        count => Err(EvalError::TooManyPhotos {
            count,
            maximum: MAX_PHOTOS,
            directory: directory.to_owned(),
        }),
    }
}

/// Columns of a manifest; others are ignored.
#[derive(Deserialize)]
struct Row {
    scene_id: String,
    file: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    stratum: String,
}

fn from_manifest(directory: &Path, manifest: &Path) -> Result<Vec<ScenePhoto>, csv::Error> {
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

fn from_folders(directory: &Path) -> io::Result<Vec<ScenePhoto>> {
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

/// Entries of a folder without hidden ones, `2.jpg` before `10.jpg`.
fn entries(directory: &Path) -> io::Result<Vec<(String, PathBuf)>> {
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
