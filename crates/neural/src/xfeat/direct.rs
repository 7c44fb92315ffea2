use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use ndarray::{Array2, Axis};

use super::map::Map;
use crate::product::{COLUMNS, ROWS, accumulate, with_zeros};
use crate::weights::Linear;

/// A convolution computed by its definition.
///
/// If a window has so few outputs that a row of a tile would be mostly empty, several neighbouring windows are
/// computed as one wide window.
pub(super) struct Direct {
    /// Map from the cells of a wide window, row by row, to the outputs of its windows.
    weights: Linear,
    /// Rows of a window.
    side: usize,
    /// Cells from one window to the next.
    stride: usize,
    /// Windows in a wide window. The output must have a multiple of this many columns.
    group: usize,
}

impl Direct {
    /// Takes a weight [side * side * inputs, outputs] and a bias [outputs].
    pub(super) fn new(weight: &Array2<f32>, bias: &[f32], side: usize, stride: usize) -> Self {
        let (inputs, outputs) = (weight.nrows() / (side * side), bias.len());
        // Only the layers at full and half size have so few outputs. Their rows are multiples of 16 cells, since
        // the image's sides are multiples of 32.
        let group =
            if side == 3 && COLUMNS.is_multiple_of(outputs) { COLUMNS / outputs } else { 1 };
        let width = (side + (group - 1) * stride) * inputs;
        let mut wide = Array2::zeros((side * width, group * outputs));
        for (down, rows) in weight.axis_chunks_iter(Axis(0), side * inputs).enumerate() {
            for window in 0..group {
                let (row, column) = (down * width + window * stride * inputs, window * outputs);
                let mut place = wide.slice_axis_mut(Axis(0), (row..row + side * inputs).into());
                place.slice_axis_inplace(Axis(1), (column..column + outputs).into());
                place.assign(&rows);
            }
        }
        Self { weights: Linear::new(&wide, bias.repeat(group)), side, stride, group }
    }

    /// Writes the output for a map; values below `least` become `least`.
    pub(super) fn convolve(&self, map: &Map, least: f32, output: &mut Map) {
        convolve(self, map, least, output);
    }
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn convolve(direct: &Direct, map: &Map, least: f32, output: &mut Map) {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        convolve_by::<true>(direct, map, least, output);
    } else {
        convolve_by::<false>(direct, map, least, output);
    }
}

/// Computes six wide windows of a row at a time. At the end of a row the last one is repeated.
#[inline(always)]
pub(super) fn convolve_by<const FMA: bool>(
    direct: &Direct,
    map: &Map,
    least: f32,
    output: &mut Map,
) {
    let Direct { weights, side, stride, group } = direct;
    let outputs = output.channels.max(1) * group;
    let width = side + (group - 1) * stride;
    let origin = if *side == 3 { 0 } else { 1 };
    for (row, line) in output.lines_mut().enumerate() {
        for (block, cells) in line.chunks_mut(ROWS * outputs).enumerate() {
            let last = (cells.len() / outputs).saturating_sub(1);
            let columns: [usize; ROWS] = std::array::from_fn(|cell| {
                (block * ROWS + cell.min(last)) * group * stride + origin
            });
            for (place, panel) in weights.panels().enumerate() {
                let bias = weights.bias().get(place * COLUMNS..);
                let mut tile = [with_zeros(bias.unwrap_or_default()); ROWS];
                for (down, panel) in panel.chunks_exact(width * map.channels).enumerate() {
                    let row = row * stride + origin + down;
                    let windows = columns.map(|column| map.cells(row, column, width));
                    accumulate::<FMA>(&mut tile, windows, panel);
                }
                for (cell, sums) in cells.chunks_exact_mut(outputs).zip(&tile) {
                    for (value, sum) in cell.iter_mut().skip(place * COLUMNS).zip(sums) {
                        *value = if *sum > least { *sum } else { least };
                    }
                }
            }
        }
    }
}
