use opencv::core::{
    BORDER_REFLECT, CV_32F, DFT_COMPLEX_OUTPUT, Mat, Point, Rect, Size, Vec2f, dft,
    mean_std_dev_def,
};
use opencv::imgproc::blur;
use opencv::prelude::*;

/// Minimum prominence of a photo of a screen (docs/replay.md).
pub(super) const MIN_PROMINENCE: f32 = 5.5;
/// Side of a tile, in pixels, and number of tiles in a row and in a column.
const TILE: i32 = 256;
const TILES: i32 = 3;
/// Lowest frequency of a screen's grid in cycles per pixel; below it scenes have structure of their own.
const MIN_FREQUENCY: f32 = 0.08;
/// Number of frequencies beside an axis that are ignored: edges of buildings and blocks of the JPEG are there.
const AXIS: i32 = 3;
/// Side of the square of frequencies whose mean is the background.
const BACKGROUND: i32 = 21;
/// Minimum standard deviation of a tile with content.
const MIN_DEVIATION: f64 = 1.0;

/// Prominence of the strongest frequency of a regular grid: the logarithm of its power over that of its surroundings, as the
/// median of tiles all over the picture. It is 0 for a picture that is smaller than a tile.
///
/// A screen has a grid everywhere, and its frequency or that of its moiré is in every tile. Fabric, blinds and tiles of a
/// scene rarely fill the picture.
pub(super) fn prominence(grey: &Mat) -> opencv::Result<f32> {
    let window = window();
    let mut found = Vec::new();
    for top in places(grey.rows()) {
        for left in places(grey.cols()) {
            let tile = Mat::roi(grey, Rect::new(left, top, TILE, TILE))?.try_clone()?;
            found.push(of_tile(&tile, &window)?);
        }
    }
    found.sort_by(f32::total_cmp);
    Ok(found.get(found.len() / 2).copied().unwrap_or_default())
}

/// First pixels of the tiles along a side, spread evenly and not at its ends.
fn places(side: i32) -> impl Iterator<Item = i32> {
    let count = if side < TILE { 0 } else { TILES };
    (1..=count).map(move |nth| (side - TILE) * nth / (TILES + 1))
}

/// Hann's window.
fn window() -> Vec<f32> {
    let wave = |at: i32| std::f32::consts::TAU * at as f32 / (TILE - 1) as f32;
    (0..TILE).map(|at| 0.5 - 0.5 * wave(at).cos()).collect()
}

fn of_tile(tile: &Mat, window: &[f32]) -> opencv::Result<f32> {
    let (mut mean, mut deviation) = (Mat::default(), Mat::default());
    mean_std_dev_def(tile, &mut mean, &mut deviation)?;
    if *deviation.at::<f64>(0)? < MIN_DEVIATION {
        return Ok(0.0);
    }
    let mut values = Mat::default();
    tile.convert_to(&mut values, CV_32F, 1.0, -*mean.at::<f64>(0)?)?;
    for (row, weight) in (0..TILE).zip(window) {
        for (value, other) in values.at_row_mut::<f32>(row)?.iter_mut().zip(window) {
            *value *= weight * other;
        }
    }
    let mut spectrum = Mat::default();
    dft(&values, &mut spectrum, DFT_COMPLEX_OUTPUT, 0)?;
    let floor = 1e-3 * (TILE * TILE) as f32;
    let power = |Vec2f { 0: [real, imaginary], .. }: &Vec2f| {
        (real * real + imaginary * imaginary + floor).ln()
    };
    let power: Vec<f32> = spectrum.data_typed::<Vec2f>()?.iter().map(power).collect();
    let power = Mat::from_slice(&power)?;
    let power = power.reshape(1, TILE)?;
    let mut around = Mat::default();
    let size = Size::new(BACKGROUND, BACKGROUND);
    blur(&power, &mut around, size, Point::new(-1, -1), BORDER_REFLECT)?;
    let pairs = power.data_typed::<f32>()?.iter().zip(around.data_typed::<f32>()?);
    let counted = pairs.enumerate().filter(|(place, _)| is_counted(*place as i32));
    Ok(counted.map(|(_, (value, around))| value - around).fold(0.0, f32::max))
}

/// Whether a grid can have this frequency: neither low nor on an axis. Frequencies above a half are negative.
fn is_counted(place: i32) -> bool {
    let signed = |at: i32| if at > TILE / 2 { at - TILE } else { at };
    let (down, right) = (signed(place / TILE), signed(place % TILE));
    let frequency = (down as f32).hypot(right as f32) / TILE as f32;
    down.abs() > AXIS && right.abs() > AXIS && (MIN_FREQUENCY..0.5).contains(&frequency)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use opencv::core::{CV_8U, Scalar};

    use super::*;

    fn picture(side: i32, value: impl Fn(f32, f32) -> f32) -> Mat {
        let mut picture =
            Mat::new_rows_cols_with_default(side, side, CV_8U, Scalar::default()).unwrap();
        for row in 0..side {
            for (column, pixel) in picture.at_row_mut::<u8>(row).unwrap().iter_mut().enumerate() {
                *pixel = value(column as f32, row as f32).clamp(0.0, 255.0) as u8;
            }
        }
        picture
    }

    /// Uncorrelated noise from -1 to 1.
    fn noise(x: f32, y: f32) -> f32 {
        let state = (x as u32).wrapping_mul(73_856_093) ^ (y as u32).wrapping_mul(19_349_663);
        let state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223).wrapping_mul(69_069);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    }

    #[test]
    fn a_faint_grid_everywhere_is_prominent_and_noise_is_not() {
        let grid = |x: f32, y: f32| (1.3 * x + 0.4 * y).sin() * 6.0;
        let of = |strength: f32| {
            let value = |x, y| 120.0 + 12.0 * noise(x, y) + strength * grid(x, y);
            prominence(&picture(700, value)).unwrap()
        };
        assert!(of(1.0) > MIN_PROMINENCE, "{}", of(1.0));
        assert!(of(0.0) < MIN_PROMINENCE, "{}", of(0.0));
    }

    #[test]
    fn a_grid_in_a_part_of_the_picture_is_not_prominent() {
        let value = |x: f32, y: f32| {
            let grid = if x < 200.0 { (1.3 * x + 0.4 * y).sin() * 60.0 } else { 0.0 };
            120.0 + 12.0 * noise(x, y) + grid
        };
        assert!(prominence(&picture(700, value)).unwrap() < MIN_PROMINENCE);
    }

    #[test]
    fn lines_along_the_axes_and_small_and_blank_pictures_are_not() {
        let lines = picture(700, |x, _| 120.0 + (x * 1.5).sin() * 60.0);
        assert!(prominence(&lines).unwrap() < MIN_PROMINENCE);
        assert_eq!(prominence(&picture(255, |x, y| 9.0 * (x + y))).unwrap(), 0.0);
        assert_eq!(prominence(&picture(700, |_, _| 120.0)).unwrap(), 0.0);
    }
}
