//! Products of matrices, computed in tiles of 6 rows by 16 columns.
//!
//! A tile stays in registers while rows of one factor and a panel of the other pass through it
//! (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 2008). Sums
//! have a fixed order, so a product is the same in every run and on every thread.

use std::ops::Range;

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use ndarray::Array2;

use crate::vector::exponentiate;

/// Rows of a tile: with 16 columns, it fills twelve registers of AVX2.
pub(super) const ROWS: usize = 6;
/// Columns of a tile.
pub(super) const COLUMNS: usize = 16;
/// Rows that pass through a panel, in groups of six, while it is in the cache. The attention weights of this
/// many queries fit into the processor's second-level cache.
const BAND: usize = 10 * ROWS;

/// Partial sums.
pub(super) type Tile = [[f32; COLUMNS]; ROWS];

/// Rows of a matrix, or of a range of its columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    /// Starts with the first entry of the first row.
    values: &'a [f32],
    count: usize,
    /// Entries from the start of one row to the start of the next.
    stride: usize,
    columns: usize,
}

impl<'a> Rows<'a> {
    /// Consecutive rows of `columns` entries.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        Self { values, count: values.len() / columns.max(1), stride: columns, columns }
    }

    /// All rows of a matrix.
    pub(super) fn of(matrix: &'a Array2<f32>) -> Self {
        Self::of_columns(matrix, 0..matrix.ncols())
    }

    /// All rows of a matrix, restricted to these columns.
    pub(super) fn of_columns(matrix: &'a Array2<f32>, columns: Range<usize>) -> Self {
        // Only a matrix in row-major order has such a slice; this crate makes no other.
        let values = matrix.as_slice().and_then(|values| values.get(columns.start..));
        Self {
            values: values.unwrap_or_default(),
            count: matrix.nrows(),
            stride: matrix.ncols(),
            columns: columns.len(),
        }
    }

    /// The first `count` rows, or all if there are fewer.
    pub(super) fn first(self, count: usize) -> Self {
        Self { count: self.count.min(count), ..self }
    }

    #[inline(always)]
    fn get(&self, row: usize) -> &'a [f32] {
        let start = row * self.stride;
        self.values.get(start..start + self.columns).unwrap_or_default()
    }

    /// Six rows, starting with this one; the last row is repeated if there are fewer.
    #[inline(always)]
    fn six(&self, first: usize) -> [&'a [f32]; ROWS] {
        let last = self.count.saturating_sub(1);
        std::array::from_fn(|row| self.get((first + row).min(last)))
    }

    fn iter(&self) -> impl Iterator<Item = &'a [f32]> {
        (0..self.count).map(|row| self.get(row))
    }
}

/// A matrix in panels of 16 columns, each in row-major order; the last panel is padded with zeros.
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

    /// The panels of the matrix whose columns are these rows.
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

    /// The panels, each with as many entries as the matrix has rows.
    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &[[f32; COLUMNS]]> {
        self.values.chunks_exact(self.depth.max(1))
    }
}

/// Adds the product of six rows and a panel to a tile. The panel has as many rows as they have entries.
///
/// `FMA` states that the processor multiplies and adds in one instruction. Without that instruction `mul_add`
/// is a slow function call.
#[inline(always)]
pub(super) fn accumulate<const FMA: bool>(
    tile: &mut Tile,
    [a, b, c, d, e, f]: [&[f32]; ROWS],
    panel: &[[f32; COLUMNS]],
) {
    // The compiler keeps a local copy in registers.
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

/// Product of `parts`, matrices side by side, and a matrix, plus the `bias` of each column. Missing entries
/// of `bias` are 0.
pub(super) fn product(parts: &[Rows<'_>], panels: &Panels, bias: &[f32]) -> Array2<f32> {
    let count = parts.first().map_or(0, |part| part.count);
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

/// Writes the [`product`] like [`multiply`], for a caller that is itself compiled for the processor's
/// instructions.
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

/// Writes the sums of panel number `place` into a row of all columns, as far as the row reaches.
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

/// The first 16 of these numbers, padded with zeros.
#[inline(always)]
pub(super) fn with_zeros(numbers: &[f32]) -> [f32; COLUMNS] {
    let mut row = [0.0; COLUMNS];
    for (place, number) in row.iter_mut().zip(numbers) {
        *place = *number;
    }
    row
}

/// Mean of the values for each query, weighted by the softmax of the query's products with the keys.
pub(super) fn attention(queries: Rows<'_>, keys: Rows<'_>, values: Rows<'_>) -> Array2<f32> {
    let mut means = Array2::zeros((queries.count, values.columns));
    let (keys, values) = (Panels::of_transposed(keys), Panels::of(values));
    attend(queries, &keys, &values, means.as_slice_mut().unwrap_or_default());
    means
}

/// Writes the [`attention`] row by row to `means`.
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

    /// Numbers between -1 and 1 from a linear congruential generator.
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
            // Queries and keys are ranges of columns of a wider matrix.
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
