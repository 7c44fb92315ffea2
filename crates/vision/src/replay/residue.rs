//! What is left of an earlier photo after a new one was laid over it.

use opencv::core::{Mat, Size};
use opencv::imgproc::{INTER_AREA, resize};
use opencv::prelude::*;

use super::plane::Plane;
use super::points::{Alignment, turned};
use super::quantised::Rounding;

/// Agreement of two aligned pictures in their details.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Agreement {
    /// Whether the pictures differ in size, scale, turn or handedness, as two photos of a camera on a tripod never do.
    pub is_resampled: bool,
    /// By how many pixels of the comparison a camera's motion beyond scale and shift moves a corner.
    pub bend: f32,
    /// Number of blocks with clear details.
    pub clear: usize,
    /// Share of them with equal details.
    pub equal: f32,
    /// Rounding of the coefficients, if neither photo was resampled.
    pub rounding: Option<Rounding>,
}

/// Side of a block.
const BLOCK: usize = 16;
/// Window of the mean that is subtracted to get details.
const DETAIL: usize = 5;

/// A picture's pixels in the other's: the alignment, scaled to the coarser of both.
struct Laid {
    /// The coarser picture.
    base: Plane,
    /// The other, reduced to the same scale.
    other: Plane,
    /// Maps places of `base` to places of `other`.
    map: Map,
}

/// Turned by quarters, scaled by nearly 1, and shifted.
#[derive(Debug, Clone, Copy)]
struct Map {
    turns: usize,
    scale: [f32; 2],
    shift: [f32; 2],
}

impl Map {
    fn apply(&self, place: [f32; 2]) -> [f32; 2] {
        let [x, y] = turned(place, self.turns);
        let ([sx, sy], [tx, ty]) = (self.scale, self.shift);
        [sx * x + tx, sy * y + ty]
    }
}

/// Compares the details of an earlier photo and a new one, mirrored if needed, in which it was found.
///
/// # Errors
/// If OpenCV fails.
pub(super) fn agreement(
    earlier: &Mat,
    new: &Mat,
    alignment: &Alignment,
) -> opencv::Result<Agreement> {
    let (Laid { base, other, map }, is_base_earlier) = laid(earlier, new, alignment)?;
    let (map, bend) = refined(&base, &other, map);
    let [sx, sy] = alignment.scale;
    let stretched = [(sx, earlier.cols()), (sy, earlier.rows())];
    let is_scaled = stretched.iter().any(|(scale, side)| (scale - 1.0).abs() * *side as f32 > 2.0);
    let is_resampled = alignment.turns != 0 || is_scaled;
    if bend > MAX_BEND {
        // No copy; the other figures are not needed.
        return Ok(Agreement { is_resampled, bend, ..Agreement::default() });
    }
    let warped = Plane::from_fn(base.width(), base.height(), |x, y| {
        let [u, v] = map.apply([x as f32, y as f32]);
        if inside(&other, [u, v], 0.0) { other.at(u, v) } else { f32::NAN }
    });
    let (earlier, new) = if is_base_earlier { (&base, &warped) } else { (&warped, &base) };
    Ok(Agreement { is_resampled, bend, ..rated(&blocks(earlier, new)) })
}

/// Reduces the finer picture to the scale of the coarser. Returns also whether the earlier one is the coarser.
fn laid(earlier: &Mat, new: &Mat, alignment: &Alignment) -> opencv::Result<(Laid, bool)> {
    let Alignment { turns, scale, shift, .. } = *alignment;
    let [sx, sy] = scale;
    let mean = (sx * sy).sqrt();
    if mean >= 1.0 {
        // The new photo shows the earlier one enlarged.
        let (reduced, [kx, ky]) = reduced(new, scale)?;
        let [tx, ty] = shift;
        let shift = [(tx + 0.5) * kx - 0.5, (ty + 0.5) * ky - 0.5];
        let map = Map { turns, scale: [sx * kx, sy * ky], shift };
        return Ok((Laid { base: Plane::of(earlier)?, other: reduced, map }, true));
    }
    // Along the axes of the earlier photo.
    let of_earlier = if turns % 2 == 0 { [sx, sy] } else { [sy, sx] };
    let (reduced, [kx, ky]) = reduced(earlier, of_earlier.map(|scale| 1.0 / scale))?;
    // new = s * turn(earlier) + t, so turn(earlier) = (new - t) / s, and the turn back gives the place.
    let back = (4 - turns) % 4;
    let ([tx, ty], inverse) = (shift, [1.0 / sx, 1.0 / sy]);
    let [ix, iy] = inverse;
    let [ox, oy] = turned([-tx * ix, -ty * iy], back);
    let [ax, ay] = if back % 2 == 0 { [ix, iy] } else { [iy, ix] };
    let shift = [(ox + 0.5) * kx - 0.5, (oy + 0.5) * ky - 0.5];
    let map = Map { turns: back, scale: [ax * kx, ay * ky], shift };
    Ok((Laid { base: Plane::of(new)?, other: reduced, map }, false))
}

