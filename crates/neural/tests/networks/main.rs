//! XFeat and LighterGlue with their published weights.
//!
//! `make setup` builds the files. Without them the tests are skipped, unless the environment sets `CI` or
//! `INJEUNG_REQUIRE_MODEL=1`: then they fail.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking and report what they skip"
)]

mod golden;
mod pictures;

use std::path::Path;
use std::{env, fs};

use injeung_neural::{GreyImage, LighterGlue, LighterGlueOptions, XFeat, mutual_nearest};

use pictures::Picture;

const MAX_POINTS: usize = 2048;

/// Both networks; `None` if a test may be skipped.
fn networks() -> Option<(XFeat, LighterGlue)> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models");
    let [xfeat, lighterglue] = ["xfeat", "lighterglue"]
        .map(|name| fs::read(models.join(name).with_extension("safetensors")));
    if let (Ok(xfeat), Ok(lighterglue)) = (xfeat, lighterglue) {
        return Some((XFeat::load(&xfeat).unwrap(), LighterGlue::load(&lighterglue).unwrap()));
    }
    let required = env::var_os("CI").is_some()
        || env::var_os("INJEUNG_REQUIRE_MODEL").is_some_and(|value| value == "1");
    let models = models.display();
    assert!(!required, "{models} lacks weights: run `make setup`");
    eprintln!("skipped, since {models} lacks weights: run `make setup`");
    None
}

#[test]
fn a_plain_image_has_no_sure_points_and_no_pairs() {
    let Some((xfeat, lighterglue)) = networks() else { return };
    let something = Picture::rectangles(3, false).features(&xfeat);
    for level in [0, 255] {
        let pixels = vec![level; 640 * 480];
        let image = GreyImage::new(640, 480, &pixels).unwrap();
        let plain = xfeat.features(image, MAX_POINTS);
        assert_eq!((plain.width, plain.height, plain.sure()), (640, 480, 0));
        assert!(
            lighterglue.pairs(&plain, &plain.clone(), &LighterGlueOptions::default()).len() < 3
        );
        assert!(mutual_nearest(&plain, &something, 0.82).len() < 3);
    }
}

#[test]
fn no_more_points_than_the_maximum_are_found_and_paired() {
    let Some((xfeat, lighterglue)) = networks() else { return };
    let all = Picture::rectangles(7, false).features(&xfeat);
    let picture = Picture::rectangles(7, false);
    let some = xfeat.features(picture.image(), 100);
    assert_eq!(some.points, all.points[..100]);
    let options = LighterGlueOptions { max_points: 50, ..LighterGlueOptions::default() };
    let pairs = lighterglue.pairs(&all, &some, &options);
    assert!(pairs.len() > 25, "{}", pairs.len());
    assert!(pairs.iter().all(|pair| pair.a < 50 && pair.b < 50 && pair.score > 0.1));
}

#[test]
fn weights_of_the_other_network_are_an_error() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models");
    if networks().is_none() {
        return;
    }
    let error = XFeat::load(&fs::read(models.join("lighterglue.safetensors")).unwrap()).err();
    assert!(error.unwrap().to_string().contains("\"xfeat 1\""));
    assert!(LighterGlue::load(b"no tensors").is_err());
}
