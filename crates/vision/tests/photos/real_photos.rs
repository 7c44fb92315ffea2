//! The photo set beside the repository, if it exists. The tests of `injeung eval` check its error rates.

use std::fs;
use std::path::{Path, PathBuf};

use injeung_domain::{Photo, PhotoLimits};

use crate::cascades::whole;

fn read(path: &Path) -> Photo {
    Photo::parse(fs::read(path).unwrap().into(), &PhotoLimits::NONE).unwrap()
}

/// Entries of a folder of the photo set; `None` without the set.
fn entries(folder: &str) -> Option<Vec<PathBuf>> {
    let set = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/photos"));
    let set = set.join(folder);
    let Ok(entries) = fs::read_dir(&set) else {
        eprintln!("skipped: there are no photos at {}", set.display());
        return None;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    Some(paths)
}

/// The first two photos of `count` scenes, spread evenly over the set.
pub(crate) fn of_scenes(count: usize) -> Option<Vec<[Photo; 2]>> {
    let both = |folder: PathBuf| {
        let photos = ["1.jpg", "2.jpg"].map(|name| folder.join(name));
        photos.iter().all(|photo| photo.exists()).then_some(photos)
    };
    let scenes: Vec<_> = entries("")?.into_iter().filter_map(both).collect();
    assert!(scenes.len() >= count, "there are {} scenes", scenes.len());
    let step = scenes.len() / count;
    let taken = scenes.iter().step_by(step).take(count);
    Some(taken.map(|photos| photos.each_ref().map(|path| read(path))).collect())
}

#[test]
fn phone_originals_are_worked_with() {
    let Some(paths) = entries("large") else { return };
    let jpegs = paths.iter().filter(|path| path.extension().is_some_and(|name| name == "jpg"));
    let photos: Vec<Photo> = jpegs.map(|path| read(path)).collect();
    assert!(!photos.is_empty());
    let cascade = whole();
    for photo in photos {
        assert!(photo.width() * photo.height() > 8_000_000);
        let (features, quality) = cascade.extract(&photo).unwrap();
        assert!(quality.verifiable);
        let query = cascade.query(&photo).unwrap();
        let itself = cascade.compare(&cascade.read(&features).unwrap(), &query).unwrap();
        assert!(itself.comparison.same_scene);
    }
}
