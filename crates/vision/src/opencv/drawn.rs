//! Feature points on graphics that a program drew over a photo: time stamps, stickers, frames, bars of apps.
//!
//! A drawn shape is filled with one exact level of brightness, and other parts of the graphics have the same level. A
//! photographed surface has noise, and its level changes with the light from place to place.

use opencv::core::{
    BORDER_CONSTANT, Mat, Rect, Scalar, Size, bitwise_and, copy_make_border, lut, no_array,
    subtract,
};
use opencv::imgproc::{
    INTER_AREA, THRESH_BINARY_INV, blur_def, dilate_def, erode_def, resize, threshold,
};
use opencv::prelude::*;

use super::pixels::Fit;

/// The size to examine photos at: shrinking mixes thin strokes with their surroundings, and a larger size costs more.
pub(crate) const DRAWN_FIT: Fit = Fit::Between { least: 1280, most: 1600 };

/// The drawn graphics of a photo.
pub(crate) struct Drawn {
    /// Those of the given places that are on graphics.
    pub(crate) places: Vec<[f32; 2]>,
    /// Whether a cell of the given grid is on or beside graphics, row by row. Empty if there are no graphics.
    pub(crate) cells: Vec<bool>,
}

/// Finds drawn graphics by the levels that the surroundings of feature points share.
///
/// `grey` has upright pixels of 8 bits. Places are shares of the width and of the height. `grid` is the number of
/// columns and rows of [`Drawn::cells`]. Translucent graphics and strokes below four pixels remain undetected.
pub(crate) fn drawn(grey: &Mat, places: &[[f32; 2]], grid: [usize; 2]) -> opencv::Result<Drawn> {
    let flat = flat(grey)?;
    let patches = places
        .iter()
        .map(|place| Patch::cut(grey, &flat, *place))
        .collect::<opencv::Result<Vec<_>>>()?;
    let ink = ink(&patches);
    let mut drawn: Vec<bool> = patches.iter().map(|patch| patch.has(&ink, MIN_INK)).collect();
    if !drawn.contains(&true) || is_drawing(&patches, &drawn) {
        return Ok(Drawn { places: Vec::new(), cells: Vec::new() });
    }
    let size = grey.size()?;
    let longer = size.width.max(size.height) as f32;
    let stretch = [size.width as f32 / longer, size.height as f32 / longer];
    let even: Vec<[f32; 2]> =
        places.iter().map(|[x, y]| [x * stretch[0], y * stretch[1]]).collect();
    for _ in 0..ROUNDS {
        drawn = joined(&even, &drawn);
    }
    let drawn = places.iter().zip(drawn).filter(|(_, drawn)| *drawn);
    Ok(Drawn {
        places: drawn.map(|(place, _)| *place).collect(),
        cells: cells(grey, &flat, &ink, grid)?,
    })
}

/// The cells whose surroundings, as large as a patch, have [`MIN_INK`] of flat ink.
fn cells(grey: &Mat, flat: &Mat, ink: &[bool; 256], grid: [usize; 2]) -> opencv::Result<Vec<bool>> {
    let table =
        Mat::from_slice(&ink.map(|is_ink| if is_ink { 255_u8 } else { 0 }))?.clone_pointee();
    let (mut inked, mut shares, mut around) = (Mat::default(), Mat::default(), Mat::default());
    lut(grey, &table, &mut inked)?;
    bitwise_and(&inked.clone(), flat, &mut inked, &no_array())?;
    let [columns, rows] = grid.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
    resize(&inked, &mut shares, Size::new(columns, rows), 0.0, 0.0, INTER_AREA)?;
    let side = (PATCH * columns.max(rows) as f32).round() as i32 | 1;
    blur_def(&shares, &mut around, Size::new(side, side))?;
    let least = (MIN_INK * 255.0).round() as u8;
    let mut cells = Vec::with_capacity(grid[0] * grid[1]);
    for row in 0..rows {
        cells.extend(around.at_row::<u8>(row)?.iter().map(|share| *share >= least));
    }
    Ok(cells)
}

/// Whether the picture is a drawing and contains no photo. A drawing has flat areas of many levels, and its parts without
/// ink are flat too.
fn is_drawing(patches: &[Patch], drawn: &[bool]) -> bool {
    if flat_levels(patches) < MIN_FLAT_LEVELS {
        return false;
    }
    let rest = patches.iter().zip(drawn).filter(|(_, drawn)| !**drawn);
    let mut shares: Vec<f32> = rest.map(|(patch, _)| patch.flat_share()).collect();
    shares.sort_by(f32::total_cmp);
    let is_small = (shares.len() as f32) < MIN_REST * patches.len() as f32;
    is_small || shares.get(shares.len() / 2).is_some_and(|median| *median > MAX_FLAT)
}

