//! `inspect` and `compare`.

use std::fs;

use image::{Rgb, RgbImage, imageops};
use serde_json::Value;

use crate::support::home::{Home, demo_photo_path};
use crate::support::jpeg::{exif, with_segments};
use crate::support::pictures::{blank, desk, desk_again, jpeg, scene, street};
use crate::support::png;
use crate::{assert_refused, file};

#[test]
fn inspect_reports_accepted_references() {
    let home = Home::new();
    let good = file(&home, "good.jpg", &desk());
    let turned = file(&home, "turned.jpg", &with_segments(&desk(), &[exif(6)]));
    let passing = home.succeed(&["inspect", &good, &turned]);
    let lines: Vec<&str> = passing.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[..2].iter().all(|line| line.contains("accepted")), "{lines:?}");
    assert_eq!(lines[2], "tiers: quick, sift");
    assert!(lines[0].contains("640x480") && lines[0].contains("orientation 1"), "{lines:?}");
    assert!(lines[1].contains("480x640") && lines[1].contains("orientation 6"), "{lines:?}");
}

#[test]
fn inspect_continues_after_rejected_and_unreadable_photos() {
    let home = Home::new();
    let good = file(&home, "good.jpg", &desk());
    let blank = file(&home, "blank.jpg", &blank());
    let text = file(&home, "text.jpg", b"text");
    let undecodable =
        file(&home, "undecodable.png", &png::with_data(640, 480, png::RGB, b"no zlib stream"));
    let gone = home.path().join("gone.jpg").display().to_string();
    for refused in [&blank, &text, &gone, &undecodable] {
        let finished = home.run(&["inspect", refused, &good]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let lines: Vec<&str> = finished.stdout.lines().collect();
        assert_eq!(lines.len(), 3, "{finished:?}");
        assert!(lines[0].contains("rejected") && lines[0].contains(refused.as_str()), "{lines:?}");
        assert!(lines[1].contains("accepted"), "{lines:?}");
    }
    assert_refused(&home.run(&["inspect"]), &[]);
}

#[test]
fn inspect_reports_the_defects_of_a_reference() {
    let home = Home::new();
    let desk = scene(1);
    let mut spot = RgbImage::from_pixel(640, 480, Rgb([128; 3]));
    imageops::replace(&mut spot, &imageops::crop_imm(&desk, 0, 0, 150, 110).to_image(), 20, 20);
    let dark = RgbImage::from_fn(640, 480, |x, y| Rgb(desk.get_pixel(x, y).0.map(|v| v / 8)));
    // Sensor noise of a photo of plaster.
    let grain = |x: u32, y: u32| x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519);
    let plaster = |x, y| Rgb([120 + grain(x, y).count_ones() as u8 % 8; 3]);
    let wall = RgbImage::from_fn(640, 480, plaster);
    for (name, picture, reason) in [
        ("dark.jpg", dark, "too dark"),
        ("blurred.jpg", imageops::blur(&desk, 12.0), "blurred"),
        ("spot.jpg", spot, "in a small part"),
        ("wall.jpg", wall, "too little texture"),
    ] {
        let path = file(&home, name, &jpeg(&picture));
        let told = home.run(&["inspect", &path]).stdout;
        let line = told.lines().next().unwrap();
        assert!(line.contains(reason), "{line}");
    }
}

#[test]
fn inspect_reports_which_tiers_are_on() {
    let last = |home: &Home, photo: &str| {
        let told = home.succeed(&["inspect", photo]).stdout;
        told.lines().last().unwrap().to_owned()
    };
    let home = Home::new();
    let photo = file(&home, "desk.jpg", &desk());
    let home = home.with("VISION__NEURAL__ENABLED", "true");
    assert_eq!(last(&home, &photo), "tiers: quick, sift; missing: xfeat, lighterglue, aligned");
    let home = home.with_neural_tier().with("VISION__QUICK__ENABLED", "false");
    assert_eq!(last(&home, &photo), "tiers: xfeat, lighterglue, sift, aligned");
    let home = home.with("VISION__NEURAL__MATCHER_ENABLED", "false");
    assert_eq!(last(&home, &photo), "tiers: xfeat, sift, aligned");
    let home = home.with("VISION__NEURAL__ALIGNED_ENABLED", "false");
    assert_eq!(last(&home, &photo), "tiers: xfeat, sift");
}

#[test]
fn compare_returns_its_verdict_as_exit_code() {
    let home = Home::new();
    let [desk, again, street] = [("a.jpg", desk()), ("b.jpg", desk_again()), ("c.jpg", street())]
        .map(|(name, photo)| file(&home, name, &photo));
    let same = home.run(&["compare", &desk, &again]);
    assert_eq!(same.code, Some(0), "{same:?}");
    for told in ["the same scene", "probability ", "accepted from 0.", "quick "] {
        assert!(same.stdout.contains(told), "{told:?} is missing: {same:?}");
    }
    let other = home.run(&["compare", &desk, &street]);
    assert_eq!(other.code, Some(1), "{other:?}");
    let text = file(&home, "text.jpg", b"text");
    let gone = home.path().join("gone.jpg").display().to_string();
    for unreadable in [&text, &gone] {
        assert_refused(&home.run(&["compare", &desk, unreadable]), &[unreadable]);
        assert_refused(&home.run(&["compare", unreadable, &desk]), &[unreadable]);
    }
    assert_refused(&home.run(&["compare", &desk]), &[]);
}

#[test]
fn compare_prints_json_and_draws_what_decided() {
    let home = Home::new();
    let [reference, photo] = ["box.png", "box_in_scene.png"]
        .map(|name| demo_photo_path(name).into_os_string().into_string().unwrap());
    let out = home.path().join("overlay.jpg").display().to_string();
    let finished = home.succeed(&["compare", &reference, &photo, "--json", "--out", &out]);
    let told: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(told["same_scene"], true);
    let [score, threshold] = ["score", "threshold"].map(|name| told[name].as_f64().unwrap());
    assert!((0.0..=1.0).contains(&score) && (0.0..1.0).contains(&threshold), "{told}");
    assert!(score >= threshold, "{told}");
    let tiers = told["tiers"].as_array().unwrap();
    assert_eq!(tiers[0]["name"], "quick", "{told}");
    let counts = |tier: &Value| ["confirmed", "inliers"].map(|name| tier[name].as_u64().unwrap());
    assert!(tiers.iter().map(counts).all(|[confirmed, inliers]| confirmed <= inliers), "{told}");
    let evidence = &told["evidence"];
    let [features, matches, inliers] =
        ["photo_features", "matches", "inliers"].map(|name| evidence[name].as_u64().unwrap());
    assert!(features >= matches && matches >= inliers && inliers >= 4, "{told}");
    let overlay = image::load_from_memory(&fs::read(out).unwrap()).unwrap();
    assert!(overlay.width() > 324 && overlay.height() >= 223, "{:?}", overlay.width());

    let street = file(&home, "street.jpg", &street());
    let other = home.run(&["compare", &reference, &street, "--json"]);
    assert_eq!(other.code, Some(1));
    let told: Value = serde_json::from_str(&other.stdout).unwrap();
    assert_eq!(told["same_scene"], false);
}

#[test]
fn compare_that_cannot_write_its_picture_fails() {
    let home = Home::new();
    let desk = file(&home, "a.jpg", &desk());
    let out = home.path().join("nowhere/overlay.jpg").display().to_string();
    assert_refused(&home.run(&["compare", &desk, &desk, "--out", &out]), &["nowhere/overlay.jpg"]);
}
