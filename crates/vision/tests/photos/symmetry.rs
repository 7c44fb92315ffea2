//! A decision that is certain does not depend on which of two photos is the reference.

use injeung_domain::{Comparison, Photo};
use injeung_vision::{Cascade, OperatingPoint};
use opencv::core::{BORDER_REFLECT, Mat, Scalar, Size, Vector};
use opencv::imgproc::{INTER_LINEAR, get_perspective_transform_def, warp_perspective};
use proptest::prelude::*;

use crate::cascades::{points, whole};
use crate::real_photos::of_scenes;
use crate::scenes::{photo, relit, wall};

/// Probability from which an acceptance must hold in both orders.
///
/// A reference keeps fewer points than a photo has, and a pair with little in common is rejected after the first neural
/// tier. The two orders of a pair can therefore run different tiers and return different probabilities.
const CERTAIN: f64 = 0.98;

/// Fails if one order of the pair is accepted with certainty and the other is rejected.
///
/// Repetitions are exempt: a separate rule gives them probability 0, in the order in which it recognises them.
fn agree(cascade: &Cascade, a: &Photo, b: &Photo) -> Result<(), String> {
    let [forth, back] = [(a, b), (b, a)].map(|(reference, photo)| -> Comparison {
        let (features, _) = cascade.extract(reference).unwrap();
        let reference = cascade.read(&features).unwrap();
        cascade.compare(&reference, &cascade.query(photo).unwrap()).unwrap().comparison
    });
    let certain = [&forth, &back].iter().any(|found| found.score >= CERTAIN);
    let is_repetition = [&forth, &back].iter().any(|found| found.score == 0.0);
    if forth.same_scene == back.same_scene || !certain || is_repetition {
        return Ok(());
    }
    Err(format!("{forth:?} and {back:?}"))
}

#[test]
fn every_operating_point_is_below_certainty() {
    for cascade in [points(), whole()] {
        for point in OperatingPoint::ALL {
            assert!(cascade.threshold_at(point) < CERTAIN, "{point:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// A wall and a view of it, or of another wall, from any side and in any light.
    #[test]
    fn drawn_pictures_agree_both_ways(
        seed in 30_u32..60,
        other in prop_oneof![3 => Just(0_u32), 1 => 1_u32..5],
        corners in prop::array::uniform8(-300.0..300.0_f32),
        contrast in 0.2..1.2_f64,
        brightness in -20.0..60.0_f64,
    ) {
        let pictures = [wall(seed), relit(&seen(&wall(seed + other), corners), contrast, brightness)];
        let [a, b] = pictures.map(|pixels| photo(&pixels, ".jpg"));
        for cascade in [points(), whole()] {
            let agreed = agree(&cascade, &a, &b);
            prop_assert!(agreed.is_ok(), "{agreed:?}");
        }
    }
}

/// The wall with each corner moved by these numbers of pixels.
fn seen(pixels: &Mat, moves: [f32; 8]) -> Mat {
    use opencv::core::Point2f;

    let frame = [[0.0, 0.0], [1200.0, 0.0], [1200.0, 900.0], [0.0, 900.0]];
    let (moves, _) = moves.as_chunks::<2>();
    let from: Vector<Point2f> = frame.iter().map(|[x, y]| Point2f::new(*x, *y)).collect();
    let to = frame.iter().zip(moves).map(|([x, y], [dx, dy])| Point2f::new(x + dx, y + dy));
    let to: Vector<Point2f> = to.collect();
    let matrix = get_perspective_transform_def(&from, &to).unwrap();
    let mut result = Mat::default();
    let size = Size::new(1200, 900);
    let black = Scalar::default();
    warp_perspective(pixels, &mut result, &matrix, size, INTER_LINEAR, BORDER_REFLECT, black)
        .unwrap();
    result
}

#[test]
fn real_photos_agree_both_ways() {
    let Some(scenes) = of_scenes(12) else { return };
    let cascade = whole();
    let disagree: Vec<String> = scenes
        .iter()
        .zip(scenes.iter().cycle().skip(1))
        .flat_map(|([first, second], [_, other])| [(first, second), (first, other)])
        .filter_map(|(a, b)| agree(&cascade, a, b).err())
        .collect();
    assert!(disagree.is_empty(), "{disagree:#?}");
}
