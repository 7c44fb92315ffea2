//! Upper limits of false rejections and false acceptances.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::folders::{eval, folder, put_scene};
use crate::support::home::Home;

/// Scenes of the photo set: places, rooms, objects and posters, from easy to hard.
const SCENES: [&str; 20] = [
    "cwz-board",
    "cwz-desk",
    "cwz-lib-a",
    "freiburg-desk",
    "grand-central",
    "hiking",
    "hs-csie",
    "hs-denny",
    "hs-grail-a",
    "hs-ntulib",
    "hs-parrington",
    "hs-seats",
    "kp-street",
    "kp-yard",
    "nle-tower",
    "ortho",
    "pt-capitol",
    "pt-san-marco",
    "saharov",
    "terrace",
];

/// Path of the photo set, if it is beside the repository.
fn photos() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/photos");
    SCENES.iter().all(|scene| path.join(scene).is_dir()).then_some(path)
}

#[test]
fn of_20_matching_pairs_few_are_rejected_and_of_100_non_matching_none_is_accepted() {
    assert_rejects_at_most(2, &Home::new().with_neural_tier());
}

#[test]
fn without_the_neural_tier_a_few_more_are_rejected_and_none_is_accepted() {
    assert_rejects_at_most(4, &Home::new());
}

/// Evaluates one matching pair of each scene.
#[track_caller]
fn assert_rejects_at_most(rejected: u64, home: &Home) {
    let folder = folder(home);
    match photos() {
        Some(photos) => {
            for scene in SCENES {
                fs::create_dir(folder.join(scene)).unwrap();
                for number in 1..=2 {
                    let photo = format!("{scene}/{number}.jpg");
                    symlink(photos.join(&photo), folder.join(&photo)).unwrap();
                }
            }
        }
        None => {
            eprintln!("there is no photo set: drawn pictures take its place");
            for seed in 1..=20 {
                put_scene(&folder, &format!("scene-{seed}"), seed, 2);
            }
        }
    }
    let arguments = ["--pairs", "1", "--non-matching", "5", "--least-non-matching", "100"];
    let told = eval(home, &folder, &arguments);
    let ordinary = &told["strata"]["ordinary"];
    assert_eq!(ordinary["positives"], 20);
    assert_eq!(ordinary["negatives"], 100);
    let balanced = &ordinary["points"]["balanced"];
    assert_eq!(balanced["false_accepts"], 0, "{balanced}");
    assert!(balanced["false_rejects"].as_u64().unwrap() <= rejected, "{balanced}");
}
