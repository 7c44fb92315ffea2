//! XFeat and LighterGlue with their published weights, on pictures that OpenCV draws and decodes.
//!
//! `make setup` makes the weights. Without them the tests that need them are skipped. They fail instead if the
//! environment sets `CI` or `INJEUNG_REQUIRE_MODEL=1`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking and say what they skip"
)]

mod pictures;
mod real_photos;
mod start;

use std::env;
use std::path::{Path, PathBuf};
use std::thread;

use injeung_vision::stages::{
    NeuralFeatures, count_neural_inliers, lighterglue, mutual_matches, xfeat,
};
use injeung_vision::{NeuralModels, NeuralSettings};
use opencv::core::{CV_8UC1, CV_8UC3, Mat, Scalar};

use pictures::{rectangles, relit, resized};

/// Paths of the weights of XFeat and LighterGlue.
fn files() -> [PathBuf; 2] {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models");
    ["xfeat.safetensors", "lighterglue.safetensors"].map(|file| models.join(file))
}

/// The real models; `None` if they are missing and a test can be skipped.
fn models() -> Option<NeuralModels> {
    let [network, weights] = files();
    if network.exists() && weights.exists() {
        return Some(NeuralModels::load(&network, &weights).unwrap());
    }
    let required = env::var_os("CI").is_some()
        || env::var_os("INJEUNG_REQUIRE_MODEL").is_some_and(|value| value == "1");
    let network = network.display();
    assert!(!required, "{network} or what belongs to it is missing: run `make setup`");
    eprintln!("skipped, since {network} or what belongs to it is missing: run `make setup`");
    None
}

fn features(models: &NeuralModels, pixels: &Mat) -> NeuralFeatures {
    xfeat(models, pixels, NeuralSettings::default().max_points).unwrap()
}

/// Number of inliers of the nearest neighbours and of LighterGlue's pairs.
fn inliers(models: &NeuralModels, a: &NeuralFeatures, b: &NeuralFeatures) -> [usize; 2] {
    let settings = NeuralSettings::default();
    [mutual_matches(&settings, a, b), lighterglue(models, &settings, a, b).unwrap()]
        .map(|matches| count_neural_inliers(a, b, &matches))
}

#[test]
fn a_scene_that_moved_agrees_and_another_does_not() {
    let Some(models) = models() else { return };
    let [still, moved, other] = [rectangles(7, false), rectangles(7, true), rectangles(8, false)]
        .map(|pixels| features(&models, &pixels));
    let [right, wrong] = [&moved, &other].map(|photo| inliers(&models, &still, photo));
    for (right, wrong) in right.into_iter().zip(wrong) {
        // All rectangles have similar corners, so some pairs agree by chance.
        assert!(right > 100 && right > 3 * wrong, "{right} right and {wrong} wrong");
    }
}

#[test]
fn both_orders_agree() {
    let Some(models) = models() else { return };
    let [a, b] = [false, true].map(|moved| features(&models, &rectangles(7, moved)));
    let forth = mutual_matches(&NeuralSettings::default(), &a, &b).len();
    assert_eq!(mutual_matches(&NeuralSettings::default(), &b, &a).len(), forth);
    let [forth, back] = [inliers(&models, &a, &b), inliers(&models, &b, &a)];
    for (forth, back) in forth.into_iter().zip(back) {
        assert!(forth.abs_diff(back) * 20 <= forth, "{forth} forth and {back} back");
    }
}

#[test]
fn stored_points_agree_as_well() {
    let Some(models) = models() else { return };
    let [still, moved] = [false, true].map(|moved| features(&models, &rectangles(7, moved)));
    let stored = NeuralFeatures::from_bytes(&still.to_bytes()).unwrap();
    let (kept, lost) = (inliers(&models, &still, &moved), inliers(&models, &stored, &moved));
    for (kept, lost) in kept.into_iter().zip(lost) {
        assert!(kept.abs_diff(lost) * 20 <= kept, "{kept} and, stored, {lost}");
    }
}

#[test]
fn brightness_contrast_and_small_changes_of_size_do_not_matter() {
    let Some(models) = models() else { return };
    let pixels = rectangles(7, false);
    let still = features(&models, &pixels);
    for (other, size) in [
        (relit(&pixels, 0.5, 20.0), (320, 256)),
        (resized(&pixels, 351, 281), (351, 281)),
        (resized(&pixels, 320, 287), (320, 287)),
    ] {
        let other = features(&models, &other);
        let [nearest, matcher] = inliers(&models, &still, &other);
        assert!(nearest > 60 && matcher > 100, "{size:?}: {nearest}, {matcher}");
    }
}

#[test]
fn the_same_pixels_have_the_same_points_on_every_thread() {
    let Some(models) = models() else { return };
    let pictures = [
        rectangles(1, false),
        resized(&rectangles(2, false), 480, 352),
        resized(&rectangles(3, false), 64, 32),
    ];
    let alone: Vec<_> = pictures.iter().map(|pixels| features(&models, pixels)).collect();
    let pictures = &pictures;
    let models = &models;
    let found = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|first| {
                scope.spawn(move || {
                    (0..pictures.len())
                        .map(|index| (first + index) % pictures.len())
                        .map(|index| (index, features(models, &pictures[index])))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(found.len(), 12);
    for (index, features) in found {
        assert!(features == alone[index], "picture {index} has other points");
    }
}

#[test]
fn hostile_sizes_have_points_within_or_none() {
    let Some(models) = models() else { return };
    let pixels = rectangles(3, false);
    for (width, height) in [(32, 32), (1, 2000), (2000, 1), (1, 1), (31, 1500), (1100, 900)] {
        let features = features(&models, &resized(&pixels, width, height));
        // Points outside the picture would be rejected on reading.
        let stored = NeuralFeatures::from_bytes(&features.to_bytes()).unwrap();
        assert_eq!(stored.count(0.0), features.count(0.0), "{width}x{height}");
        inliers(&models, &features, &stored);
    }
}

#[test]
fn nothing_to_see_has_no_points_and_no_pairs() {
    let Some(models) = models() else { return };
    let something = features(&models, &rectangles(3, false));
    for level in [0.0, 255.0] {
        let plain = Mat::new_rows_cols_with_default(480, 640, CV_8UC1, Scalar::all(level)).unwrap();
        let plain = features(&models, &plain);
        assert_eq!(plain.count(0.05), 0);
        assert_eq!(inliers(&models, &plain, &plain), [0, 0]);
        assert_eq!(inliers(&models, &plain, &something), [0, 0]);
        assert_eq!(inliers(&models, &something, &plain), [0, 0]);
    }
}

#[test]
fn pixels_that_are_not_grey_are_a_fault() {
    let Some(models) = models() else { return };
    let colour = Mat::new_rows_cols_with_default(64, 64, CV_8UC3, Scalar::all(9.0)).unwrap();
    for pixels in [colour, Mat::default()] {
        let error = xfeat(&models, &pixels, 100).unwrap_err();
        assert!(error.to_string().contains("grey"), "{error}");
    }
}
