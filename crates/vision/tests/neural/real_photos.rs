//! The photo set beside the repository, if it exists.

use std::fs;
use std::path::Path;

use injeung_domain::{Photo, PhotoLimits};
use injeung_vision::NeuralSettings;
use injeung_vision::stages::decode_grey;

use super::{features, inliers, models};

/// Scenes of every kind that are recognised with a wide margin, and all non-matching pairs among them.
#[test]
fn easy_scenes_are_distinguished() {
    let photos = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/photos"));
    let Some(models) = models() else { return };
    if !photos.join("manifest.csv").exists() {
        eprintln!("skipped: there are no photos at {}", photos.display());
        return;
    }
    let scenes = ["hs-grail-a", "hs-denny", "terrace", "hiking"];
    let features = scenes.map(|scene| {
        ["1.jpg", "2.jpg"].map(|name| {
            let bytes = fs::read(photos.join(scene).join(name)).unwrap().into();
            let photo = Photo::parse(bytes, &PhotoLimits::NONE).unwrap();
            let side = NeuralSettings::default().working_side;
            features(&models, &decode_grey(&photo, side).unwrap())
        })
    });
    for (index, [first, _]) in features.iter().enumerate() {
        for (other, [_, second]) in features.iter().enumerate() {
            let [nearest, matcher] = inliers(&models, first, second);
            let sum = nearest as f64 / 33.0 + matcher as f64 / 35.0;
            let (a, b) = (scenes[index], scenes[other]);
            assert!((index == other) == (sum > 2.0), "{a} and {b}: {nearest} and {matcher}");
        }
    }
}
