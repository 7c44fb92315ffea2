//! Products of matrices, a tile of 6 rows by 16 columns at a time.
//!
//! A tile stays in registers while the rows of one factor and a panel of the other run through it
//! (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 2008). Sums
//! are always taken in the same order, so a product is the same in every run and on every thread.

use std::ops::Range;

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use ndarray::Array2;

use super::vector::exponentiate;

/// Rows of a tile: with its columns, twelve registers of AVX2.
pub(super) const ROWS: usize = 6;
/// Columns of a tile.
pub(super) const COLUMNS: usize = 16;
/// Rows that go through a panel one group of six after the other, so that it is read once for all of
/// them. What an attention keeps of so many queries stays in the processor's second cache.
const BAND: usize = 10 * ROWS;

/// Sums on their way.
pub(super) type Tile = [[f32; COLUMNS]; ROWS];

/// Rows of a matrix, or of some of its neighbouring columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    /// From the first entry of the first row on.
    values: &'a [f32],
    count: usize,
    /// Entries from the beginning of one row to that of the next.
    stride: usize,
    columns: usize,
}

impl<'a> Rows<'a> {
    /// Rows of so many columns, one after another.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        Self { values, count: values.len() / columns.max(1), stride: columns, columns }
    }

    /// All rows of a matrix.
    pub(super) fn of(matrix: &'a Array2<f32>) -> Self {
        Self::of_columns(matrix, 0..matrix.ncols())
    }

    /// The part of all rows that lies in these columns.
    pub(super) fn of_columns(matrix: &'a Array2<f32>, columns: Range<usize>) -> Self {
        // A matrix that is not stored row by row has no such slice; none is made here.
        let values = matrix.as_slice().and_then(|values| values.get(columns.start..));
        Self {
            values: values.unwrap_or_default(),
            count: matrix.nrows(),
            stride: matrix.ncols(),
            columns: columns.len(),
        }
    }

    /// The first rows, at most so many.
    pub(super) fn first(self, count: usize) -> Self {
        Self { count: self.count.min(count), ..self }
    }

    /// The rows from this one on.
    pub(super) fn from(self, row: usize) -> Self {
        Self {
            values: self.values.get(row * self.stride..).unwrap_or_default(),
            count: self.count.saturating_sub(row),
            ..self
        }
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn get(&self, row: usize) -> &'a [f32] {
        let start = row * self.stride;
        self.values.get(start..start + self.columns).unwrap_or_default()
    }

    /// Six rows from this one on, the last row over again where there are fewer.
    #[inline(always)]
    fn six(&self, first: usize) -> [&'a [f32]; ROWS] {
        let last = self.count.saturating_sub(1);
        std::array::from_fn(|row| self.get((first + row).min(last)))
    }

    fn iter(&self) -> impl Iterator<Item = &'a [f32]> {
        (0..self.count).map(|row| self.get(row))
    }
}

/// A matrix in panels of 16 columns, each row by row; what the last panel lacks is 0.
#[derive(Debug, Clone)]
pub(super) struct Panels {
    /// Rows of the matrix.
    depth: usize,
    /// Columns of the matrix.
    columns: usize,
    values: Vec<[f32; COLUMNS]>,
}

impl Panels {
    /// The panels of a matrix.
    pub(super) fn of(matrix: Rows<'_>) -> Self {
        let (depth, columns) = (matrix.count, matrix.columns);
        let mut values = vec![[0.0; COLUMNS]; depth * columns.div_ceil(COLUMNS)];
        for (row, entries) in matrix.iter().enumerate() {
            let places = values.iter_mut().skip(row).step_by(depth);
            for (place, entries) in places.zip(entries.chunks(COLUMNS)) {
                for (value, entry) in place.iter_mut().zip(entries) {
                    *value = *entry;
                }
            }
        }
        Self { depth, columns, values }
    }

    /// The panels of a transposed matrix, whose columns are these rows.
    pub(super) fn of_transposed(matrix: Rows<'_>) -> Self {
        let (depth, columns) = (matrix.columns, matrix.count);
        let mut values = vec![[0.0; COLUMNS]; depth * columns.div_ceil(COLUMNS)];
        for (column, entries) in matrix.iter().enumerate() {
            let places = values.iter_mut().skip(column / COLUMNS * depth);
            for (place, entry) in places.zip(entries) {
                if let Some(value) = place.get_mut(column % COLUMNS) {
                    *value = *entry;
                }
            }
        }
        Self { depth, columns, values }
    }

    /// The panels, each as long as the matrix has rows.
    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &[[f32; COLUMNS]]> {
        self.values.chunks_exact(self.depth.max(1))
    }
}

