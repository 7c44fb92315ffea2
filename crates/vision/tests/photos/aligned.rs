//! The alignment pass, on the photo aligned to the reference.

use injeung_vision::{Cascade, CascadeSettings, Detail, NeuralSettings, PointPair, Tier};
use opencv::core::{BORDER_CONSTANT, Mat, Scalar, Size};
use opencv::imgproc::{INTER_LINEAR, warp_affine};

use crate::cascades::{compare, models};
use crate::scenes::wall;

/// XFeat and the alignment pass alone, which then uses XFeat's matching.
fn xfeat() -> Cascade {
    let neural = NeuralSettings { matcher_enabled: false, ..NeuralSettings::default() };
    let settings = CascadeSettings {
        quick: None,
        sift: None,
        neural: Some(neural),
        ..CascadeSettings::default()
    };
    Cascade::new(settings, models()).unwrap()
}

/// Map from the wall's places to those of [`from_farther_off`].
const FAR: [[f64; 3]; 2] = [[0.35, -0.25, 420.0], [0.25, 0.35, 150.0]];

/// The wall at 43 % of its size, from a camera tilted by 36 degrees.
fn from_farther_off(wall: &Mat) -> Mat {
    let matrix = Mat::from_slice_2d(&FAR).unwrap();
    let mut seen = Mat::default();
    let (size, grey) = (Size::new(1200, 900), Scalar::all(128.0));
    warp_affine(wall, &mut seen, &matrix, size, INTER_LINEAR, BORDER_CONSTANT, grey).unwrap();
    seen
}

/// Scores of XFeat and of the alignment pass.
fn scores(found: &Detail) -> [f64; 2] {
    let scores: Vec<_> =
        found.comparison.tiers.iter().map(|tier| (tier.name, f64::from(tier.inliers))).collect();
    match scores[..] {
        [(first, looked), (second, again)] => {
            assert_eq!([first, second], [Tier::Xfeat, Tier::Aligned].map(Tier::name));
            [looked, again]
        }
        // Rejected after the first tier.
        [(first, looked)] if first == Tier::Xfeat.name() => [looked, 0.0],
        _ => panic!("{scores:?}"),
    }
}

#[test]
fn a_photo_from_farther_off_is_known_when_it_is_laid_over_the_reference() {
    if models().is_none() {
        return;
    }
    for seed in [20, 21] {
        let found = compare(&xfeat(), &wall(seed), &from_farther_off(&wall(seed)));
        let [looked, again] = scores(&found);
        assert!(looked < 50.0 && again > 800.0, "wall {seed}: {looked}, then {again}");
        assert!(found.comparison.same_scene, "wall {seed}: {:?}", found.comparison);
        // The reported pairs are those of the alignment pass, in places of the original photo.
        assert_eq!(f64::from(found.clearest.score.inliers), again);
        assert_eq!(
            (found.clearest.reference_size, found.clearest.photo_size),
            ((640, 480), (640, 480))
        );
        let is_where_it_should = |pair: &&PointPair| {
            let [x, y] = pair.reference.map(|place| f64::from(place) * 1200.0 / 640.0);
            let expected = FAR.map(|[a, b, shift]| (a * x + b * y + shift) * 640.0 / 1200.0);
            pair.photo.iter().zip(expected).all(|(place, at)| (f64::from(*place) - at).abs() < 2.0)
        };
        let right = found.clearest.inliers.iter().filter(is_where_it_should).count();
        // A fundamental matrix accepts some pairs elsewhere on their epipolar line.
        assert!(right * 10 > found.clearest.inliers.len() * 9, "wall {seed}: {right}");
    }
}

#[test]
fn few_inliers_start_no_alignment_pass() {
    if models().is_none() {
        return;
    }
    let mut unlooked = 0;
    for (one, other) in [(10, 11), (10, 12), (1, 2), (2, 3)] {
        let found = compare(&xfeat(), &wall(one), &wall(other));
        let [looked, again] = scores(&found);
        assert!(looked >= 12.0 || again == 0.0, "{one}, {other}: {looked}, then {again}");
        assert!(again < 60.0, "{one}, {other}: {looked}, then {again}");
        unlooked += usize::from(looked < 12.0);
    }
    assert!(unlooked > 0, "all walls have something in common");
}
