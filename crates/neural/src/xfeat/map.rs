/// A grid of cells with several channels, stored cell by cell, with a border of zeros one cell wide.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Map {
    /// Rows of cells without the border.
    pub(super) rows: usize,
    /// Columns of cells without the border.
    pub(super) columns: usize,
    /// Numbers in a cell.
    pub(super) channels: usize,
    values: Vec<f32>,
}

impl Map {
    /// A map of zeros.
    pub(super) fn new(rows: usize, columns: usize, channels: usize) -> Self {
        let values = vec![0.0; (rows + 2) * (columns + 2) * channels];
        Self { rows, columns, channels, values }
    }

    /// The cell in this row and column; `None` outside the grid.
    pub(super) fn cell(&self, row: isize, column: isize) -> Option<&[f32]> {
        let row = usize::try_from(row).ok().filter(|row| *row < self.rows)?;
        let column = usize::try_from(column).ok().filter(|column| *column < self.columns)?;
        Some(self.cells(row + 1, column + 1, 1))
    }

    /// `count` consecutive cells of a row. Row and column count from the corner of the border.
    #[inline(always)]
    pub(super) fn cells(&self, row: usize, column: usize, count: usize) -> &[f32] {
        let start = (row * (self.columns + 2) + column) * self.channels;
        self.values.get(start..start + count * self.channels).unwrap_or_default()
    }

    /// The rows from top to bottom, without the border.
    pub(super) fn lines_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let (columns, channels) = (self.columns, self.channels);
        let lines = self.values.chunks_exact_mut(((columns + 2) * channels).max(1));
        lines
            .skip(1)
            .take(self.rows)
            .filter_map(move |line| line.get_mut(channels..(columns + 1) * channels))
    }

    /// The rows from top to bottom, without the border.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[f32]> {
        (1..=self.rows).map(|row| self.cells(row, 1, self.columns))
    }

    /// Adds another map of the same shape.
    pub(super) fn add(&mut self, other: &Self) {
        for (value, other) in self.values.iter_mut().zip(&other.values) {
            *value += other;
        }
    }

    /// The map at `factor` times its size, interpolated bilinearly between the centres of the cells; beyond the
    /// outermost centres the values are constant.
    pub(super) fn enlarged(&self, factor: usize) -> Self {
        let mut large = Self::new(self.rows * factor, self.columns * factor, self.channels);
        let (columns, channels) = (large.columns, self.channels.max(1));
        for (row, line) in large.lines_mut().enumerate() {
            let ((above, below), down) = between(row, factor, self.rows);
            for (column, cell) in (0..columns).zip(line.chunks_exact_mut(channels)) {
                let ((left, right), along) = between(column, factor, self.columns);
                let corners = [(above, left), (above, right), (below, left), (below, right)];
                let [a, b, c, d] = corners.map(|(row, column)| self.cells(row + 1, column + 1, 1));
                for ((((value, a), b), c), d) in cell.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    let (upper, lower) = (a + (b - a) * along, c + (d - c) * along);
                    *value = upper + (lower - upper) * down;
                }
            }
        }
        large
    }
}

/// The two cells around a cell of the enlarged grid, and the fraction of the way to the second.
fn between(place: usize, factor: usize, length: usize) -> ((usize, usize), f32) {
    let exact = ((place as f32 + 0.5) / factor as f32 - 0.5).max(0.0);
    let first = exact as usize;
    ((first, (first + 1).min(length.saturating_sub(1))), exact - first as f32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn an_enlarged_map_is_linear_between_cells() {
        let mut small = Map::new(1, 2, 1);
        small.lines_mut().next().unwrap().copy_from_slice(&[1.0, 5.0]);
        let large = small.enlarged(2);
        let lines: Vec<_> = large.lines().collect();
        assert_eq!(lines, [[1.0, 2.0, 4.0, 5.0]; 2]);
        assert_eq!(large.cells(0, 0, 6), [0.0; 6]);
        assert_eq!((large.cell(1, 3), large.cell(1, 4)), (Some(&[5.0][..]), None));
    }
}
