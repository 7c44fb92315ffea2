use opencv::core::Mat;
use opencv::prelude::*;

/// Grey values, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Plane {
    /// Copies 8-bit pixels with one channel.
    ///
    /// # Errors
    /// If OpenCV fails, or the pixels have another type.
    pub(super) fn of(grey: &Mat) -> opencv::Result<Self> {
        let continuous = grey.try_clone()?;
        let values = continuous.data_typed::<u8>()?.iter().map(|value| f32::from(*value));
        Ok(Self {
            width: grey.cols().unsigned_abs() as usize,
            height: grey.rows().unsigned_abs() as usize,
            values: values.collect(),
        })
    }

    pub(super) fn from_fn(
        width: usize,
        height: usize,
        value: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let places = (0..width * height).map(|place| (place % width, place / width));
        Self { width, height, values: places.map(|(x, y)| value(x, y)).collect() }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = &[f32]> + ExactSizeIterator {
        self.values.chunks_exact(self.width.max(1))
    }

    /// The value at a column and a row; outside the plane, the nearest.
    pub(super) fn pixel(&self, x: usize, y: usize) -> f32 {
        let (x, y) = (x.min(self.width.saturating_sub(1)), y.min(self.height.saturating_sub(1)));
        self.values.get(y * self.width + x).copied().unwrap_or_default()
    }

    /// A rectangle of the plane.
    pub(super) fn cut(&self, left: usize, top: usize, width: usize, height: usize) -> Self {
        Self::from_fn(width, height, |x, y| self.pixel(left + x, top + y))
    }

    pub(super) fn transposed(&self) -> Self {
        Self::from_fn(self.height, self.width, |x, y| self.pixel(y, x))
    }

    /// Means over windows of `across` columns and `down` rows; at the edges, of what is left of them.
    pub(super) fn boxed(&self, across: usize, down: usize) -> Self {
        let mut values = self.values.clone();
        for row in values.chunks_exact_mut(self.width.max(1)) {
            let source = row.to_vec();
            let windows = windows(source.len(), across);
            let mut sum = 0.0;
            let (mut start, mut end) = (0, 0);
            for (value, (from, to)) in row.iter_mut().zip(windows) {
                sum += source.get(end..to).unwrap_or_default().iter().sum::<f32>();
                sum -= source.get(start..from).unwrap_or_default().iter().sum::<f32>();
                (start, end) = (from, to);
                *value = sum / (to - from) as f32;
            }
        }
        let source = values.clone();
        let row = |y: usize| source.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        let mut sums = vec![0.0; self.width];
        let (mut start, mut end) = (0, 0);
        let rows = values.chunks_exact_mut(self.width.max(1));
        for (values, (from, to)) in rows.zip(windows(self.height, down)) {
            for y in end..to {
                sums.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum += value);
            }
            for y in start..from {
                sums.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum -= value);
            }
            (start, end) = (from, to);
            let count = (to - from) as f32;
            values.iter_mut().zip(&sums).for_each(|(value, sum)| *value = sum / count);
        }
        Self { values, ..*self }
    }

    /// What differs from the mean of the surroundings.
    pub(super) fn detail(&self, window: usize) -> Self {
        let mut detail = self.boxed(window, window);
        for (mean, value) in detail.values.iter_mut().zip(&self.values) {
            *mean = value - *mean;
        }
        detail
    }

    /// The value at a place between pixels, by bicubic interpolation (Keys 1981, a = -0.5).
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (x.floor(), y.floor());
        let (across, down) = (weights(x - column), weights(y - row));
        let near = |at: f32, offset: usize| (at as isize + offset as isize - 1).max(0) as usize;
        let mut sum = 0.0;
        for (j, weight) in down.into_iter().enumerate() {
            let y = near(row, j);
            let line: f32 =
                across.iter().enumerate().map(|(i, w)| w * self.pixel(near(column, i), y)).sum();
            sum += weight * line;
        }
        sum
    }
}

fn weights(share: f32) -> [f32; 4] {
    let t = share;
    let (squared, cubed) = (t * t, t * t * t);
    [
        -0.5 * t + squared - 0.5 * cubed,
        1.0 - 2.5 * squared + 1.5 * cubed,
        0.5 * t + 2.0 * squared - 1.5 * cubed,
        -0.5 * squared + 0.5 * cubed,
    ]
}

/// Start and end of the window around each place of a side, as in PDQ's reference implementation: a window of even length
/// has one place more after the centre than before it.
fn windows(side: usize, length: usize) -> impl Iterator<Item = (usize, usize)> {
    let length = length.clamp(1, side.max(1));
    let after = (length + 2) / 2;
    let before = length - after;
    (0..side).map(move |place| (place.saturating_sub(before), (place + after).min(side)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_filter_gives_means_of_what_is_inside() {
        let plane = Plane::from_fn(7, 5, |x, y| (x * x + 3 * y) as f32);
        let boxed = plane.boxed(3, 2);
        for (x, y) in (0..7_usize).flat_map(|x| (0..5).map(move |y| (x, y))) {
            let columns = x.saturating_sub(1)..(x + 2).min(7);
            let rows = y..(y + 2).min(5);
            let count = (columns.len() * rows.len()) as f32;
            let inside = columns.flat_map(|x| rows.clone().map(move |y| (x, y)));
            let sum: f32 = inside.map(|(x, y)| plane.pixel(x, y)).sum();
            assert!((boxed.pixel(x, y) - sum / count).abs() < 1e-4, "{x}, {y}");
        }
    }

    #[test]
    fn values_between_pixels_follow_a_slope() {
        let plane = Plane::from_fn(9, 9, |x, y| (2 * x + y) as f32);
        for (x, y) in [(3.0, 4.0), (3.5, 4.25), (2.75, 5.5)] {
            assert!((plane.at(x, y) - (2.0 * x + y)).abs() < 1e-4);
        }
        assert!(plane.at(-3.0, 40.0).is_finite());
    }
}
