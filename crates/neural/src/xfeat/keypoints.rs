use super::map::Map;
use crate::features::{DESCRIPTOR, Features};
use crate::vector::exponentiate;

/// Pixels on a side of a cell of the maps.
pub(super) const CELL: usize = 8;
/// Logits of a cell: one for each of its pixels, row by row, and one for "no keypoint".
const LOGITS: usize = CELL * CELL + 1;
/// Least probability of a keypoint.
const MIN_PROBABILITY: f32 = 0.05;
/// Pixels on each side among which a keypoint must be the most probable.
const REACH: usize = 2;
/// Parameter `a` of the cubic convolution, as in PyTorch, which trained the network.
const CUBIC: f32 = -0.75;

/// Output of the network, a cell for 8x8 pixels.
#[derive(Debug)]
pub(super) struct Maps {
    /// Descriptors, not normalised: 64 channels.
    pub(super) features: Map,
    /// Logits of the keypoints: 65 channels.
    pub(super) keypoints: Map,
    /// How well a cell can be matched, 0 to 1: one channel.
    pub(super) reliability: Map,
}

/// The `count` points with the highest scores, in pixels of the image. The maps have the same number of cells.
pub(super) fn keypoints(maps: &Maps, count: usize) -> Features {
    let (width, height) = (maps.keypoints.columns * CELL, maps.keypoints.rows * CELL);
    let probabilities = probabilities(&maps.keypoints);
    let mut points = peaks(&probabilities, width);
    for point in &mut points {
        point.score *= bilinear(&maps.reliability, point);
    }
    points.retain(|point| point.score > 0.0);
    points.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.y, a.x).cmp(&(b.y, b.x))));
    points.truncate(count);
    Features {
        width: width as u32,
        height: height as u32,
        descriptors: descriptors(&maps.features, &points),
        points: points.iter().map(|point| [point.x as f32, point.y as f32]).collect(),
        scores: points.iter().map(|point| point.score).collect(),
    }
}

struct Point {
    x: usize,
    y: usize,
    score: f32,
}

/// Probability of a keypoint at each pixel, row by row: the softmax of its cell's logits.
fn probabilities(logits: &Map) -> Vec<f32> {
    let mut pixels = vec![0.0; logits.rows * logits.columns * CELL * CELL];
    let strips = pixels.chunks_exact_mut((logits.columns * CELL * CELL).max(1));
    for (strip, line) in strips.zip(logits.lines()) {
        for (column, cell) in line.as_chunks::<LOGITS>().0.iter().enumerate() {
            let mut values = *cell;
            let sum = exponentiate(&mut values);
            // The last logit, "no keypoint", has no pixel.
            let lines = strip.chunks_exact_mut(logits.columns * CELL);
            for (line, values) in lines.zip(values.as_chunks::<CELL>().0) {
                let pixels = line.iter_mut().skip(column * CELL);
                for (pixel, value) in pixels.zip(values) {
                    *pixel = value / sum;
                }
            }
        }
    }
    pixels
}

