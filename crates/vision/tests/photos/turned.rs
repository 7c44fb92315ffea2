//! Photos that were taken, or stored, with another side up.

use injeung_vision::{Cascade, Tier};
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
    cascade.scores(&reference, &cascade.query(&other).unwrap()).unwrap()
}

#[test]
fn a_turned_photo_shows_the_same_scene() {
    for (tiers, cascade) in all() {
        for seed in [21, 22] {
            let aside = from_aside(&wall(seed));
            for (angle, turn) in TURNS {
                let found = compare(&cascade, &wall(seed), &turned(&aside, turn)).comparison;
                assert!(found.same_scene, "{tiers}, wall {seed} by {angle}: {found:?}");
                // Drawn walls are all of the same few shapes, and the neural tier takes one for the
                // other more often than photos; docs/accuracy.md has how often those.
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
            if matches!(tier, Tier::Xfeat | Tier::LighterGlue) {
                assert!(*upright > 50.0, "{tier:?}: {upright}");
                assert!(*turned > 0.7 * upright, "{tier:?} by {angle}: {turned}, not {upright}");
            }
        }
    }
}
