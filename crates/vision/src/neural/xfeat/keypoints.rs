use multiversion::multiversion;
use ndarray::{Array2, ArrayView2};

use crate::neural::features::DESCRIPTOR;
use crate::neural::vector::exp;

/// Pixels of a side of the cells that the maps have a value for.
pub(super) const CELL: usize = 8;
/// Logits of a cell: its pixels, row by row, and no keypoint.
const LOGITS: usize = CELL * CELL + 1;
/// How probable a keypoint has to be.
const MIN_PROBABILITY: f32 = 0.05;
/// Pixels on each side that a keypoint has to be at least as probable as.
const REACH: usize = 2;
/// The free number of the cubic convolution, as in PyTorch, which the network was trained with.
const CUBIC: f32 = -0.75;

/// The network's outputs for a photo, channel by channel and each row by row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maps<'a> {
    /// Descriptors of the cells, of any length, [64, rows, columns].
    pub(super) features: &'a [f32],
    /// Logits of the keypoints, [65, rows, columns].
    pub(super) keypoints: &'a [f32],
    /// How well a cell can be matched, from 0 to 1, [rows, columns].
    pub(super) reliability: &'a [f32],
    /// Number of cells above each other.
    pub(super) rows: usize,
    /// Number of cells beside each other.
    pub(super) columns: usize,
}

/// Points of a photo, best first.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::neural) struct Keypoints {
    /// Column and row in pixels of the network's image.
    pub(in crate::neural) points: Vec<[f32; 2]>,
    /// Probability times reliability, above 0 and at most 1.
    pub(in crate::neural) scores: Vec<f32>,
    /// Of length 1, [points, 64].
    pub(in crate::neural) descriptors: Array2<f32>,
}

/// The `count` best points. Maps whose lengths do not agree have none.
pub(super) fn keypoints(maps: &Maps<'_>, count: usize) -> Keypoints {
    let probabilities = probabilities(maps);
    let mut points = peaks(&probabilities, maps.columns * CELL);
    for point in &mut points {
        point.score *= bilinear(maps, point);
    }
    points.retain(|point| point.score > 0.0);
    points.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.y, a.x).cmp(&(b.y, b.x))));
    points.truncate(count);
    let descriptors = descriptors(maps, &points);
    Keypoints {
        descriptors: Array2::from_shape_vec((points.len(), DESCRIPTOR), descriptors)
            .unwrap_or_default(),
        points: points.iter().map(|point| [point.x as f32, point.y as f32]).collect(),
        scores: points.iter().map(|point| point.score).collect(),
    }
}

struct Point {
    x: usize,
    y: usize,
    score: f32,
}

/// Probability of a keypoint for each pixel, row by row: the softmax of its cell's logits.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn probabilities(maps: &Maps<'_>) -> Vec<f32> {
    let Maps { keypoints, rows, columns, .. } = *maps;
    let cells = rows * columns;
    let mut pixels = vec![0.0; cells * CELL * CELL];
    if cells == 0 || keypoints.len() != cells * LOGITS {
        return pixels;
    }
    let mut maxima = vec![f32::NEG_INFINITY; columns];
    let mut sums = vec![0.0; columns];
    let mut exponentials = vec![0.0; columns];
    for (row, strip) in pixels.chunks_exact_mut(columns * CELL * CELL).enumerate() {
        let logits = || keypoints.chunks_exact(columns).skip(row).step_by(rows);
        maxima.fill(f32::NEG_INFINITY);
        for logits in logits() {
            for (max, logit) in maxima.iter_mut().zip(logits) {
                *max = if *logit > *max { *logit } else { *max };
            }
        }
        sums.fill(0.0);
        for (index, logits) in logits().enumerate() {
            for ((value, logit), max) in exponentials.iter_mut().zip(logits).zip(&maxima) {
                *value = exp(logit - max);
            }
            for (sum, value) in sums.iter_mut().zip(&exponentials) {
                *sum += value;
            }
            // The last logit is that of no keypoint, which has no pixel.
            let (y, x) = (index / CELL, index % CELL);
            if let Some(line) = strip.chunks_exact_mut(columns * CELL).nth(y) {
                for (pixel, value) in line.iter_mut().skip(x).step_by(CELL).zip(&exponentials) {
                    *pixel = *value;
                }
            }
        }
        for line in strip.chunks_exact_mut(columns * CELL) {
            for (cell, sum) in line.as_chunks_mut::<CELL>().0.iter_mut().zip(&sums) {
                for pixel in cell {
                    *pixel /= sum;
                }
            }
        }
    }
    pixels
}

