/// The parts of a picture that are within [`REACH`] of a marked place.
#[derive(Debug)]
pub(super) struct Mask {
    columns: usize,
    rows: usize,
    cells: Vec<bool>,
}

/// How far around a point on graphics there are more graphics, in pixels.
const REACH: f32 = 16.0;
/// The side of a mask's cell, in pixels.
const GRAIN: f32 = 4.0;

impl Mask {
    pub(super) fn new(size: [f32; 2]) -> Self {
        let [columns, rows] = size.map(|side| (side / GRAIN) as usize + 1);
        Self { columns, rows, cells: vec![false; columns * rows] }
    }

    pub(super) fn mark(&mut self, [x, y]: [f32; 2]) {
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