/// Number of groups of levels that have at least [`MIN_FLAT`] of all flat pixels. 32 groups divide the range of the flat
/// pixels without 1 % at either end, so that dark and pale pictures count as others do.
fn flat_levels(patches: &[Patch]) -> usize {
    let mut counts = [0_u32; 256];
    for patch in patches {
        for (sum, count) in counts.iter_mut().zip(patch.flat) {
            *sum += count;
        }
    }
    let all = counts.iter().sum::<u32>();
    let below = |share: f32| {
        let mut sum = 0;
        let is_below = |count: &&u32| {
            sum += **count;
            (sum as f32) < share * all as f32
        };
        counts.iter().take_while(is_below).count()
    };
    let (least, most) = (below(0.01), below(0.99));
    let width = ((most + 1).saturating_sub(least) as f32 / 32.0).max(1.0);
    let mut groups = [0_u32; 32];
    for (level, count) in counts.iter().enumerate() {
        let group = (level.saturating_sub(least) as f32 / width) as usize;
        if let Some(sum) = groups.get_mut(group.min(31)) {
            *sum += count;
        }
    }
    groups.iter().filter(|count| **count as f32 > MIN_FLAT * all as f32).count()
}

/// Share of the flat pixels that a group of levels needs to be counted.
const MIN_FLAT: f32 = 0.005;
/// Drawings of many shapes have 17 to 29 groups of levels. Graphics on blank walls have up to 8; over photos there can be
/// more, but then the rest is not flat.
const MIN_FLAT_LEVELS: usize = 14;
/// A rest with a smaller share of the patches shows no photo.
const MIN_REST: f32 = 0.125;
/// Median share of flat pixels in the rest. Photos below graphics have 0 to 0.15, drawings 0.24 and more.
const MAX_FLAT: f32 = 0.2;

/// Side of a patch as a share of the photo's longer side: 25 of 640 pixels.
const PATCH: f32 = 25.0 / 640.0;
/// The largest difference of levels within 3 by 3 flat pixels. Noise has more, JPEG in a drawn area does not.
const FLAT: f64 = 1.0;
/// The share of a patch that one level needs to be counted there.
const MIN_LEVEL: f32 = 0.03;
/// The share of the patches that a level has to be counted in to be ink.
const MIN_PATCHES: f32 = 0.08;
/// How many times as common an ink level is as the levels 2 to 4 apart. Noise with a standard deviation of 2
/// has 2.6.
const PEAK: u32 = 4;
/// The share of a patch that ink has to cover for the place to be drawn.
const MIN_INK: f32 = 0.04;
/// The distance to places of the same graphics, as a share of the longer side.
const NEAR: f32 = 1.0 / 16.0;
/// How many times places join their neighbours.
const ROUNDS: usize = 3;

/// The edge that is never flat, as a share of the longer side: 10 of 640 pixels. Lens correction leaves thin
/// black wedges there.
const EDGE: f32 = 1.0 / 64.0;

/// White where a pixel belongs to 3 by 3 pixels of nearly one level and is not at the edge.
fn flat(grey: &Mat) -> opencv::Result<Mat> {
    let square = Mat::ones_size(Size::new(3, 3), grey.typ())?.to_mat()?;
    let [mut most, mut least, mut range, mut centres, mut flat] = [(); 5].map(|()| Mat::default());
    dilate_def(grey, &mut most, &square)?;
    erode_def(grey, &mut least, &square)?;
    subtract(&most, &least, &mut range, &no_array(), -1)?;
    threshold(&range, &mut centres, FLAT, 255.0, THRESH_BINARY_INV)?;
    dilate_def(&centres, &mut flat, &square)?;
    let Size { width, height } = grey.size()?;
    let edge = (width.max(height) as f32 * EDGE).round() as i32;
    let edge = edge.min((width.min(height) - 1) / 2);
    let inside = Mat::roi(&flat, Rect::new(edge, edge, width - 2 * edge, height - 2 * edge))?;
    let inside = inside.try_clone()?;
    let black = Scalar::all(0.0);
    copy_make_border(&inside, &mut flat, edge, edge, edge, edge, BORDER_CONSTANT, black)?;
    Ok(flat)
}

/// The levels around a place.
struct Patch {
    /// All pixels.
    pixels: u32,
    /// Pixels by their level.
    all: [u32; 256],
    /// Flat pixels by their level.
    flat: [u32; 256],
}

