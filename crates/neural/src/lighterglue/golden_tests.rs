//! The whole network with made-up weights against the same formulas in plain numpy with 64-bit numbers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::HashMap;

use ndarray::{Array2, Axis, Slice, concatenate};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::{LAYERS, LighterGlue, LighterGlueOptions};
use crate::features::{DESCRIPTOR, Features};

/// Uniform numbers from -1 to 1: the upper 24 bits of splitmix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        (bits >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn matrix(&mut self, rows: usize, columns: usize, scale: f32) -> Array2<f32> {
        Array2::from_shape_simple_fn((rows, columns), || self.next() * scale)
    }
}

fn weights(numbers: &mut Numbers) -> Vec<u8> {
    let mut shapes = vec![("input".to_owned(), 64, 96), ("position".to_owned(), 2, 48)];
    for layer in 0..LAYERS {
        for (name, projected) in [("self", 288), ("cross", 192)] {
            shapes.push((format!("{name}.{layer}.project"), 96, projected));
            shapes.push((format!("{name}.{layer}.up"), 192, 192));
            shapes.push((format!("{name}.{layer}.norm"), 1, 192));
            shapes.push((format!("{name}.{layer}.down"), 192, 96));
        }
        shapes.push((format!("matchable.{layer}"), 96, 1));
    }
    shapes.push(("final".to_owned(), 96, 96));

    let mut tensors = Vec::new();
    for (name, inputs, outputs) in shapes {
        let scale = if name.starts_with("matchable") { 2.0 } else { 0.22 };
        let mut bytes = |count| -> Vec<u8> {
            (0..count).flat_map(|_| (numbers.next() * scale).to_le_bytes()).collect()
        };
        let shape = if name.contains("norm") { vec![outputs] } else { vec![inputs, outputs] };
        tensors.push((format!("{name}.weight"), shape, bytes(inputs * outputs)));
        if name != "position" {
            tensors.push((format!("{name}.bias"), vec![outputs], bytes(outputs)));
        }
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let metadata = HashMap::from([("format".to_owned(), "lighterglue 1".to_owned())]);
    serialize(views, Some(metadata)).unwrap()
}

/// Checks that these pairs are found with these probabilities.
fn check(min_matchable: f32, expected: &[(usize, usize, f32)]) {
    let mut numbers = Numbers(2023);
    let network = LighterGlue::load(&weights(&mut numbers)).unwrap();

    let descriptors_a = numbers.matrix(20, 64, 0.2);
    let positions_a = numbers.matrix(20, 2, 160.0) + 160.0;
    // The first 16 points of the second photo are points of the first in reverse order, slightly changed;
    // the others are new.
    let noise = numbers.matrix(20, 64, 0.02);
    let moved = |rows: &Array2<f32>| rows.slice_axis(Axis(0), Slice::new(4, None, -1)).to_owned();
    let known = moved(&descriptors_a) + noise.slice_axis(Axis(0), Slice::from(..16));
    let new = numbers.matrix(3, 64, 0.2);
    let descriptors_b = concatenate(Axis(0), &[known.view(), new.view()]).unwrap();
    let new = numbers.matrix(3, 2, 100.0) + 120.0;
    let known = moved(&positions_a) + 4.0;
    let positions_b = concatenate(Axis(0), &[known.view(), new.view()]).unwrap();

    let features = |positions: &Array2<f32>, descriptors: &Array2<f32>, height| Features {
        width: 320,
        height,
        points: positions.rows().into_iter().map(|row| [row[0], row[1]]).collect(),
        scores: vec![1.0; positions.nrows()],
        descriptors: descriptors.as_slice().unwrap().as_chunks::<DESCRIPTOR>().0.to_vec(),
    };
    let options = LighterGlueOptions { max_points: 1024, min_confidence: 0.0, min_matchable };
    let found = network.pairs(
        &features(&positions_a, &descriptors_a, 320),
        &features(&positions_b, &descriptors_b, 340),
        &options,
    );
    let numbers: Vec<_> = found.iter().map(|pair| (pair.a, pair.b)).collect();
    let expected_numbers: Vec<_> = expected.iter().map(|(a, b, _)| (*a, *b)).collect();
    assert_eq!(numbers, expected_numbers);
    for (pair, (_, _, confidence)) in found.iter().zip(expected) {
        assert!((pair.score / confidence - 1.0).abs() < 1e-3, "{pair:?}, not {confidence}");
    }
}

#[test]
fn all_points() {
    let expected = [
        (4, 15, 2.701561e-4),
        (5, 14, 3.214403e-3),
        (6, 13, 4.664497e-1),
        (7, 12, 2.407368e-2),
        (8, 11, 2.07034e-3),
        (9, 10, 9.414383e-3),
        (11, 8, 7.342221e-2),
        (13, 6, 1.460738e-1),
        (14, 5, 4.674832e-2),
        (15, 4, 7.168085e-3),
        (18, 1, 1.92774e-1),
    ];
    check(0.0, &expected);
}

#[test]
fn only_points_that_have_a_match() {
    let expected = [(7, 12, 4.733609e-1), (12, 7, 4.016367e-2), (18, 1, 9.864116e-1)];
    check(0.05, &expected);
}
