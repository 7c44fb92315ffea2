//! Photos that were taken or stored in another orientation.

use injeung_vision::{Cascade, CascadeSettings, NeuralSettings, Tier};
use opencv::core::{Mat, ROTATE_90_CLOCKWISE, ROTATE_90_COUNTERCLOCKWISE, ROTATE_180, rotate};

use crate::cascades::{all, compare, models, whole};
use crate::scenes::{from_aside, photo, wall};

const TURNS: [(&str, i32); 3] =
    [("90", ROTATE_90_CLOCKWISE), ("180", ROTATE_180), ("270", ROTATE_90_COUNTERCLOCKWISE)];

fn turned(pixels: &Mat, turn: i32) -> Mat {
    let mut turned = Mat::default();
    rotate(pixels, &mut turned, turn).unwrap();
    turned
}

fn scores(cascade: &Cascade, reference: &Mat, other: &Mat) -> Vec<f64> {
    let [reference, other] = [reference, other].map(|pixels| photo(pixels, ".jpg"));
    let reference = cascade.read(&cascade.extract(&reference).unwrap().0).unwrap();
    let found = cascade.scores(&reference, &cascade.query(&other).unwrap()).unwrap();
    found.tiers.into_iter().map(|score| f64::from(score.inliers)).collect()
}

#[test]
fn a_turned_photo_shows_the_same_scene() {
    for (tiers, cascade) in all() {
        for seed in [21, 22] {
            let aside = from_aside(&wall(seed));
            for (angle, turn) in TURNS {
                let found = compare(&cascade, &wall(seed), &turned(&aside, turn)).comparison;
                assert!(found.same_scene, "{tiers}, wall {seed} by {angle}: {found:?}");
                // Drawn walls consist of the same few shapes, and the neural tiers confuse them more often than photos.
                // docs/data/experiments.md has the rates for photos.
                if tiers != "whole" {
                    let found = compare(&cascade, &wall(seed), &turned(&wall(23), turn)).comparison;
                    assert!(!found.same_scene, "{tiers}, wall {seed} by {angle}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn the_neural_tier_sees_a_turned_photo_as_it_sees_the_upright_one() {
    if models().is_none() {
        return;
    }
    let cascade = whole();
    let aside = from_aside(&wall(24));
    let upright = scores(&cascade, &wall(24), &aside);
    for (angle, turn) in TURNS {
        let turned = scores(&cascade, &wall(24), &turned(&aside, turn));
        for (tier, (upright, turned)) in cascade.tiers().iter().zip(upright.iter().zip(&turned)) {
            if matches!(tier, Tier::Xfeat | Tier::LighterGlue | Tier::Aligned) {
                assert!(*upright > 50.0, "{tier:?}: {upright}");
                assert!(*turned > 0.7 * upright, "{tier:?} by {angle}: {turned}, not {upright}");
            }
        }
    }
}

#[test]
fn a_turned_photo_is_known_whichever_tiers_are_on() {
    if models().is_none() {
        return;
    }
    let all = CascadeSettings::default();
    let xfeat = NeuralSettings { matcher_enabled: false, ..NeuralSettings::default() };
    let alone = NeuralSettings { aligned_enabled: false, ..xfeat.clone() };
    for (name, settings, tiers) in [
        // No tier reports the rotation of the photo.
        ("neural", CascadeSettings { quick: None, sift: None, ..all.clone() }, 3),
        ("without SIFT", CascadeSettings { sift: None, ..all.clone() }, 4),
        ("without LighterGlue", CascadeSettings { neural: Some(xfeat), ..all.clone() }, 4),
        ("XFeat", CascadeSettings { quick: None, sift: None, neural: Some(alone), ..all }, 1),
    ] {
        let cascade = Cascade::new(settings, models()).unwrap();
        assert_eq!(cascade.tiers().len(), tiers, "{name}");
        for (angle, turn) in TURNS {
            let aside = turned(&from_aside(&wall(21)), turn);
            let found = compare(&cascade, &wall(21), &aside);
            assert!(found.comparison.same_scene, "{name} by {angle}: {found:?}");
            let inside = |[x, y]: [f32; 2], (width, height): (u32, u32)| {
                (0.0..=width as f32).contains(&x) && (0.0..=height as f32).contains(&y)
            };
            assert_eq!(
                found.clearest.photo_size.0 < found.clearest.photo_size.1,
                angle != "180",
                "{name}"
            );
            assert!(!found.clearest.inliers.is_empty(), "{name} by {angle}");
            for pair in &found.clearest.inliers {
                assert!(
                    inside(pair.photo, found.clearest.photo_size),
                    "{name} by {angle}: {pair:?}"
                );
                assert!(inside(pair.reference, found.clearest.reference_size), "{name}: {pair:?}");
            }
            assert_eq!(found.clearest.inliers.len(), found.clearest.score.inliers as usize);
        }
    }
}
