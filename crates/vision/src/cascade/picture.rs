use opencv::core::{Mat, Vector};
use opencv::imgcodecs::{IMREAD_GRAYSCALE, IMWRITE_JPEG_QUALITY, imdecode, imencode};
use opencv::prelude::*;

/// Upright grey pixels of a photo at working size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// Columns, at least 1.
    width: usize,
    /// Rows, at least 1.
    height: usize,
    /// Brightness, row by row.
    pixels: Vec<u8>,
}

impl Picture {
    /// Copies 8-bit pixels with one channel.
    ///
    /// # Errors
    /// If OpenCV fails, or the pixels have another type.
    pub(super) fn of(grey: &Mat) -> opencv::Result<Self> {
        let continuous = grey.try_clone()?;
        Ok(Self {
            width: grey.cols().unsigned_abs() as usize,
            height: grey.rows().unsigned_abs() as usize,
            pixels: continuous.data_typed::<u8>()?.to_vec(),
        })
    }

    /// A picture of `width` columns and `height` rows with the brightness of each column and row.
    #[cfg(test)]
    pub(super) fn from_fn(
        width: usize,
        height: usize,
        brightness: impl Fn(usize, usize) -> u8,
    ) -> Self {
        let places = (0..width * height).map(|place| (place % width, place / width));
        Self { width, height, pixels: places.map(|(x, y)| brightness(x, y)).collect() }
    }

    /// Columns and rows, in pixels.
    pub(super) fn size(&self) -> [f32; 2] {
        [self.width as f32, self.height as f32]
    }

    /// Encodes a grey JPEG, 20 to 80 KB at 640 pixels.
    ///
    /// # Errors
    /// If OpenCV fails.
    pub(super) fn to_jpeg(&self) -> opencv::Result<Vec<u8>> {
        let rows = i32::try_from(self.height).unwrap_or(i32::MAX);
        let pixels = Mat::from_slice(&self.pixels)?;
        let mut file = Vector::new();
        let quality = Vector::from_slice(&[IMWRITE_JPEG_QUALITY, JPEG_QUALITY]);
        imencode(".jpg", &pixels.reshape(1, rows)?, &mut file, &quality)?;
        Ok(file.to_vec())
    }

    /// Decodes the output of [`to_jpeg`](Self::to_jpeg). `None` for other bytes, and for a picture with a side above
    /// [`MAX_SIDE`].
    pub(super) fn from_jpeg(bytes: &[u8]) -> Option<Self> {
        let [width, height] = jpeg_size(bytes)?;
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return None;
        }
        let file = Mat::from_slice(bytes).ok()?;
        let picture = Self::of(&imdecode(&file, IMREAD_GRAYSCALE).ok()?).ok()?;
        (picture.width == width && picture.height == height).then_some(picture)
    }

    /// Halves the picture: each pixel is the mean of 2 by 2.
    pub(super) fn halved(&self) -> Self {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mean = |column: usize, row: usize| {
            let corners = [(0, 0), (1, 0), (0, 1), (1, 1)];
            let sum: u32 = corners
                .map(|(x, y)| u32::from(self.pixel(2 * column + x, 2 * row + y)))
                .iter()
                .sum();
            (sum / 4) as u8
        };
        let pixels = (0..height).flat_map(|row| (0..width).map(move |column| mean(column, row)));
        Self { width, height, pixels: pixels.collect() }
    }

    /// Brightness at a column and a row; outside the picture, that of the nearest pixel.
    fn pixel(&self, column: usize, row: usize) -> u8 {
        let place = row.min(self.height - 1) * self.width + column.min(self.width - 1);
        self.pixels.get(place).copied().unwrap_or_default()
    }

    pub(super) fn contains(&self, [x, y]: [f32; 2]) -> bool {
        let inside = |at: f32, side: usize| at >= 0.0 && at <= (side - 1) as f32;
        inside(x, self.width) && inside(y, self.height)
    }

    /// Brightness at a place between pixels, by bilinear interpolation; outside the picture, that of the edge.
    pub(super) fn at(&self, [x, y]: [f32; 2]) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (column, row) = (x as usize, y as usize);
        let (right, down) = (x - column as f32, y - row as f32);
        let start = row * self.width + column;
        let below = if row + 1 < self.height { start + self.width } else { start };
        let pair = |place: usize| -> [f32; 2] {
            match self.pixels.get(place..place + 2) {
                Some(&[left, next]) => [f32::from(left), f32::from(next)],
                _ => [f32::from(self.pixels.get(place).copied().unwrap_or_default()); 2],
            }
        };
        let between = |[a, b]: [f32; 2], share: f32| a + (b - a) * share;
        between([between(pair(start), right), between(pair(below), right)], down)
    }
}

