//! Folders of drawn scenes.

use std::fs;
use std::path::{Path, PathBuf};

use image::imageops::{self, FilterType};
use serde_json::Value;

use crate::support::home::Home;
use crate::support::pictures::{jpeg, scene};

/// Creates a folder in the home's directory.
pub(crate) fn folder(home: &Home) -> PathBuf {
    let path = home.path().join("scenes");
    fs::create_dir_all(&path).unwrap();
    path
}

/// Photo `number` of the scene with this seed, each from another viewpoint: 640 by 480 pixels, at
/// most 11 views.
pub(crate) fn view(seed: u64, number: u32) -> Vec<u8> {
    let all = scene(seed);
    let [left, top] = [number * 8, number * 6];
    let part = imageops::crop_imm(&all, left, top, 640 - 2 * left, 480 - top).to_image();
    let part = imageops::resize(&part, 640, 480, FilterType::Triangle);
    jpeg(&imageops::brighten(&part, -6 * number as i32))
}

/// Writes photos `1.jpg` to `count.jpg` of a scene.
pub(crate) fn put_scene(folder: &Path, name: &str, seed: u64, count: u32) {
    let scene = folder.join(name);
    fs::create_dir_all(&scene).unwrap();
    for number in 1..=count {
        fs::write(scene.join(format!("{number}.jpg")), view(seed, number)).unwrap();
    }
}

/// Runs `injeung eval` on a folder with these arguments, and returns its JSON output.
#[track_caller]
pub(crate) fn eval(home: &Home, folder: &Path, arguments: &[&str]) -> Value {
    let json = home.path().join("figures.json");
    let mut all = vec!["eval", folder.to_str().unwrap(), "--json", json.to_str().unwrap()];
    all.extend(["--timed", "2"].iter().chain(arguments));
    home.succeed(&all);
    serde_json::from_slice(&fs::read(json).unwrap()).unwrap()
}