/// Adds to a tile the product of six rows with a panel that has as many rows as they have entries.
///
/// `FMA` says whether the machine multiplies and adds in one instruction; where it does not, asking
/// for that calls a function.
#[inline(always)]
pub(super) fn accumulate<const FMA: bool>(
    tile: &mut Tile,
    [a, b, c, d, e, f]: [&[f32]; ROWS],
    panel: &[[f32; COLUMNS]],
) {
    // A copy is seen to be nobody else's, so that it stays in registers.
    let mut sums = *tile;
    let factors = panel.iter().zip(a).zip(b).zip(c).zip(d).zip(e).zip(f);
    for ((((((entries, a), b), c), d), e), f) in factors {
        for (sums, factor) in sums.iter_mut().zip([a, b, c, d, e, f]) {
            for (sum, entry) in sums.iter_mut().zip(entries) {
                *sum = if FMA { factor.mul_add(*entry, *sum) } else { *sum + factor * entry };
            }
        }
    }
    *tile = sums;
}

/// The product of `parts`, matrices that stand beside each other, with a matrix, plus the `bias` of
/// each column; where that has no entry it is 0.
pub(super) fn product(parts: &[Rows<'_>], panels: &Panels, bias: &[f32]) -> Array2<f32> {
    let count = parts.first().map_or(0, Rows::count);
    let mut products = Array2::zeros((count, panels.columns));
    multiply(parts, panels, bias, products.as_slice_mut().unwrap_or_default());
    products
}

/// Writes the [`product`] row by row to `out`.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn multiply(parts: &[Rows<'_>], panels: &Panels, bias: &[f32], out: &mut [f32]) {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        multiply_by::<true>(parts, panels, bias, out);
    } else {
        multiply_by::<false>(parts, panels, bias, out);
    }
}

/// The same, for a caller that is compiled for the machine's instructions itself.
#[inline(always)]
pub(super) fn multiply_by<const FMA: bool>(
    parts: &[Rows<'_>],
    panels: &Panels,
    bias: &[f32],
    out: &mut [f32],
) {
    let columns = panels.columns.max(1);
    for (band, out) in out.chunks_mut(BAND * columns).enumerate() {
        for (place, panel) in panels.iter().enumerate() {
            let start = with_zeros(bias.get(place * COLUMNS..).unwrap_or_default());
            for (group, out) in out.chunks_mut(ROWS * columns).enumerate() {
                let (mut tile, mut rest) = ([start; ROWS], panel);
                for part in parts {
                    let (its, others) = rest.split_at_checked(part.columns).unwrap_or_default();
                    accumulate::<FMA>(&mut tile, part.six(band * BAND + group * ROWS), its);
                    rest = others;
                }
                for (out, sums) in out.chunks_exact_mut(columns).zip(&tile) {
                    put(out, place, sums);
                }
            }
        }
    }
}

/// Writes what a panel's columns come to into a row of all columns, as far as that goes.
#[inline(always)]
fn put(row: &mut [f32], place: usize, sums: &[f32; COLUMNS]) {
    let columns = row.get_mut(place * COLUMNS..).unwrap_or_default();
    if let Some(columns) = columns.first_chunk_mut() {
        *columns = *sums;
    } else {
        for (column, sum) in columns.iter_mut().zip(sums) {
            *column = *sum;
        }
    }
}

/// The first 16 of these numbers, with zeros for what is missing.
#[inline(always)]
pub(super) fn with_zeros(numbers: &[f32]) -> [f32; COLUMNS] {
    let mut row = [0.0; COLUMNS];
    for (place, number) in row.iter_mut().zip(numbers) {
        *place = *number;
    }
    row
}

/// For each query the mean of the values, weighted by the softmax of its products with the keys.
pub(super) fn attention(queries: Rows<'_>, keys: Rows<'_>, values: Rows<'_>) -> Array2<f32> {
    let mut means = Array2::zeros((queries.count, values.columns));
    let (keys, values) = (Panels::of_transposed(keys), Panels::of(values));
    attend(queries, &keys, &values, means.as_slice_mut().unwrap_or_default());
    means
}

/// Writes what [`attention`] says row by row to `means`.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn attend(queries: Rows<'_>, keys: &Panels, values: &Panels, means: &mut [f32]) {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        attend_by::<true>(queries, keys, values, means);
    } else {
        attend_by::<false>(queries, keys, values, means);
    }
}

