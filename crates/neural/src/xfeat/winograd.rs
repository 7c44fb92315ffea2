use std::array;

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use ndarray::{Array2, Axis};

use super::map::Map;
use crate::product::{Panels, Rows, multiply_by};

/// Cells on a side of a window.
const WINDOW: usize = 3;
/// Cells on a side of a tile's output.
const STEP: usize = 2;
/// Cells on a side of a tile: all cells in the windows of its output.
const TILE: usize = STEP + WINDOW - 1;
/// Transform of a line of a window into a line of a tile.
const OF_WINDOW: [[f32; WINDOW]; TILE] =
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];

/// A convolution with centred windows of 3x3 cells and stride 1 that takes 16 products for 4 cells; the
/// definition takes 36.
///
/// It is Winograd's F(2x2, 3x3) (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016). Tiles
/// of 4x4 cells, two cells apart, are transformed by sums and differences, multiplied elementwise by the
/// transformed windows, and transformed back.
pub(super) struct Winograd {
    /// Maps from input to output channels, one for each of the 16 cells of a transformed tile.
    windows: Vec<Panels>,
    bias: Vec<f32>,
}

impl Winograd {
    /// Takes a weight [3 * 3 * inputs, outputs] and a bias [outputs].
    pub(super) fn new(weight: &Array2<f32>, bias: Vec<f32>) -> Self {
        let inputs = weight.nrows() / (WINDOW * WINDOW);
        let transformed = |down: [f32; WINDOW], along: [f32; WINDOW]| {
            let mut sum = Array2::zeros((inputs, weight.ncols()));
            let factors = down.iter().flat_map(|down| along.map(|along| down * along));
            for (factor, cell) in factors.zip(weight.axis_chunks_iter(Axis(0), inputs.max(1))) {
                sum.scaled_add(factor, &cell);
            }
            Panels::of(Rows::of(&sum))
        };
        let places = OF_WINDOW.iter().flat_map(|down| OF_WINDOW.map(|along| (*down, along)));
        let windows = places.map(|(down, along)| transformed(down, along)).collect();
        Self { windows, bias }
    }

    /// Writes the output for a map; values below `least` become `least`.
    pub(super) fn convolve(&self, map: &Map, least: f32, output: &mut Map) {
        convolve(self, map, least, output);
    }
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn convolve(winograd: &Winograd, map: &Map, least: f32, output: &mut Map) {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        convolve_by::<true>(winograd, map, least, output);
    } else {
        convolve_by::<false>(winograd, map, least, output);
    }
}

/// Computes a line of tiles at a time. Cells beyond the map's border are zero, like the border.
#[inline(always)]
pub(super) fn convolve_by<const FMA: bool>(
    winograd: &Winograd,
    map: &Map,
    least: f32,
    output: &mut Map,
) {
    let Winograd { windows, bias } = winograd;
    let (inputs, outputs) = (map.channels.max(1), bias.len().max(1));
    let count = map.columns.div_ceil(STEP);
    let beyond = vec![0.0; (map.columns + 2) * inputs];
    // Tiles transformed vertically, then also horizontally.
    let mut lines = four(|| vec![0.0; (count * STEP + 2) * inputs]);
    let mut tiles = four(|| four(|| vec![0.0; count * inputs]));
    let mut products = four(|| four(|| vec![0.0; count * outputs]));
    // Products transformed back vertically.
    let mut sums: [_; STEP] = array::from_fn(|_| four(|| vec![0.0; count * outputs]));

    let mut output_lines = output.lines_mut();
    for first in (0..map.rows).step_by(STEP) {
        let cells = array::from_fn(|down| {
            let line = map.cells(first + down, 0, map.columns + 2);
            if line.is_empty() { &beyond } else { line }
        });
        transform(lines.each_mut().map(Vec::as_mut_slice), cells);
        for (line, tiles) in lines.iter().zip(&mut tiles) {
            for tile in 0..count {
                let cells = array::from_fn(|along| cell(line, tile * STEP + along, inputs));
                transform(tiles.each_mut().map(|tiles| cell_mut(tiles, tile, inputs)), cells);
            }
        }
        let places = tiles.iter().flatten().zip(windows);
        for ((tiles, window), products) in places.zip(products.iter_mut().flatten()) {
            multiply_by::<FMA>(&[Rows::new(tiles, inputs)], window, &[], products);
        }
        let [a, b, c, d] = &products;
        let [upper, lower] = &mut sums;
        let halves = upper.iter_mut().zip(lower);
        for ((((a, b), c), d), (upper, lower)) in a.iter().zip(b).zip(c).zip(d).zip(halves) {
            transform_back([upper, lower], [a, b, c, d]);
        }
        for (sums, line) in sums.iter().zip(output_lines.by_ref()) {
            for (tile, cells) in line.chunks_mut(STEP * outputs).enumerate() {
                let (left, right) = cells.split_at_mut(outputs);
                transform_back(
                    [left, right],
                    sums.each_ref().map(|line| cell(line, tile, outputs)),
                );
            }
            for values in line.chunks_exact_mut(outputs) {
                for (value, bias) in values.iter_mut().zip(bias) {
                    let sum = *value + bias;
                    *value = if sum > least { sum } else { least };
                }
            }
        }
    }
}

fn four<T>(make: impl Fn() -> T) -> [T; TILE] {
    array::from_fn(|_| make())
}

/// Cell number `cell` of a line, each of `numbers` numbers.
#[inline(always)]
fn cell(line: &[f32], cell: usize, numbers: usize) -> &[f32] {
    line.get(cell * numbers..(cell + 1) * numbers).unwrap_or_default()
}

#[inline(always)]
fn cell_mut(line: &mut [f32], cell: usize, numbers: usize) -> &mut [f32] {
    line.get_mut(cell * numbers..(cell + 1) * numbers).unwrap_or_default()
}

/// Transforms a line of four cells.
#[inline(always)]
fn transform(to: [&mut [f32]; TILE], [a, b, c, d]: [&[f32]; TILE]) {
    let [p, q, r, s] = to;
    let from = a.iter().zip(b).zip(c).zip(d);
    for ((((p, q), r), s), (((a, b), c), d)) in p.iter_mut().zip(q).zip(r).zip(s).zip(from) {
        (*p, *q, *r, *s) = (a - c, b + c, c - b, b - d);
    }
}

/// Transforms a line of four products back into two cells.
#[inline(always)]
fn transform_back([p, q]: [&mut [f32]; STEP], [a, b, c, d]: [&[f32]; TILE]) {
    for (((a, b), c), p) in a.iter().zip(b).zip(c).zip(p) {
        *p = a + b + c;
    }
    for (((b, c), d), q) in b.iter().zip(c).zip(d).zip(q) {
        *q = b - c - d;
    }
}
