/// The parts of a picture that are within [`REACH`] of a marked place.
#[derive(Debug)]
pub(super) struct Mask {
    columns: usize,
    rows: usize,
    cells: Vec<bool>,
    is_empty: bool,
}

/// Radius around a point on graphics that contains more graphics, in pixels.
const REACH: f32 = 16.0;
/// Side of a mask's cell, in pixels.
const GRAIN: f32 = 4.0;

impl Mask {
    pub(super) fn new(size: [f32; 2]) -> Self {
        let [columns, rows] = Self::grid(size);
        Self { columns, rows, cells: vec![false; columns * rows], is_empty: true }
    }

    /// Columns and rows of a mask for pictures of this size.
    pub(super) fn grid(size: [f32; 2]) -> [usize; 2] {
        size.map(|side| (side / GRAIN) as usize + 1)
    }

    /// Marks the cells that are set, row by row of the grid.
    pub(super) fn mark_cells(&mut self, cells: &[bool]) {
        for (cell, is_set) in self.cells.iter_mut().zip(cells) {
            *cell |= is_set;
            self.is_empty &= !is_set;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    pub(super) fn mark(&mut self, [x, y]: [f32; 2]) {
        self.is_empty = false;
        let span = |at: f32, count: usize| {
            let [first, last] = [at - REACH, at + REACH].map(|at| (at / GRAIN).max(0.0) as usize);
            first..=last.min(count - 1)
        };
        for row in span(y, self.rows) {
            for column in span(x, self.columns) {
                let [right, down] =
                    [(column, x), (row, y)].map(|(at, centre)| (at as f32 + 0.5) * GRAIN - centre);
                if right.hypot(down) <= REACH
                    && let Some(cell) = self.cells.get_mut(row * self.columns + column)
                {
                    *cell = true;
                }
            }
        }
    }

    pub(super) fn covers(&self, place: [f32; 2]) -> bool {
        let [column, row] = place.map(|at| (at / GRAIN).max(0.0) as usize);
        let place = row.min(self.rows - 1) * self.columns + column.min(self.columns - 1);
        self.cells.get(place).copied().unwrap_or(false)
    }
}