impl Patch {
    fn cut(grey: &Mat, flat: &Mat, place: [f32; 2]) -> opencv::Result<Self> {
        let size = grey.size()?;
        let reach = (size.width.max(size.height) as f32 * PATCH / 2.0).round().max(2.0) as i32;
        let span = |share: f32, side: i32| {
            let centre = ((share * side as f32) as i32).clamp(0, side - 1);
            ((centre - reach).max(0), (centre + reach + 1).min(side))
        };
        let ((left, right), (top, bottom)) =
            (span(place[0], size.width), span(place[1], size.height));
        let mut patch = Self { pixels: 0, all: [0; 256], flat: [0; 256] };
        for row in top..bottom {
            let columns = left as usize..right as usize;
            let levels = grey.at_row::<u8>(row)?.get(columns.clone()).unwrap_or_default();
            let flat = flat.at_row::<u8>(row)?.get(columns).unwrap_or_default();
            for (level, is_flat) in levels.iter().zip(flat) {
                patch.pixels += 1;
                count(&mut patch.all, *level, 1);
                count(&mut patch.flat, *level, u32::from(*is_flat > 0));
            }
        }
        Ok(patch)
    }

    /// The share of flat pixels.
    fn flat_share(&self) -> f32 {
        self.flat.iter().sum::<u32>() as f32 / self.pixels.max(1) as f32
    }

    /// Whether flat pixels of these levels cover at least this share of the patch.
    fn has(&self, levels: &[bool; 256], share: f32) -> bool {
        let covered: u32 =
            self.flat.iter().zip(levels).filter(|(_, is_in)| **is_in).map(|(count, _)| count).sum();
        covered > 0 && covered as f32 >= share * self.pixels as f32
    }
}

fn count(counts: &mut [u32; 256], level: u8, more: u32) {
    if let Some(count) = counts.get_mut(usize::from(level)) {
        *count += more;
    }
}

/// The levels that many patches share and that are far more common than the levels near them.
fn ink(patches: &[Patch]) -> [bool; 256] {
    let mut all = [0_u32; 256];
    for patch in patches {
        for (sum, count) in all.iter_mut().zip(patch.all) {
            *sum += count;
        }
    }
    let mut ink = [false; 256];
    for level in 0..256_usize {
        let within = |reach: usize| level.saturating_sub(reach)..(level + reach + 1).min(256);
        let sum = |reach| all.get(within(reach)).unwrap_or_default().iter().sum::<u32>();
        let length = |reach| within(reach).len() as u32;
        let (near, far) = (sum(1), sum(4) - sum(1));
        if u64::from(near) * u64::from(length(4) - length(1))
            < u64::from(PEAK * length(1)) * u64::from(far)
        {
            continue;
        }
        let mut levels = [false; 256];
        levels.get_mut(within(1)).unwrap_or_default().fill(true);
        let having = patches.iter().filter(|patch| patch.has(&levels, MIN_LEVEL)).count();
        if having > 0 && having as f32 >= MIN_PATCHES * patches.len() as f32 {
            ink.get_mut(within(1)).unwrap_or_default().fill(true);
        }
    }
    ink
}