/// The picture reduced by these factors, and the factors that whole pixels allow.
fn reduced(picture: &Mat, [across, down]: [f32; 2]) -> opencv::Result<(Plane, [f32; 2])> {
    let size = picture.size()?;
    let reduce = |side: i32, factor: f32| ((side as f32 / factor).round() as i32).clamp(1, side);
    let target = Size::new(reduce(size.width, across), reduce(size.height, down));
    if target == size {
        return Ok((Plane::of(picture)?, [1.0; 2]));
    }
    let mut result = Mat::default();
    resize(picture, &mut result, target, 0.0, 0.0, INTER_AREA)?;
    let factors =
        [target.width as f32 / size.width as f32, target.height as f32 / size.height as f32];
    Ok((Plane::of(&result)?, factors))
}

fn inside(plane: &Plane, [x, y]: [f32; 2], margin: f32) -> bool {
    let within = |at: f32, side: usize| at >= margin && at <= side as f32 - 1.0 - margin;
    within(x, plane.width()) && within(y, plane.height())
}

/// Improves scale and shift by Gauss-Newton steps on the details (Lucas and Kanade 1981), which brings the error from
/// half a pixel to a few hundredths. Returns also the bend of [`Agreement`].
fn refined(base: &Plane, other: &Plane, map: Map) -> (Map, f32) {
    let mut map = map;
    let mut bend = f32::INFINITY;
    for (window, steps) in [(15, 4), (DETAIL, 4)] {
        // A little blur makes the steps stable.
        let details = |plane: &Plane| plane.boxed(3, 3).detail(window);
        let (base, other) = (details(base), details(other));
        for _ in 0..steps {
            if let Some(step) = Step::of(&base, &other, &map) {
                map = step.applied_to(map);
            }
        }
        bend = Step::of(&base, &other, &map).map_or(f32::INFINITY, |step| step.bend);
    }
    (map, bend)
}

/// A correction of a map.
struct Step {
    centre: [f32; 2],
    /// Shift and relative scale along both axes.
    shift: [f32; 2],
    scale: [f32; 2],
    bend: f32,
}

/// Unit of places in the normal equations, in pixels.
const UNIT: f32 = 100.0;

