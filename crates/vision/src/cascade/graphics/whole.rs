//! Test of whether two pictures agree as a whole under a motion, as photos from a tripod do, or only where graphics
//! are.

use super::super::mask::Mask;
use super::super::picture::{Picture, correlation};
use super::motion::Motion;

/// A picture at half the working size, with its known graphics.
pub(super) struct Side<'a> {
    halved: Picture,
    graphics: &'a Mask,
}

impl<'a> Side<'a> {
    pub(super) fn new(picture: &Picture, graphics: &'a Mask) -> Self {
        Self { halved: picture.halved(), graphics }
    }

    /// Whether a place is on known graphics, in pixels of half the working size.
    fn is_graphics(&self, place: [f32; 2]) -> bool {
        self.graphics.covers(place.map(|at| 2.0 * at))
    }
}

/// Whether the pictures agree as a whole after the motion, apart from known graphics.
///
/// One direction is enough: the picture with less detail can hide part of the other's.
pub(super) fn agree_as_a_whole(motion: Motion, reference: &Side<'_>, photo: &Side<'_>) -> bool {
    let there = motion.halved();
    covers_alike(there, reference, photo) || covers_alike(there.reversed(), photo, reference)
}

/// Whether at least half of the first picture's cells with content correlate with the second, and no large connected
/// part differs. A picture in a frame or between the bars of an app is such a part.
fn covers_alike(motion: Motion, first: &Side<'_>, second: &Side<'_>) -> bool {
    let [columns, rows] = first.halved.size().map(|side| (side / CELL as f32) as usize);
    let cells: Vec<Cell> = (0..rows * columns)
        .map(|place| Cell::of(motion, first, second, [place % columns, place / columns]))
        .collect();
    let count = |kind: Cell| cells.iter().filter(|cell| **cell == kind).count();
    let (agree, differ) = (count(Cell::Agrees), count(Cell::Differs));
    let shown = agree + differ;
    2 * agree >= shown
        && shown > 0
        && (largest_part(&cells, columns) as f32) < LARGEST_PART * shown as f32
}

/// Content of a square part of the first picture under a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Without detail, outside the second picture, or on known graphics.
    Empty,
    Agrees,
    Differs,
}

impl Cell {
    /// Compares one cell with its place in the second picture, displaced by up to [`SLACK`] pixels.
    fn of(motion: Motion, first: &Side<'_>, second: &Side<'_>, [column, row]: [usize; 2]) -> Self {
        let corner = [(column * CELL) as f32, (row * CELL) as f32];
        let [centre, last] = [CELL / 2, CELL - 1].map(|aside| corner.map(|at| at + aside as f32));
        let is_outside = |place| !second.halved.contains(motion.map(place));
        if is_outside(corner)
            || is_outside(last)
            || first.is_graphics(centre)
            || second.is_graphics(motion.map(centre))
        {
            return Self::Empty;
        }
        let places = || {
            (0..CELL * CELL)
                .map(|place| [corner[0] + (place % CELL) as f32, corner[1] + (place / CELL) as f32])
        };
        let before: Vec<f32> = places().map(|place| first.halved.at(place)).collect();
        let after = |aside: [f32; 2]| -> Vec<f32> {
            let moved = places().map(|[x, y]| motion.map([x + aside[0], y + aside[1]]));
            moved.map(|place| second.halved.at(place)).collect()
        };
        if deviation(&before) < MIN_DEVIATION && deviation(&after([0.0, 0.0])) < MIN_DEVIATION {
            return Self::Empty;
        }
        let mut shifts =
            (-SLACK..=SLACK).flat_map(|y| (-SLACK..=SLACK).map(move |x| [x as f32, y as f32]));
        let agrees = shifts.any(|aside| correlation(&before, &after(aside), 1.0) > MIN_CORRELATION);
        if agrees { Self::Agrees } else { Self::Differs }
    }
}

/// Side of a cell, in pixels of half the working size.
const CELL: usize = 16;
/// Maximum displacement of a cell, in the same pixels: photos from a tripod do not move uniformly.
const SLACK: i32 = 2;
/// Standard deviation of the brightness below which a cell is empty.
const MIN_DEVIATION: f32 = 8.0;
/// Correlation above which a cell agrees.
const MIN_CORRELATION: f32 = 0.7;
/// Maximum share of the cells with content in one connected part that differs: an object that moved.
const LARGEST_PART: f32 = 0.2;

/// Number of cells in the largest connected part that differs.
fn largest_part(cells: &[Cell], columns: usize) -> usize {
    let mut open: Vec<bool> = cells.iter().map(|cell| *cell == Cell::Differs).collect();
    let mut largest = 0;
    for start in 0..open.len() {
        let mut todo = vec![start];
        let mut size = 0;
        while let Some(place) = todo.pop() {
            if !open.get_mut(place).is_some_and(std::mem::take) {
                continue;
            }
            size += 1;
            todo.extend([place.wrapping_sub(columns), place + columns]);
            todo.extend((place % columns > 0).then(|| place - 1));
            todo.extend((place % columns + 1 < columns).then_some(place + 1));
        }
        largest = largest.max(size);
    }
    largest
}

fn deviation(values: &[f32]) -> f32 {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_connected_along_sides() {
        let [x, o] = [Cell::Differs, Cell::Agrees];
        assert_eq!(largest_part(&[x, x, o, o, x, o, o, o, x], 3), 3);
        // The end of a row and the start of the next row are not connected.
        assert_eq!(largest_part(&[o, o, x, x, o, o], 3), 1);
        assert_eq!(largest_part(&[], 0), 0);
    }
}