/// Quality at which patches of the stored picture correlate as those of the photo do.
const JPEG_QUALITY: i32 = 85;
/// Maximum side of a stored picture, in pixels.
const MAX_SIDE: usize = 2047;

/// Columns and rows from the header of a baseline JPEG, without decoding it.
pub(super) fn jpeg_size(bytes: &[u8]) -> Option<[usize; 2]> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (&[0xff, kind, high, low], _) = rest.split_first_chunk::<4>()? else { return None };
        let segment = rest.get(4..)?;
        if kind == 0xc0 {
            let [_, height_high, height_low, width_high, width_low] =
                *segment.first_chunk::<5>()?;
            let size = [[width_high, width_low], [height_high, height_low]];
            return Some(size.map(|side| usize::from(u16::from_be_bytes(side))));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        rest = rest.get(2 + length..)?;
    }
}

/// Normalised cross-correlation of two samples of equal length, -1 to 1. It is 0 if one of them has a standard
/// deviation below `min_deviation`.
pub(super) fn correlation(a: &[f32], b: &[f32], min_deviation: f32) -> f32 {
    let count = a.len().min(b.len()).max(1) as f32;
    let mean = |values: &[f32]| values.iter().sum::<f32>() / count;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    let least = min_deviation * min_deviation * count;
    if aa < least || bb < least { 0.0 } else { ab / (aa * bb).sqrt() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// A picture whose brightness rises by 2 per column and 1 per row.
    fn slope(width: usize, height: usize) -> Picture {
        Picture::from_fn(width, height, |x, y| (2 * x + y) as u8)
    }

    #[test]
    fn brightness_between_pixels_is_interpolated() {
        let picture = slope(8, 6);
        for (x, y) in [(0.0, 0.0), (3.5, 2.25), (7.0, 5.0), (6.5, 4.75)] {
            assert!((picture.at([x, y]) - (2.0 * x + y)).abs() < 1e-4, "{x}, {y}");
        }
        // Outside, the edge continues.
        assert_eq!(picture.at([-3.0, 99.0]), 5.0);
        assert!(picture.contains([7.0, 5.0]) && !picture.contains([7.1, 5.0]));
    }

    #[test]
    fn a_picture_survives_its_jpeg_nearly_unchanged() {
        for (width, height) in [(64, 48), (33, 65), (1, 1)] {
            let picture = slope(width, height);
            let read = Picture::from_jpeg(&picture.to_jpeg().unwrap()).unwrap();
            assert_eq!(read.size(), picture.size());
            let differs = read.pixels.iter().zip(&picture.pixels).any(|(a, b)| a.abs_diff(*b) > 6);
            assert!(!differs, "{width}x{height}");
        }
    }

    #[test]
    fn other_bytes_and_huge_pictures_are_rejected_before_decoding() {
        assert_eq!(Picture::from_jpeg(b""), None);
        assert_eq!(Picture::from_jpeg(b"no picture"), None);
        let mut bytes = slope(64, 48).to_jpeg().unwrap();
        assert!(Picture::from_jpeg(bytes.split_at(40).0).is_none());
        let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
        assert_eq!(Picture::from_jpeg(&bytes), None);
    }

    #[test]
    fn half_the_size_has_the_mean_of_four_pixels() {
        let half = slope(8, 6).halved();
        assert_eq!((half.width, half.height), (4, 3));
        assert_eq!(half.at([1.0, 1.0]), 7.0);
        assert_eq!(slope(1, 1).halved().size(), [1.0, 1.0]);
    }

    #[test]
    fn correlation_ignores_brightness_and_contrast() {
        let a = [1.0, 5.0, 2.0, 8.0];
        let brighter = a.map(|value| 3.0 * value + 40.0);
        assert!((correlation(&a, &brighter, 0.1) - 1.0).abs() < 1e-6);
        assert!((correlation(&a, &a.map(|value| -value), 0.1) + 1.0).abs() < 1e-6);
        assert_eq!(correlation(&a, &[3.0; 4], 0.1), 0.0);
        assert_eq!(correlation(&[], &[], 0.1), 0.0);
    }
}