/// Pixels that are probable and at least as probable as all around them.
fn peaks(probabilities: &[f32], width: usize) -> Vec<Point> {
    let line = |y: usize| probabilities.chunks_exact(width.max(1)).nth(y);
    let mut points = Vec::new();
    for (y, values) in probabilities.chunks_exact(width.max(1)).enumerate() {
        for (x, value) in values.iter().enumerate() {
            // Few pixels are probable, so only those look around.
            if *value <= MIN_PROBABILITY {
                continue;
            }
            let (left, right) = (x.saturating_sub(REACH), (x + REACH + 1).min(width));
            let is_peak = (y.saturating_sub(REACH)..=y + REACH)
                .filter_map(line)
                .filter_map(|line| line.get(left..right))
                .flatten()
                .all(|other| other <= value);
            if is_peak {
                points.push(Point { x, y, score: *value });
            }
        }
    }
    points
}

/// Where a pixel lies among `cells` cells, as a cell and the share of the way to the next one.
///
/// XFeat maps the first pixel to the outer edge of the first cell and the last to that of the last,
/// which is not quite where they are; the network's users have all done so since.
fn cell_of(pixel: usize, cells: usize) -> (isize, f32) {
    let place = pixel as f32 / (cells * CELL - 1) as f32 * cells as f32 - 0.5;
    (place.floor() as isize, place - place.floor())
}

/// The reliability at a point; there is none outside the map.
fn bilinear(maps: &Maps<'_>, point: &Point) -> f32 {
    let ((column, right), (row, down)) =
        (cell_of(point.x, maps.columns), cell_of(point.y, maps.rows));
    let mut value = 0.0;
    for (row, down) in [(row, 1.0 - down), (row + 1, down)] {
        for (column, right) in [(column, 1.0 - right), (column + 1, right)] {
            let cell = cell(maps, row, column).and_then(|cell| maps.reliability.get(cell));
            value += cell.map_or(0.0, |cell| cell * down * right);
        }
    }
    value
}

fn cell(maps: &Maps<'_>, row: isize, column: isize) -> Option<usize> {
    let row = usize::try_from(row).ok().filter(|row| *row < maps.rows)?;
    let column = usize::try_from(column).ok().filter(|column| *column < maps.columns)?;
    Some(row * maps.columns + column)
}

/// Descriptors at the points, one after another, interpolated between those of 4x4 cells.
fn descriptors(maps: &Maps<'_>, points: &[Point]) -> Vec<f32> {
    let cells = cell_descriptors(maps);
    let mut descriptors = Vec::with_capacity(points.len() * DESCRIPTOR);
    for point in points {
        let ((column, right), (row, down)) =
            (cell_of(point.x, maps.columns), cell_of(point.y, maps.rows));
        let mut descriptor = [0.0; DESCRIPTOR];
        for (row, down) in (row - 1..).zip(cubic(down)) {
            for (column, right) in (column - 1..).zip(cubic(right)) {
                let Some(cell) = cell(maps, row, column).and_then(|cell| cells.get(cell)) else {
                    continue;
                };
                for (value, cell) in descriptor.iter_mut().zip(cell) {
                    *value += cell * (down * right);
                }
            }
        }
        descriptors.extend(unit(descriptor));
    }
    descriptors
}