/// Pixels that are probable and at least as probable as all pixels within [`REACH`].
fn peaks(probabilities: &[f32], width: usize) -> Vec<Point> {
    let line = |y: usize| probabilities.chunks_exact(width.max(1)).nth(y);
    let mut points = Vec::new();
    for (y, values) in probabilities.chunks_exact(width.max(1)).enumerate() {
        for (x, value) in values.iter().enumerate() {
            // Few pixels are probable; only those are compared with their neighbours.
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

/// Place of a pixel among `cells` cells: a cell and the fraction of the way to the next one.
///
/// XFeat's own code maps the first pixel to the outer edge of the first cell and the last pixel to that of the
/// last cell, which is slightly off. The published results include this, so it is kept.
fn cell_of(pixel: usize, cells: usize) -> (isize, f32) {
    let place = pixel as f32 / (cells * CELL - 1) as f32 * cells as f32 - 0.5;
    (place.floor() as isize, place - place.floor())
}

/// Reliability at a point; 0 outside the map.
fn bilinear(reliability: &Map, point: &Point) -> f32 {
    let ((column, right), (row, down)) =
        (cell_of(point.x, reliability.columns), cell_of(point.y, reliability.rows));
    let mut value = 0.0;
    for (row, down) in [(row, 1.0 - down), (row + 1, down)] {
        for (column, right) in [(column, 1.0 - right), (column + 1, right)] {
            let cell = reliability.cell(row, column).and_then(|cell| cell.first());
            value += cell.map_or(0.0, |cell| cell * down * right);
        }
    }
    value
}

/// Descriptors of length 1 at the points, interpolated between the normalised descriptors of 4x4 cells.
fn descriptors(features: &Map, points: &[Point]) -> Vec<[f32; DESCRIPTOR]> {
    let mut features = features.clone();
    for line in features.lines_mut() {
        for cell in line.as_chunks_mut::<DESCRIPTOR>().0 {
            *cell = unit(*cell);
        }
    }
    let descriptor = |point: &Point| {
        let ((column, right), (row, down)) =
            (cell_of(point.x, features.columns), cell_of(point.y, features.rows));
        let mut descriptor = [0.0; DESCRIPTOR];
        for (row, down) in (row - 1..).zip(cubic(down)) {
            for (column, right) in (column - 1..).zip(cubic(right)) {
                let Some(cell) = features.cell(row, column) else { continue };
                for (value, cell) in descriptor.iter_mut().zip(cell) {
                    *value += cell * (down * right);
                }
            }
        }
        unit(descriptor)
    };
    points.iter().map(descriptor).collect()
}

/// Weights of the four cells around a place that is this fraction of the way from the second to the third:
/// Keys, Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 1981.
fn cubic(share: f32) -> [f32; 4] {
    let near = |t: f32| ((CUBIC + 2.0) * t - (CUBIC + 3.0)) * t * t + 1.0;
    let far = |t: f32| ((CUBIC * t - 5.0 * CUBIC) * t + 8.0 * CUBIC) * t - 4.0 * CUBIC;
    [far(1.0 + share), near(share), near(1.0 - share), far(2.0 - share)]
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

    /// A map whose values are `value(row, column, channel)`.
    fn map(channels: usize, value: impl Fn(usize, usize, usize) -> f32) -> Map {
        let mut map = Map::new(ROWS, COLUMNS, channels);
        for (row, line) in map.lines_mut().enumerate() {
            for (column, cell) in line.chunks_exact_mut(channels).enumerate() {
                for (channel, place) in cell.iter_mut().enumerate() {
                    *place = value(row, column, channel);
                }
            }
        }
        map
    }

    /// Logits that favour "no keypoint" except at these pixels.
    fn logits(points: &[(usize, usize, f32)]) -> Map {
        map(LOGITS, |row, column, channel| {
            let is_here = |(x, y, _): &&(usize, usize, f32)| {
                (y / CELL, x / CELL, y % CELL * CELL + x % CELL) == (row, column, channel)
            };
            let nothing = if channel == LOGITS - 1 { 10.0 } else { 0.0 };
            points.iter().find(is_here).map_or(nothing, |(.., logit)| *logit)
        })
    }

    #[test]
    fn most_probable_pixels_of_their_surroundings_by_probability_and_reliability() {
        // The third is next to the second, over the border of their cells, and less probable.
        let keypoints_map =
            logits(&[(12, 13, 12.0), (23, 20, 11.0), (24, 21, 10.5), (33, 5, 7.0), (3, 20, 11.0)]);
        let maps = Maps {
            features: map(DESCRIPTOR, |row, column, channel| {
                ((row * COLUMNS + column + CELLS * channel) % 7) as f32 - 2.0
            }),
            keypoints: keypoints_map,
            // The right half is more reliable.
            reliability: map(1, |_, column, _| if column < 2 { 0.5 } else { 1.0 }),
        };
        assert_eq!(keypoints(&maps, 9).points.len(), 3);
        let found = keypoints(&maps, 2);
        assert_eq!(found.points, [[23.0, 20.0], [12.0, 13.0]]);
        let probability = 11f32.exp() / (11f32.exp() + 10f32.exp() + 63.0);
        assert!((found.scores[0] - probability).abs() < 1e-3);
        for descriptor in found.descriptors {
            let square: f32 = descriptor.iter().map(|entry| entry * entry).sum();
            assert!((square - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn cubic_weights() {
        assert_eq!(cubic(0.0), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(cubic(0.5), [-0.09375, 0.59375, 0.59375, -0.09375]);
    }
}
