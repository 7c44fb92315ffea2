use ndarray::Array2;

use super::direct::Direct;
use super::map::Map;
use super::winograd::Winograd;
use crate::neural::weights::{Weights, WeightsError};

/// A convolution, whose batch normalisation is in its weights.
pub(super) struct Convolution {
    way: Way,
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

enum Way {
    Direct(Direct),
    Winograd(Winograd),
}

/// With fewer inputs Winograd's sums and differences take longer than the products that it saves.
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
        let way = if is_winograd {
            Way::Winograd(Winograd::new(weight, bias))
        } else {
            Way::Direct(Direct::new(weight, &bias, form.side, form.stride))
        };
        Self { way, form }
    }

    /// What comes of a map. Windows of 3 cells are centred and see the border of zeros; others lie
    /// inside, from the first cell on.
    pub(super) fn apply(&self, map: &Map) -> Map {
        let Form { stride, outputs, rectified, .. } = self.form;
        let mut seen = Map::new(map.rows / stride, map.columns / stride, outputs);
        let least = if rectified { 0.0 } else { f32::NEG_INFINITY };
        match &self.way {
            Way::Direct(direct) => direct.convolve(map, least, &mut seen),
            Way::Winograd(winograd) => winograd.convolve(map, least, &mut seen),
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

    use super::super::{direct, winograd};
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

    /// Compares every number of what comes of a map of so many rows and columns.
    fn check(
        (side, stride, inputs, outputs): (usize, usize, usize, usize),
        (rows, columns): (usize, usize),
    ) {
        let map = map(rows, columns, inputs);
        let weight = Array2::from_shape_fn((side * side * inputs, outputs), |(input, output)| {
            number(input + 3 * output)
        });
        let bias: Vec<f32> = (0..outputs).map(number).collect();
        // One output of one window.
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
            let seen = convolution.apply(&map);
            let least = if rectified { 0.0 } else { f32::NEG_INFINITY };
            let mut portable = Map::new(seen.rows, seen.columns, outputs);
            match &convolution.way {
                Way::Direct(direct) => {
                    direct::convolve_by::<false>(direct, &map, least, &mut portable);
                }
                Way::Winograd(winograd) => {
                    winograd::convolve_by::<false>(winograd, &map, least, &mut portable);
                }
            }
            assert!(seen.lines().eq(portable.lines()), "without the machine's instructions");
            assert_eq!((seen.rows, seen.columns), (rows / stride, columns / stride));
            for (row, line) in seen.lines().enumerate() {
                for (place, value) in line.iter().enumerate() {
                    let sum = expected(row, place / outputs, place % outputs);
                    assert_eq!(*value, if rectified { sum.max(0.0) } else { sum });
                }
            }
        }
    }
}
