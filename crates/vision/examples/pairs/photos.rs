//! Reads the photos and what is known of them.

use std::fs;
use std::path::Path;

use injeung_domain::{Photo, PhotoLimits};

use super::AnyError;

/// A photo in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scene {
    /// What it shows.
    pub(crate) name: String,
    /// Where it lies below the manifest.
    pub(crate) file: String,
    /// The room, building or set of things it was taken of; the name where the manifest has none.
    pub(crate) site: String,
    /// How difficult it is.
    pub(crate) stratum: String,
}

/// What two photos have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    SameScene,
    LookAlike,
    Different,
}

pub(crate) fn relation(a: &Scene, b: &Scene) -> Relation {
    if a.name == b.name {
        Relation::SameScene
    } else if a.site == b.site {
        Relation::LookAlike
    } else {
        Relation::Different
    }
}

pub(crate) fn read(path: &Path) -> Result<Photo, AnyError> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Photo::parse(bytes.into(), &PhotoLimits::default())?)
}

pub(crate) fn read_manifest(directory: &Path) -> Result<Vec<Scene>, AnyError> {
    let text = fs::read_to_string(directory.join("manifest.csv"))?;
    let mut lines = text.lines();
    let header = fields(lines.next().ok_or("the manifest is empty")?);
    let column = |name: &str| {
        header.iter().position(|title| title == name).ok_or(format!("the manifest has no {name}"))
    };
    let columns = [column("scene_id")?, column("file")?, column("site")?, column("stratum")?];
    let mut scenes = Vec::new();
    for line in lines {
        let fields = fields(line);
        let [name, file, site, stratum] =
            columns.map(|column| fields.get(column).cloned().unwrap_or_default());
        let site = if site.is_empty() { name.clone() } else { site };
        scenes.push(Scene { name, file, site, stratum });
    }
    Ok(scenes)
}

/// Splits a line at commas that stand outside quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => {
                if let Some(field) = fields.last_mut() {
                    field.push(character);
                }
            }
        }
    }
    fields
}