/// Marks places as drawn where at least half of the places near them are: thin text beside large text.
fn joined(places: &[[f32; 2]], drawn: &[bool]) -> Vec<bool> {
    let join = |(place, drawn_here): (&[f32; 2], &bool)| {
        let (mut near, mut near_drawn) = (0, 0);
        for (other, drawn) in places.iter().zip(drawn) {
            if (place[0] - other[0]).hypot(place[1] - other[1]) < NEAR {
                near += 1;
                near_drawn += usize::from(*drawn);
            }
        }
        *drawn_here || 2 * near_drawn >= near
    };
    places.iter().zip(drawn).map(join).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use opencv::core::{CV_8U, Point, randn, set_rng_seed};
    use opencv::imgproc::{FONT_HERSHEY_SIMPLEX, INTER_CUBIC, LINE_AA, put_text};

    use super::*;

    /// Noise around a grey that becomes brighter from left to right, in grains of this many pixels.
    fn noise(spread: f64, grain: i32) -> Mat {
        set_rng_seed(7).unwrap();
        let (rows, columns) = (1200 / grain, 900 / grain);
        let mut grains = Mat::zeros(rows, columns, CV_8U).unwrap().to_mat().unwrap();
        randn(&mut grains, &Scalar::all(100.0), &Scalar::all(spread)).unwrap();
        for row in 0..rows {
            let pixels = grains.at_row_mut::<u8>(row).unwrap();
            for (column, pixel) in pixels.iter_mut().enumerate() {
                *pixel = pixel.saturating_add((60 * column / columns as usize) as u8);
            }
        }
        let mut pixels = Mat::default();
        resize(&grains, &mut pixels, Size::new(900, 1200), 0.0, 0.0, INTER_CUBIC).unwrap();
        pixels
    }

    fn stamped(mut pixels: Mat) -> Mat {
        for (line, scale, baseline, thickness) in
            [("06:30", 8.0, 600, 24), ("2026.11.28", 4.0, 780, 12)]
        {
            put_text(
                &mut pixels,
                line,
                Point::new(60, baseline),
                FONT_HERSHEY_SIMPLEX,
                scale,
                Scalar::all(255.0),
                thickness,
                LINE_AA,
                false,
            )
            .unwrap();
        }
        pixels
    }

    /// Places on the strokes' edges, where feature points are, as shares of the width and the height.
    fn on_edges(pixels: &Mat) -> Vec<[f32; 2]> {
        let is_bright = |row: i32, column: i32| *pixels.at_2d::<u8>(row, column).unwrap() > 220;
        (1..299)
            .flat_map(|row| (1..224).map(move |column| (4 * row, 4 * column)))
            .filter(|(row, column)| is_bright(*row, *column) && !is_bright(*row, column - 4))
            .map(|(row, column)| [column as f32 / 900.0, row as f32 / 1200.0])
            .collect()
    }

    #[test]
    fn points_of_a_stamp_on_a_wall_are_drawn() {
        let pixels = stamped(noise(4.0, 2));
        let places = on_edges(&pixels);
        assert!(places.len() > 100, "{}", places.len());
        let found = drawn(&pixels, &places, [120, 160]).unwrap();
        let left = places.len() - found.places.len();
        assert!(left * 20 < places.len(), "{left} of {} left", places.len());
        // The stamp's lines are in rows 50 to 104 of 160.
        let rows: Vec<usize> = (found.cells.iter().enumerate())
            .filter_map(|(cell, is_drawn)| is_drawn.then_some(cell / 120))
            .collect();
        assert!(rows.len() > 1000 && rows.iter().all(|row| (45..110).contains(row)), "{rows:?}");
    }

    #[test]
    fn points_of_the_photo_beside_a_stamp_stay() {
        let pixels = stamped(noise(12.0, 4));
        let stamp = on_edges(&pixels);
        let below: Vec<[f32; 2]> =
            (0..200).map(|at| [(at % 20) as f32 / 20.0, 0.75 + (at / 20) as f32 / 40.0]).collect();
        let found = drawn(&pixels, &[below.clone(), stamp].concat(), [120, 160]).unwrap();
        assert!(!found.places.is_empty());
        assert!(below.iter().all(|place| !found.places.contains(place)));
    }

    #[test]
    fn a_drawing_has_no_graphics() {
        // Tiles of 60 pixels: one in eight is white, the others have levels of their own.
        let level = |row: i32, column: i32| match 15 * (row / 60) + column / 60 {
            tile if tile % 8 == 0 => 255,
            tile => (20 + tile * 37 % 211) as u8,
        };
        let mut pixels = Mat::zeros(1200, 900, CV_8U).unwrap().to_mat().unwrap();
        for row in 0..1200 {
            for (pixel, column) in pixels.at_row_mut::<u8>(row).unwrap().iter_mut().zip(0..) {
                *pixel = level(row, column);
            }
        }
        let corners: Vec<[f32; 2]> = (1..20)
            .flat_map(|row| (1..15).map(move |column| [column as f32 / 15.0, row as f32 / 20.0]))
            .collect();
        let flat = flat(&pixels).unwrap();
        let cut = |place: &[f32; 2]| Patch::cut(&pixels, &flat, *place).unwrap();
        assert!(ink(&corners.iter().map(cut).collect::<Vec<_>>()).contains(&true));
        assert!(drawn(&pixels, &corners, [120, 160]).unwrap().places.is_empty());
    }

    #[test]
    fn points_of_a_photo_stay() {
        for (spread, grain) in [(12.0, 4), (3.0, 1)] {
            let pixels = noise(spread, grain);
            let places: Vec<[f32; 2]> =
                (0..1200).map(|at| [(at % 30) as f32 / 30.0, (at / 30) as f32 / 40.0]).collect();
            let found = drawn(&pixels, &places, [120, 160]).unwrap();
            assert!(found.places.is_empty() && !found.cells.contains(&true), "{spread}");
        }
    }
}
