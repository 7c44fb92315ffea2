use multiversion::multiversion;
use multiversion::target::target_cfg_f;

use super::map::Map;
use crate::neural::product::{COLUMNS, ROWS, accumulate, with_zeros};
use crate::neural::weights::{Linear, Weights, WeightsError};

/// A convolution, whose batch normalisation is in its weights.
pub(super) struct Convolution {
    /// From a window's cells, row by row, to the outputs.
    weights: Linear,
    form: Form,
}

/// How a convolution sees its input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Cells on a side of the window.
    pub(super) side: usize,
    /// Cells from one window to the next.
    pub(super) stride: usize,
    /// Channels that it sees.
    pub(super) inputs: usize,
    /// Channels that it makes.
    pub(super) outputs: usize,
    /// Whether what is negative becomes 0.
    pub(super) rectified: bool,
}

impl Convolution {
    /// Reads `NAME.weight` [side * side * inputs, outputs] and `NAME.bias` [outputs].
    pub(super) fn load(
        weights: &Weights<'_>,
        name: &str,
        form: Form,
    ) -> Result<Self, WeightsError> {
        let inputs = form.side * form.side * form.inputs;
        Ok(Self { weights: weights.linear(name, inputs, form.outputs)?, form })
    }

    /// What comes of a map. Windows of 3 cells are centred and see the border of zeros; others lie
    /// inside, from the first cell on.
    pub(super) fn apply(&self, map: &Map) -> Map {
        let Form { stride, outputs, .. } = self.form;
        let mut seen = Map::new(map.rows / stride, map.columns / stride, outputs);
        convolve(self, map, &mut seen);
        seen
    }
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn convolve(convolution: &Convolution, map: &Map, seen: &mut Map) {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        convolve_by::<true>(convolution, map, seen);
    } else {
        convolve_by::<false>(convolution, map, seen);
    }
}

/// Six windows of a row at a time; the last one stands for those that there are not.
#[inline(always)]
fn convolve_by<const FMA: bool>(convolution: &Convolution, map: &Map, seen: &mut Map) {
    let Form { side, stride, inputs, outputs, rectified } = convolution.form;
    let origin = if side == 3 { 0 } else { 1 };
    let least = if rectified { 0.0 } else { f32::NEG_INFINITY };
    for (row, line) in seen.lines_mut().enumerate() {
        for (block, cells) in line.chunks_mut(ROWS * outputs).enumerate() {
            let last = (cells.len() / outputs).saturating_sub(1);
            let columns: [usize; ROWS] =
                std::array::from_fn(|cell| (block * ROWS + cell.min(last)) * stride + origin);
            for (place, panel) in convolution.weights.panels().enumerate() {
                let bias = convolution.weights.bias().get(place * COLUMNS..);
                let mut tile = [with_zeros(bias.unwrap_or_default()); ROWS];
                for (down, panel) in panel.chunks_exact(side * inputs).enumerate() {
                    let row = row * stride + origin + down;
                    let windows = columns.map(|column| map.cells(row, column, side));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

    use ndarray::Array2;

    use super::*;

    /// Small whole numbers, so that sums are exact in any order.
    fn number(index: usize) -> f32 {
        (index * 7919 % 13) as f32 - 6.0
    }

    fn map(rows: usize, columns: usize, channels: usize) -> Map {
        let mut map = Map::new(rows, columns, channels);
        let mut index = 0;
        for line in map.lines_mut() {
            for value in line {
                *value = number(index);
                index += 1;
            }
        }
        map
    }

    #[test]
    fn windows_come_to_what_the_definition_says() {
        for (side, stride, inputs, outputs) in
            [(3, 1, 2, 17), (3, 2, 5, 8), (1, 1, 3, 16), (4, 4, 1, 24), (8, 8, 1, 3)]
        {
            for rectified in [false, true] {
                let form = Form { side, stride, inputs, outputs, rectified };
                let map = map(8, 16, inputs);
                let weight = Array2::from_shape_fn((side * side * inputs, outputs), |(i, o)| {
                    number(i + 3 * o)
                });
                let bias: Vec<f32> = (0..outputs).map(number).collect();
                let weights = Linear::new(&weight, bias.clone());
                let seen = Convolution { weights, form }.apply(&map);
                assert_eq!((seen.rows, seen.columns), (8 / stride, 16 / stride));
                let pad = if side == 3 { 1 } else { 0 };
                for row in 0..seen.rows {
                    for column in 0..seen.columns {
                        let cell = seen.cell(row as isize, column as isize).unwrap();
                        for (output, value) in cell.iter().enumerate() {
                            let mut sum = bias[output];
                            for (place, factor) in weight.column(output).iter().enumerate() {
                                let (window, input) = (place / inputs, place % inputs);
                                let at = |start: usize, step: usize| {
                                    (start * stride + step) as isize - pad
                                };
                                let cell =
                                    map.cell(at(row, window / side), at(column, window % side));
                                sum += cell.map_or(0.0, |cell| cell[input] * factor);
                            }
                            assert_eq!(*value, if rectified { sum.max(0.0) } else { sum });
                        }
                    }
                }
            }
        }
    }
}
