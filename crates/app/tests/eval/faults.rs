//! Folders that cannot be evaluated, or only in part.

use std::fs;

use serde_json::json;

use crate::folders::{eval, folder, put_scene};
use crate::support::home::{Finished, Home};

#[track_caller]
fn assert_refused(finished: &Finished, told: &str) {
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains(told), "{told:?} is missing: {finished:?}");
    assert!(!finished.stderr.contains("panicked"), "{finished:?}");
    assert_eq!(finished.stdout, "");
}

#[test]
fn folders_without_scenes_are_rejected() {
    let home = Home::new();
    let folder = folder(&home);
    let path = folder.to_str().unwrap();
    assert_refused(&home.run(&["eval", path]), "no folders with photos");
    let gone = folder.join("gone");
    assert_refused(&home.run(&["eval", gone.to_str().unwrap()]), "scenes/gone");
    put_scene(&folder, "desk", 1, 1);
    assert_refused(&home.run(&["eval", path]), "two photos to compare");
    assert_refused(&home.run(&["eval"]), "DIR");
    assert_refused(&home.run(&["eval", path, "--pairs", "many"]), "--pairs");
}

#[test]
fn invalid_manifests_are_rejected() {
    let home = Home::new();
    let folder = folder(&home);
    put_scene(&folder, "desk", 1, 2);
    for (manifest, told) in [
        ("scene_id,site\ndesk,room\n", "file"),
        ("scene_id,file\ndesk\n", "manifest.csv"),
        ("scene_id,file\n", "no folders with photos"),
    ] {
        fs::write(folder.join("manifest.csv"), manifest).unwrap();
        assert_refused(&home.run(&["eval", folder.to_str().unwrap()]), told);
    }
}

#[test]
fn photos_that_cannot_be_read_are_named_and_left_out() {
    let home = Home::new();
    let folder = folder(&home);
    put_scene(&folder, "desk", 1, 3);
    put_scene(&folder, "street", 2, 2);
    fs::write(folder.join("desk/2.jpg"), "text").unwrap();
    let cut = fs::read(folder.join("street/2.jpg")).unwrap();
    fs::write(folder.join("street/3.jpg"), &cut[..cut.len() / 4]).unwrap();
    let told = eval(&home, &folder, &[]);
    assert_eq!(told["unreadable"], json!(["desk/2.jpg", "street/3.jpg"]));
    assert_eq!(told["strata"]["ordinary"]["positives"], 2);
    assert_eq!(told["strata"]["ordinary"]["negatives"], 4);
    let finished = home.succeed(&["eval", folder.to_str().unwrap()]);
    assert!(finished.stderr.contains("desk/2.jpg"), "{finished:?}");
    assert!(finished.stdout.contains("2 left out"), "{finished:?}");
}

#[test]
fn files_that_cannot_be_written_are_named() {
    let home = Home::new();
    let folder = folder(&home);
    put_scene(&folder, "desk", 1, 2);
    let path = folder.to_str().unwrap();
    for option in ["--json", "--scores"] {
        let finished = home.run(&["eval", path, option, "nowhere/figures"]);
        assert_refused(&finished, "nowhere/figures");
    }
}