/// Weights of the four cells around a place that is this share of the way from the second to the
/// third: cubic convolution, Keys 1981.
fn cubic(share: f32) -> [f32; 4] {
    let near = |t: f32| ((CUBIC + 2.0) * t - (CUBIC + 3.0)) * t * t + 1.0;
    let far = |t: f32| ((CUBIC * t - 5.0 * CUBIC) * t + 8.0 * CUBIC) * t - 4.0 * CUBIC;
    [far(1.0 + share), near(share), near(1.0 - share), far(2.0 - share)]
}

/// The cells' descriptors, scaled to length 1 and cell by cell.
fn cell_descriptors(maps: &Maps<'_>) -> Vec<[f32; DESCRIPTOR]> {
    let cells = maps.rows * maps.columns;
    let Ok(features) = ArrayView2::from_shape((DESCRIPTOR, cells), maps.features) else {
        return Vec::new();
    };
    let mut descriptors = vec![[0.0; DESCRIPTOR]; cells];
    // Blocks of cells, so that what is written stays in the cache.
    for (block, start) in descriptors.chunks_mut(64).zip((0..).step_by(64)) {
        for (channel, values) in features.rows().into_iter().enumerate() {
            for (descriptor, value) in block.iter_mut().zip(values.iter().skip(start)) {
                if let Some(slot) = descriptor.get_mut(channel) {
                    *slot = *value;
                }
            }
        }
        for descriptor in block {
            *descriptor = unit(*descriptor);
        }
    }
    descriptors
}

fn unit(mut descriptor: [f32; DESCRIPTOR]) -> [f32; DESCRIPTOR] {
    let length = descriptor.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
    for value in &mut descriptor {
        *value /= length;
    }
    descriptor
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests fail by panicking")]

    use super::*;

    const ROWS: usize = 4;
    const COLUMNS: usize = 5;
    const CELLS: usize = ROWS * COLUMNS;

    /// Logits that say "no keypoint", but for these pixels.
    fn logits(points: &[(usize, usize, f32)]) -> Vec<f32> {
        let mut logits = vec![0.0; LOGITS * CELLS];
        logits[(LOGITS - 1) * CELLS..].fill(10.0);
        for (x, y, logit) in points {
            let channel = y % CELL * CELL + x % CELL;
            logits[channel * CELLS + y / CELL * COLUMNS + x / CELL] = *logit;
        }
        logits
    }

    #[test]
    fn most_probable_pixels_of_their_surroundings_by_probability_and_reliability() {
        // The third is next to the second, over the border of their cells, and less probable.
        let logits =
            logits(&[(12, 13, 12.0), (23, 20, 11.0), (24, 21, 10.5), (33, 5, 7.0), (3, 20, 11.0)]);
        let features: Vec<f32> =
            (0..DESCRIPTOR * CELLS).map(|index| (index % 7) as f32 - 2.0).collect();
        let mut reliability = vec![0.5; CELLS];
        // The right half is more reliable.
        for row in reliability.chunks_exact_mut(COLUMNS) {
            row[2..].fill(1.0);
        }
        let maps = Maps {
            features: &features,
            keypoints: &logits,
            reliability: &reliability,
            rows: ROWS,
            columns: COLUMNS,
        };
        assert_eq!(keypoints(&maps, 9).points.len(), 3);
        let found = keypoints(&maps, 2);
        assert_eq!(found.points, [[23.0, 20.0], [12.0, 13.0]]);
        let probability = 11f32.exp() / (11f32.exp() + 10f32.exp() + 63.0);
        assert!((found.scores[0] - probability).abs() < 1e-3);
        for descriptor in found.descriptors.rows() {
            assert!((descriptor.dot(&descriptor) - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn cubic_weights() {
        assert_eq!(cubic(0.0), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(cubic(0.5), [-0.09375, 0.59375, 0.59375, -0.09375]);
    }

    #[test]
    fn maps_whose_lengths_do_not_agree_have_no_points() {
        let maps =
            Maps { features: &[], keypoints: &[0.0; 65], reliability: &[], rows: 2, columns: 2 };
        assert_eq!(keypoints(&maps, 10).points, [] as [[f32; 2]; 0]);
    }
}