impl Step {
    /// The least-squares correction of scale and shift. The bend is that of a small homography, fitted to the same
    /// residues: roll, skew and two tilts beside scale and shift.
    fn of(base: &Plane, other: &Plane, map: &Map) -> Option<Self> {
        let centre = [other.width() as f32 / 2.0, other.height() as f32 / 2.0];
        let mut samples = Vec::new();
        let mut reach = [0.0_f32; 2];
        for y in (2..base.height().saturating_sub(2)).step_by(3) {
            for x in (2..base.width().saturating_sub(2)).step_by(3) {
                let [u, v] = map.apply([x as f32, y as f32]);
                if !inside(other, [u, v], 3.0) {
                    continue;
                }
                let slope_x = (linear(other, u + 1.0, v) - linear(other, u - 1.0, v)) / 2.0;
                let slope_y = (linear(other, u, v + 1.0) - linear(other, u, v - 1.0)) / 2.0;
                let values = [base.pixel(x, y), linear(other, u, v)];
                let [cx, cy] = centre;
                let place = [(u - cx) / UNIT, (v - cy) / UNIT];
                reach = [reach[0].max(place[0].abs()), reach[1].max(place[1].abs())];
                samples.push((values, [slope_x, slope_y], place));
            }
        }
        let sum = |of: fn(&[f32; 2]) -> f32| -> f32 { samples.iter().map(|(at, ..)| of(at)).sum() };
        let (across, own) = (sum(|[a, b]| a * b), sum(|[_, b]| b * b));
        if own <= 0.0 || across <= 0.0 {
            return None;
        }
        let gain = across / own;
        let mut residues: Vec<f32> =
            samples.iter().map(|([a, b], ..)| (a - gain * b).abs()).collect();
        residues.sort_by(f32::total_cmp);
        let limit = 3.0 * residues.get(residues.len() / 2)? + 1.0;
        samples.retain(|([a, b], ..)| (a - gain * b).abs() <= limit);
        let rows = || {
            samples.iter().map(|([a, b], [dx, dy], [x, y])| {
                let tilts = [dx * x * x + dy * x * y, dx * x * y + dy * y * y];
                let [tilt_x, tilt_y] = tilts;
                let row = [*dx, *dy, dx * x, dy * y, dx * y, dy * x, tilt_x, tilt_y];
                (row.map(|entry| f64::from(gain * entry)), f64::from(a - gain * b))
            })
        };
        let narrow = rows().map(|([dx, dy, ex, ey, ..], residue)| ([dx, dy, ex, ey], residue));
        let [dx, dy, ex, ey] = solved(narrow)?.map(|value| value as f32);
        let [.., skew_x, skew_y, tilt_x, tilt_y] = solved(rows())?.map(|value| value as f32);
        let [x, y] = reach;
        let corners = [[x, y], [x, -y], [-x, y], [-x, -y]];
        let displaced = corners.map(|[x, y]| {
            let across = skew_x * y + tilt_x * x * x + tilt_y * x * y;
            let down = skew_y * x + tilt_x * x * y + tilt_y * y * y;
            across.hypot(down)
        });
        let step = Self {
            centre,
            shift: [dx, dy],
            scale: [ex, ey].map(|scale| 1.0 + scale / UNIT),
            bend: displaced.into_iter().fold(0.0, f32::max),
        };
        let is_small = dx.abs().max(dy.abs()) < 6.0 && ex.abs().max(ey.abs()) < 4.0;
        is_small.then_some(step)
    }

    fn applied_to(&self, map: Map) -> Map {
        let Self { centre: [cx, cy], shift: [dx, dy], scale: [sx, sy], .. } = *self;
        let ([tx, ty], [mx, my]) = (map.shift, map.scale);
        Map {
            scale: [mx * sx, my * sy],
            shift: [(tx - cx) * sx + cx + dx, (ty - cy) * sy + cy + dy],
            ..map
        }
    }
}

fn linear(plane: &Plane, x: f32, y: f32) -> f32 {
    let (column, row) = (x as usize, y as usize);
    let (right, down) = (x - column as f32, y - row as f32);
    let top = plane.pixel(column, row) * (1.0 - right) + plane.pixel(column + 1, row) * right;
    let low =
        plane.pixel(column, row + 1) * (1.0 - right) + plane.pixel(column + 1, row + 1) * right;
    top * (1.0 - down) + low * down
}

/// The least-squares solution of rows with their right sides, by Gaussian elimination of the normal equations. They are
/// positive definite, so no pivot has to be searched.
fn solved<const N: usize>(rows: impl Iterator<Item = ([f64; N], f64)>) -> Option<[f64; N]> {
    let (mut matrix, mut right) = ([[0.0; N]; N], [0.0; N]);
    for (row, residue) in rows {
        for (line, (sum, entry)) in matrix.iter_mut().zip(right.iter_mut().zip(row)) {
            *sum += entry * residue;
            line.iter_mut().zip(row).for_each(|(cell, other)| *cell += entry * other);
        }
    }
    for pivot in 0..N {
        let (line, value) = (*matrix.get(pivot)?, *right.get(pivot)?);
        let head = *line.get(pivot)?;
        if head.abs() < 1e-9 {
            return None;
        }
        for (row, (other, sum)) in matrix.iter_mut().zip(&mut right).enumerate() {
            if row != pivot {
                let factor = *other.get(pivot)? / head;
                other.iter_mut().zip(line).for_each(|(cell, above)| *cell -= factor * above);
                *sum -= factor * value;
            }
        }
    }
    let mut solution = [0.0; N];
    for (row, (entry, line)) in solution.iter_mut().zip(&matrix).enumerate() {
        *entry = right.get(row)? / line.get(row)?;
    }
    Some(solution)
}

/// Sums of products of two samples with a mean of nearly 0.
#[derive(Debug, Clone, Copy, Default)]
struct Products {
    count: f32,
    earlier: f32,
    new: f32,
    both: f32,
}

