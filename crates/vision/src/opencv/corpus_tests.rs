//! Photos from other sources, each with its expected result: test pictures of packages that the build depends on, in
//! cargo's registry, and those of `../shared/cases`. Missing files are skipped, so that the tests need no network.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests fail by panicking and say what they skip"
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, PhotoError, PhotoLimits};
use opencv::core::{Mat, ToInputArray, absdiff, mean_def};
use opencv::prelude::*;

use super::decode::decode;
use super::pixels::{Colour, Fit};

/// Expected result: the upright size and the value of the EXIF orientation, or the error.
type Expected = Result<(i32, i32, u8), PhotoError>;

/// Package, file, expected result. The packages are BSD-2-Clause, MIT and MIT.
const PACKAGES: [(&str, &str, Expected); 12] = [
    ("kamadak-exif", "tests/exif.jpg", Ok((15, 7, 1))),
    ("kamadak-exif", "tests/exif.png", Ok((15, 7, 1))),
    ("kamadak-exif", "tests/exif.webp", Ok((15, 7, 1))),
    ("kamadak-exif", "tests/exif.heic", Err(PhotoError::Heif)),
    ("kamadak-exif", "tests/exif.tif", Err(PhotoError::Unsupported("TIFF"))),
    ("kamadak-exif", "tests/yaminale.tif", Err(PhotoError::Unsupported("TIFF"))),
    ("turbojpeg", "examples/parrots.jpg", Ok((384, 256, 1))),
    ("opencv", "examples/data/stuff.jpg", Ok((640, 480, 1))),
    ("opencv", "tests/blox.jpg", Ok((256, 256, 1))),
    ("opencv", "tests/qr.png", Ok((200, 200, 1))),
    ("opencv", "tests/qr-binary.png", Ok((27, 27, 1))),
    ("opencv", "Cargo.toml", Err(PhotoError::NotAPicture)),
];

/// File of `../shared/cases/files`, expected result. All show the picture of `base.jpg`.
const CASES: [(&str, Expected); 6] = [
    ("base.jpg", Ok((640, 480, 1))),
    ("samsung_sos_000.jpg", Ok((640, 480, 1))),
    ("zeros_between.jpg", Ok((640, 480, 1))),
    ("samsung_pano_noeoi.jpg", Ok((640, 480, 1))),
    ("exif6_gps_next.jpg", Ok((640, 480, 6))),
    ("rgba16_hole.png", Ok((640, 480, 1))),
];

fn decoded(file: Vec<u8>) -> Result<(Photo, Mat), PhotoError> {
    let limits = PhotoLimits { min_side: 1, max_pixels: 50_000_000 };
    let photo = Photo::parse(file.into(), &limits)?;
    match decode(&photo, Colour::Bgr, Fit::Full) {
        Ok(pixels) => Ok((photo, pixels)),
        Err(VisionError::Photo(error)) => Err(error),
        Err(VisionError::Fault(fault)) => unreachable!("{fault}"),
    }
}

#[track_caller]
fn assert_expected(path: &Path, expected: &Expected) -> Option<Mat> {
    let found = decoded(fs::read(path).unwrap());
    let summary = found.as_ref().map(|(photo, pixels)| {
        let size = pixels.size().unwrap();
        (size.width, size.height, photo.orientation().exif_value())
    });
    assert_eq!(summary, expected.as_ref().copied(), "{}", path.display());
    found.ok().map(|(_, pixels)| pixels)
}

/// The sources of a package in cargo's registry, of any version.
fn package(name: &str) -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))?;
    let registries = fs::read_dir(home.join("registry/src")).ok()?.flatten();
    let packages = registries.filter_map(|registry| fs::read_dir(registry.path()).ok()).flatten();
    packages.flatten().map(|entry| entry.path()).find(|path| {
        let directory = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let version = directory.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()))
    })
}

#[test]
fn pictures_of_packages_have_their_expected_results() {
    for (name, file, expected) in &PACKAGES {
        match package(name).map(|package| package.join(file)).filter(|path| path.exists()) {
            Some(path) => drop(assert_expected(&path, expected)),
            None => eprintln!("skipped: {file} of {name} is not in cargo's registry"),
        }
    }
}

#[test]
fn the_shared_cases_show_the_same_picture() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/files");
    if !files.exists() {
        eprintln!("skipped: {} is missing; decode_tests.rs draws the same cases", files.display());
        return;
    }
    let [base, others @ ..] = &CASES;
    let base = assert_expected(&files.join(base.0), &base.1).unwrap();
    for (name, expected) in others {
        let pixels = assert_expected(&files.join(name), expected).unwrap();
        // The upper quarter of one is transparent.
        let top = if *name == "rgba16_hole.png" { 120 } else { 0 };
        let hole = pixels.row_bounds(0, top).unwrap();
        assert!(hole.rows() == 0 || mean(&hole) > 254.9, "{name}: the hole is {}", mean(&hole));
        let [rest, base] = [&pixels, &base].map(|pixels| pixels.row_bounds(top, 480).unwrap());
        let mut difference = Mat::default();
        absdiff(&base, &rest, &mut difference).unwrap();
        assert!(mean(&difference) < 6.0, "{name}: {}", mean(&difference));
    }
}

/// Mean of all channels.
fn mean(pixels: &impl ToInputArray) -> f64 {
    mean_def(pixels).unwrap().0.iter().sum::<f64>() / 3.0
}
