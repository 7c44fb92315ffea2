use ndarray::Array2;

use super::direct::Direct;
use super::map::Map;
use super::winograd::Winograd;
use crate::weights::{Weights, WeightsError};

/// A convolution with batch normalisation folded into its weights, and an optional rectifier.
pub(super) struct Convolution {
    algorithm: Algorithm,
    form: Form,
}

/// Shape of a convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Cells on a side of the window.
    pub(super) side: usize,
    /// Cells from one window to the next.
    pub(super) stride: usize,
    /// Input channels.
    pub(super) inputs: usize,
    /// Output channels.
    pub(super) outputs: usize,
    /// Whether negative outputs become 0.
    pub(super) rectified: bool,
}

enum Algorithm {
    Direct(Direct),
    Winograd(Winograd),
}

/// With fewer input channels, Winograd's additions take longer than the products that it saves.
const LEAST_FOR_WINOGRAD: usize = 16;

impl Convolution {
    /// Reads `NAME.weight` [side * side * inputs, outputs] and `NAME.bias` [outputs].
    pub(super) fn load(
        weights: &Weights<'_>,
        name: &str,
        form: Form,
    ) -> Result<Self, WeightsError> {
        let inputs = form.side * form.side * form.inputs;
        let weight = weights.matrix(&format!("{name}.weight"), inputs, form.outputs)?;
        Ok(Self::new(&weight, weights.values(&format!("{name}.bias"), &[form.outputs])?, form))
    }

    fn new(weight: &Array2<f32>, bias: Vec<f32>, form: Form) -> Self {
        let is_winograd = (form.side, form.stride) == (3, 1) && form.inputs >= LEAST_FOR_WINOGRAD;
        let algorithm = if is_winograd {
            Algorithm::Winograd(Winograd::new(weight, bias))
        } else {
            Algorithm::Direct(Direct::new(weight, &bias, form.side, form.stride))
        };
        Self { algorithm, form }
    }

    /// Output for a map. Windows of 3x3 cells are centred and include the border of zeros; others start at
    /// the first cell and stay inside.
    pub(super) fn apply(&self, map: &Map) -> Map {
        let Form { stride, outputs, rectified, .. } = self.form;
        let mut output = Map::new(map.rows / stride, map.columns / stride, outputs);
        let least = if rectified { 0.0 } else { f32::NEG_INFINITY };
        match &self.algorithm {
            Algorithm::Direct(direct) => direct.convolve(map, least, &mut output),
            Algorithm::Winograd(winograd) => winograd.convolve(map, least, &mut output),
        }
        output
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

    use super::super::{direct, winograd};
    use super::*;

    /// Small integers, whose sums are exact in any order.
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
        let windows = [
            (3, 1, 2, 17),
            (3, 1, 1, 4),
            (3, 1, 8, 8),
            (3, 2, 5, 8),
            (1, 1, 3, 16),
            (4, 4, 1, 24),
            (8, 8, 1, 3),
        ];
        for (side, stride, inputs, outputs) in windows {
            check((side, stride, inputs, outputs), (8, 16));
        }
        // By Winograd's algorithm, with and without a half tile on the right and below.
        for sides in [(8, 16), (5, 12), (4, 7), (3, 3), (1, 1)] {
            check((3, 1, 24, 17), sides);
        }
    }

    /// Compares every output for a map of these rows and columns with the definition.
    fn check(
        (side, stride, inputs, outputs): (usize, usize, usize, usize),
        (rows, columns): (usize, usize),
    ) {
        let map = map(rows, columns, inputs);
        let weight = Array2::from_shape_fn((side * side * inputs, outputs), |(input, output)| {
            number(input + 3 * output)
        });
        let bias: Vec<f32> = (0..outputs).map(number).collect();
        // One output of one window by the definition.
        let expected = |row: usize, column: usize, output: usize| {
            let pad = if side == 3 { 1 } else { 0 };
            let at = |start: usize, step: usize| (start * stride + step) as isize - pad;
            let factors = weight.column(output).into_iter().enumerate();
            let products = factors.map(|(place, factor)| {
                let (cell, input) = (place / inputs, place % inputs);
                let cell = map.cell(at(row, cell / side), at(column, cell % side));
                cell.map_or(0.0, |cell| cell[input] * factor)
            });
            bias[output] + products.sum::<f32>()
        };
        for rectified in [false, true] {
            let form = Form { side, stride, inputs, outputs, rectified };
            let convolution = Convolution::new(&weight, bias.clone(), form);
            let output = convolution.apply(&map);
            let least = if rectified { 0.0 } else { f32::NEG_INFINITY };
            let mut portable = Map::new(output.rows, output.columns, outputs);
            match &convolution.algorithm {
                Algorithm::Direct(direct) => {
                    direct::convolve_by::<false>(direct, &map, least, &mut portable);
                }
                Algorithm::Winograd(winograd) => {
                    winograd::convolve_by::<false>(winograd, &map, least, &mut portable);
                }
            }
            assert!(output.lines().eq(portable.lines()), "without the machine's instructions");
            assert_eq!((output.rows, output.columns), (rows / stride, columns / stride));
            for (row, line) in output.lines().enumerate() {
                for (place, value) in line.iter().enumerate() {
                    let sum = expected(row, place / outputs, place % outputs);
                    assert_eq!(*value, if rectified { sum.max(0.0) } else { sum });
                }
            }
        }
    }
}