#[inline(always)]
fn attend_by<const FMA: bool>(
    queries: Rows<'_>,
    keys: &Panels,
    values: &Panels,
    means: &mut [f32],
) {
    let count = keys.columns;
    let stride = count.next_multiple_of(COLUMNS).max(COLUMNS);
    let mut weights = vec![0.0; BAND * stride];
    let mut sums = [0.0; BAND];
    for (band, means) in means.chunks_mut(BAND * values.columns.max(1)).enumerate() {
        for (place, panel) in keys.iter().enumerate() {
            for (group, weights) in weights.chunks_exact_mut(ROWS * stride).enumerate() {
                let mut tile = [[0.0; COLUMNS]; ROWS];
                accumulate::<FMA>(&mut tile, queries.six(band * BAND + group * ROWS), panel);
                for (weights, products) in weights.chunks_exact_mut(stride).zip(&tile) {
                    put(weights, place, products);
                }
            }
        }
        for (weights, sum) in weights.chunks_exact_mut(stride).zip(&mut sums) {
            *sum = weights.get_mut(..count).map_or(0.0, exponentiate);
        }
        let weights = Rows { values: &weights, count: BAND, stride, columns: count };
        for (place, panel) in values.iter().enumerate() {
            let groups =
                means.chunks_mut(ROWS * values.columns.max(1)).zip(sums.chunks_exact(ROWS));
            for (group, (means, sums)) in groups.enumerate() {
                let mut tile = [[0.0; COLUMNS]; ROWS];
                accumulate::<FMA>(&mut tile, weights.six(group * ROWS), panel);
                let rows = means.chunks_exact_mut(values.columns.max(1)).zip(&tile).zip(sums);
                for ((means, weighted), sum) in rows {
                    put(means, place, &weighted.map(|weighted| weighted / sum));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests fail by panicking")]

    use ndarray::Axis;

    use super::*;

    /// Numbers between -1 and 1 that a multiplicative generator makes.
    fn matrix(rows: usize, columns: usize, seed: u32) -> Array2<f32> {
        let mut state = seed;
        Array2::from_shape_simple_fn((rows, columns), || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
    }

    fn near(found: &Array2<f32>, expected: &Array2<f32>) {
        assert_eq!(found.dim(), expected.dim());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found}, not {expected}");
        }
    }

    #[test]
    fn tiles_come_to_what_the_definition_says_whatever_the_sizes() {
        for (rows, depth, columns) in [(1, 1, 1), (6, 3, 16), (7, 5, 17), (30, 64, 40), (13, 9, 1)]
        {
            let (a, b, c) =
                (matrix(rows, depth, 1), matrix(rows, 4, 2), matrix(depth + 4, columns, 3));
            let bias = matrix(1, columns, 4);
            let (upper, lower) = c.view().split_at(Axis(0), depth);
            let expected = a.dot(&upper) + b.dot(&lower) + &bias;
            let parts = [Rows::of(&a), Rows::of(&b)];
            let bias = bias.as_slice().unwrap_or_default();
            let panels = Panels::of(Rows::of(&c));
            near(&product(&parts, &panels, bias), &expected);
            let mut portable = Array2::zeros((rows, columns));
            let out = portable.as_slice_mut().unwrap_or_default();
            multiply_by::<false>(&parts, &panels, bias, out);
            near(&portable, &expected);
            let transposed = c.t().as_standard_layout().to_owned();
            near(&product(&parts, &Panels::of_transposed(Rows::of(&transposed)), bias), &expected);
        }
    }

    #[test]
    fn attention_comes_to_what_the_definition_says() {
        for (queries, keys) in [(1, 1), (5, 33), (24, 16), (61, 47)] {
            // Of a wider matrix only the columns that are asked for.
            let (all, values) = (matrix(queries.max(keys), 40, 5), matrix(keys, 20, 6));
            let part = |columns: std::ops::Range<usize>, count: usize| {
                let part = all.slice_axis(Axis(1), columns.into());
                part.slice_axis(Axis(0), (..count).into()).to_owned()
            };
            let mut weights = part(8..24, queries).dot(&part(24..40, keys).t());
            for mut row in weights.rows_mut() {
                row.mapv_inplace(f32::exp);
                let sum = row.sum();
                row /= sum;
            }
            let expected = weights.dot(&values);
            let asking = Rows::of_columns(&all, 8..24).first(queries);
            let asked = Rows::of_columns(&all, 24..40).first(keys);
            near(&attention(asking, asked, Rows::of(&values)), &expected);
            let mut portable = Array2::zeros((queries, 20));
            let means = portable.as_slice_mut().unwrap_or_default();
            let panels = (Panels::of_transposed(asked), Panels::of(Rows::of(&values)));
            attend_by::<false>(asking, &panels.0, &panels.1, means);
            near(&portable, &expected);
        }
    }

    #[test]
    fn nothing_has_no_products() {
        let (none, some) = (matrix(0, 3, 1), matrix(3, 3, 1));
        assert_eq!(product(&[Rows::of(&none)], &Panels::of(Rows::of(&some)), &[]).dim(), (0, 3));
        assert_eq!(attention(Rows::of(&none), Rows::of(&some), Rows::of(&some)).dim(), (0, 3));
        let nothing = attention(Rows::of(&some), Rows::of(&none), Rows::of(&none));
        assert!(nothing.dim() == (3, 3));
    }
}
