use opencv::core::Mat;
use opencv::prelude::*;

/// Heights of the band that is examined, as shares of the picture's height: the status bar at the top of a phone's
/// screen has 2.5 to 5 %, the navigation at its bottom 2 % or more.
const TOP: f64 = 0.022;
const BOTTOM: f64 = 0.018;
/// Height divided by width of phones' screens, and of half-folded ones.
const SHAPES: std::ops::RangeInclusive<f64> = 1.6..=2.4;
/// Maximum difference from the background's brightness.
const NEAR: u8 = 6;
/// Minimum difference of a sign from the background.
const FAR: u8 = 60;
/// Minimum share of the band that is background.
const BACKGROUND: f64 = 0.75;
/// Minimum share of signs in the left and in the right third of the top band: clock and battery.
const SIGNS: f64 = 0.004;

/// Whether the picture has the shape of a phone's screen with its bars: a background of one brightness, at the top with
/// signs on both sides.
pub(super) fn is_screenshot(grey: &Mat) -> opencv::Result<bool> {
    let (width, height) =
        (grey.cols().unsigned_abs() as usize, grey.rows().unsigned_abs() as usize);
    if !SHAPES.contains(&(height as f64 / width.max(1) as f64)) {
        return Ok(false);
    }
    let rows = |from: usize, to: usize| -> opencv::Result<Vec<&[u8]>> {
        (from..to).map(|row| grey.at_row::<u8>(row as i32)).collect()
    };
    let count = |share: f64| ((height as f64 * share) as usize).max(1);
    let top = Band::of(&rows(0, count(TOP))?);
    let bottom = Band::of(&rows(height - count(BOTTOM), height)?);
    Ok(top.background >= BACKGROUND
        && top.signs.iter().all(|share| *share >= SIGNS)
        && bottom.background >= BACKGROUND)
}

/// Shares of a band of rows.
struct Band {
    /// Pixels near the most frequent brightness.
    background: f64,
    /// Pixels far from it, in the left and in the right third.
    signs: [f64; 2],
}

impl Band {
    fn of(rows: &[&[u8]]) -> Self {
        let mut histogram = [0_usize; 256];
        for value in rows.iter().copied().flatten() {
            if let Some(count) = histogram.get_mut(usize::from(*value)) {
                *count += 1;
            }
        }
        let all = histogram.iter().sum::<usize>().max(1) as f64;
        let mode = (0..=u8::MAX).max_by_key(|value| histogram.get(usize::from(*value)).copied());
        let mode = mode.unwrap_or_default();
        let near = (mode.saturating_sub(NEAR)..=mode.saturating_add(NEAR))
            .filter_map(|value| histogram.get(usize::from(value)))
            .sum::<usize>();
        let signs = |part: fn(&[u8]) -> &[u8]| {
            let values = || rows.iter().flat_map(|row| part(row));
            let far = values().filter(|value| value.abs_diff(mode) >= FAR).count();
            far as f64 / values().count().max(1) as f64
        };
        Self {
            background: near as f64 / all,
            signs: [
                signs(|row| row.get(..row.len() / 3).unwrap_or_default()),
                signs(|row| row.get(row.len() - row.len() / 3..).unwrap_or_default()),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use opencv::core::{CV_8U, Rect, Scalar};
    use opencv::imgproc::{LINE_8, rectangle};

    use super::*;

    /// A photo with noise, on a screen with bars of this brightness and signs of another.
    fn screen(width: i32, height: i32, bar: f64, signs: &[i32]) -> Mat {
        let mut picture =
            Mat::new_rows_cols_with_default(height, width, CV_8U, Scalar::all(bar)).unwrap();
        for row in height / 10..height * 9 / 10 {
            for (column, value) in picture.at_row_mut::<u8>(row).unwrap().iter_mut().enumerate() {
                *value = ((column * 31 + row as usize * 17) % 200) as u8;
            }
        }
        for x in signs {
            let sign = Rect::new(*x, height / 100, width / 24, height / 100);
            rectangle(&mut picture, sign, Scalar::all(255.0 - bar), -1, LINE_8, 0).unwrap();
        }
        picture
    }

    #[test]
    fn bars_with_a_clock_and_a_battery_are_a_screenshot() {
        for bar in [0.0, 255.0] {
            assert!(is_screenshot(&screen(540, 1170, bar, &[30, 460])).unwrap(), "{bar}");
        }
    }

    #[test]
    fn other_shapes_and_bars_without_both_signs_are_not() {
        assert!(!is_screenshot(&screen(540, 700, 0.0, &[30, 460])).unwrap());
        assert!(!is_screenshot(&screen(1170, 540, 0.0, &[30, 1000])).unwrap());
        assert!(!is_screenshot(&screen(540, 1170, 0.0, &[])).unwrap(), "a frame");
        assert!(!is_screenshot(&screen(540, 1170, 0.0, &[460])).unwrap(), "a stamp");
    }

    #[test]
    fn a_photo_without_bars_is_not() {
        let mut photo = screen(540, 1170, 0.0, &[]);
        for row in 0..1170 {
            for (column, value) in photo.at_row_mut::<u8>(row).unwrap().iter_mut().enumerate() {
                *value = ((column * 31 + row as usize * 17) % 200) as u8;
            }
        }
        assert!(!is_screenshot(&photo).unwrap());
    }
}