impl Products {
    fn add(&mut self, earlier: f32, new: f32) {
        self.count += 1.0;
        self.earlier += earlier * earlier;
        self.new += new * new;
        self.both += earlier * new;
    }

    fn correlation(&self) -> f32 {
        self.both / (self.earlier * self.new).sqrt().max(1e-6)
    }
}

/// Sums of each block that both pictures cover. What is outside the other picture is not a number.
fn blocks(earlier: &Plane, new: &Plane) -> Vec<Products> {
    let [ours, theirs] = [earlier, new].map(known_detail);
    let [columns, rows] = [earlier.width() / BLOCK, earlier.height() / BLOCK];
    let mut blocks = Vec::new();
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let mut block = Products::default();
        for (dx, dy) in (0..BLOCK).flat_map(|dx| (0..BLOCK).map(move |dy| (dx, dy))) {
            let (x, y) = (column * BLOCK + dx, row * BLOCK + dy);
            let (a, b) = (ours.pixel(x, y), theirs.pixel(x, y));
            if !(a + b).is_nan() {
                block.add(a, b);
            }
        }
        if block.count > 0.9 * (BLOCK * BLOCK) as f32 {
            blocks.push(block);
        }
    }
    blocks
}

/// Details of a plane with gaps, which are not numbers; so are the details near them.
fn known_detail(plane: &Plane) -> Plane {
    let of = |value: fn(f32) -> f32| {
        Plane::from_fn(plane.width(), plane.height(), |x, y| value(plane.pixel(x, y)))
    };
    let filled = of(|value| if value.is_nan() { 0.0 } else { value });
    let known = of(|value| f32::from(u8::from(!value.is_nan()))).boxed(DETAIL, DETAIL);
    let detail = filled.detail(DETAIL);
    Plane::from_fn(plane.width(), plane.height(), |x, y| {
        if known.pixel(x, y) > 0.999 { detail.pixel(x, y) } else { f32::NAN }
    })
}

/// Standard deviation of the details of a block with clear ones.
const CLEAR: f32 = 5.0;
/// Correlation from which details are equal.
const EQUAL: f32 = 0.9;

fn rated(blocks: &[Products]) -> Agreement {
    let is_clear = |block: &&Products| (block.earlier.max(block.new) / block.count).sqrt() > CLEAR;
    let clear: Vec<&Products> = blocks.iter().filter(is_clear).collect();
    let equal = clear.iter().filter(|block| block.correlation() >= EQUAL).count();
    Agreement {
        clear: clear.len(),
        equal: equal as f32 / clear.len().max(1) as f32,
        ..Agreement::default()
    }
}

impl Agreement {
    /// Whether one photo is a copy of the other.
    pub fn is_copy(&self) -> bool {
        match self.rounding {
            Some(rounding) => {
                let is_toned = rounding.toned > MIN_TONED;
                let max_misplaced = if is_toned { MAX_MISPLACED_TONED } else { MAX_MISPLACED };
                rounding.coefficients >= MIN_COEFFICIENTS
                    && rounding.misplaced <= max_misplaced
                    && rounding.other <= MAX_OTHER
            }
            None => self.is_laid() && self.equal >= MIN_EQUAL,
        }
    }

    /// Whether one photo can be the other, resized and cropped.
    pub(super) fn is_laid(&self) -> bool {
        self.clear >= MIN_CLEAR && self.bend <= MAX_BEND
    }
}

/// Minimum number of blocks with clear details.
const MIN_CLEAR: usize = 12;
/// Minimum share of them that are equal in a resampled photo; overlays may cover the others.
const MIN_EQUAL: f32 = 0.25;
/// Maximum bend. Copies have up to 0.06, and 1 in 20 of the photos of a steady hand has less than 0.3.
const MAX_BEND: f32 = 0.15;
/// Minimum number of informative coefficients.
const MIN_COEFFICIENTS: usize = 500;
/// Mean change of the brightness from which a photo counts as toned.
const MIN_TONED: f32 = 3.0;
/// Maximum share of misplaced coefficients. Copies have up to 0.014, and photos from a tripod at least 0.066.
const MAX_MISPLACED: f32 = 0.02;
/// The same for a toned photo, whose coefficients are known less exactly.
const MAX_MISPLACED_TONED: f32 = 0.06;
/// Maximum share of blocks that show something else.
const MAX_OTHER: f32 = 0.4;
