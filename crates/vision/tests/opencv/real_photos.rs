//! The photo set, where it lies beside the repository.

use std::fs;
use std::path::{Path, PathBuf};

use injeung_domain::{Photo, PhotoLimits};
use injeung_vision::{Algorithm, ExtractorSettings, compare_features, extract_features};

fn photos() -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/photos"));
    if !path.join("manifest.csv").exists() {
        eprintln!("skipped: there are no photos at {}", path.display());
        return None;
    }
    Some(path.to_owned())
}

fn read(path: &Path) -> Photo {
    Photo::parse(fs::read(path).unwrap().into(), &PhotoLimits::default()).unwrap()
}

/// Scenes of every kind that both algorithms find with a wide margin, and all wrong pairs among
/// them. It shows that the whole works on photos; docs/accuracy.md shows how well.
#[test]
fn easy_scenes_are_told_apart() {
    let Some(photos) = photos() else { return };
    let scenes = ["hs-grail-a", "hs-csie", "hs-denny", "hs-parrington", "terrace", "hiking"];
    for (algorithm, least) in [(Algorithm::Sift, 5), (Algorithm::Orb, 4)] {
        let settings = ExtractorSettings::of(algorithm);
        let features = scenes.map(|scene| {
            ["1.jpg", "2.jpg"].map(|name| {
                extract_features(&settings, &read(&photos.join(scene).join(name))).unwrap().0
            })
        });
        let compare = |a, b| compare_features(&settings, a, b).unwrap().same_scene;
        let found = features.iter().filter(|[first, second]| compare(first, second)).count();
        assert!(found >= least, "{algorithm} finds {found} of {}", scenes.len());
        for (index, [first, _]) in features.iter().enumerate() {
            for (other, [_, second]) in features.iter().enumerate() {
                assert!(
                    index == other || !compare(first, second),
                    "{algorithm} takes {} for {}",
                    scenes[other],
                    scenes[index]
                );
            }
        }
    }
}

#[test]
fn phone_originals_are_worked_with() {
    let Some(photos) = photos() else { return };
    let mut seen = 0;
    for entry in fs::read_dir(photos.join("large")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jpg") {
            let photo = read(&path);
            assert!(photo.width() * photo.height() > 8_000_000, "{}", path.display());
            extract_features(&ExtractorSettings::default(), &photo).unwrap();
            seen += 1;
        }
    }
    assert!(seen > 0);
}
