//! What is left of an earlier photo after a new one was laid over it.

use opencv::core::{Mat, Size};
use opencv::imgproc::{INTER_AREA, resize};
use opencv::prelude::*;

use super::plane::Plane;
use super::points::{Alignment, turned};

/// Agreement of two aligned pictures in their details.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Share of the pairs of points that the alignment explains.
    pub explained: f32,
    /// Share of the smaller picture that the other covers.
    pub overlap: f32,
    /// Whether one picture lies in the other unchanged, as two photos of a camera on a tripod do.
    pub is_unmoved: bool,
    /// Number of blocks with clear details.
    pub clear: usize,
    /// Share of them with equal details.
    pub equal: f32,
    /// Median correlation of the details in these blocks.
    pub correlation: f32,
    /// Number of blocks with faint details, mostly noise.
    pub faint: usize,
    /// Correlation of the details in all of these blocks.
    pub noise: f32,
    /// Ratio of the residue in these blocks to their details.
    pub residue: f32,
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
    let Laid { base, other, map } = laid(earlier, new, alignment)?;
    let map = refined(&base, &other, map);
    let (covered, covering) = overlap(&base, &other, &map);
    let warped = Plane::from_fn(base.width(), base.height(), |x, y| {
        let [u, v] = map.apply([x as f32, y as f32]);
        if inside(&other, [u, v], 0.0) { other.at(u, v) } else { f32::NAN }
    });
    let [sx, sy] = alignment.scale;
    let [width, height] = [earlier.cols(), earlier.rows()];
    let is_unmoved = alignment.turns == 0
        && [(sx, 0), (sy, 1)].iter().all(|(scale, axis)| {
            let side = if *axis == 0 { width } else { height } as f32;
            let shift = alignment.shift.get(*axis).copied().unwrap_or_default();
            (scale - 1.0).abs() * side < 2.0 && shift.abs() < 2.0
        });
    let blocks = blocks(&base, &warped);
    Ok(Agreement {
        explained: alignment.inliers as f32 / alignment.pairs.max(1) as f32,
        overlap: covered.max(covering),
        is_unmoved,
        ..rated(&blocks)
    })
}

/// Reduces the finer picture to the scale of the coarser.
fn laid(earlier: &Mat, new: &Mat, alignment: &Alignment) -> opencv::Result<Laid> {
    let Alignment { turns, scale, shift, .. } = *alignment;
    let [sx, sy] = scale;
    let mean = (sx * sy).sqrt();
    if mean >= 1.0 {
        // The new photo shows the earlier one enlarged.
        let (reduced, [kx, ky]) = reduced(new, scale)?;
        let [tx, ty] = shift;
        let shift = [(tx + 0.5) * kx - 0.5, (ty + 0.5) * ky - 0.5];
        let map = Map { turns, scale: [sx * kx, sy * ky], shift };
        return Ok(Laid { base: Plane::of(earlier)?, other: reduced, map });
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
    Ok(Laid { base: Plane::of(new)?, other: reduced, map })
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

/// Shares of both pictures that overlap.
fn overlap(base: &Plane, other: &Plane, map: &Map) -> (f32, f32) {
    let step = 8;
    let places = (0..base.height())
        .step_by(step)
        .flat_map(|y| (0..base.width()).step_by(step).map(move |x| [x as f32, y as f32]));
    let inside = places.filter(|place| inside(other, map.apply(*place), 0.0)).count();
    let area = (inside * step * step) as f32;
    let of = |plane: &Plane| (area / (plane.width() * plane.height()) as f32).min(1.0);
    (of(base), of(other))
}

/// Improves scale and shift by Gauss-Newton steps on the details (Lucas and Kanade 1981), which brings the error from
/// half a pixel to a few hundredths.
fn refined(base: &Plane, other: &Plane, map: Map) -> Map {
    let mut map = map;
    for (window, steps) in [(15, 3), (DETAIL, 4)] {
        // A little blur makes the steps stable.
        let details = |plane: &Plane| plane.boxed(3, 3).detail(window);
        let (base, other) = (details(base), details(other));
        for _ in 0..steps {
            map = step(&base, &other, map).unwrap_or(map);
        }
    }
    map
}

fn step(base: &Plane, other: &Plane, map: Map) -> Option<Map> {
    let centre = [other.width() as f32 / 2.0, other.height() as f32 / 2.0];
    let mut samples = Vec::new();
    for y in (2..base.height().saturating_sub(2)).step_by(3) {
        for x in (2..base.width().saturating_sub(2)).step_by(3) {
            let place = map.apply([x as f32, y as f32]);
            if inside(other, place, 3.0) {
                let [u, v] = place;
                let slope_x = (linear(other, u + 1.0, v) - linear(other, u - 1.0, v)) / 2.0;
                let slope_y = (linear(other, u, v + 1.0) - linear(other, u, v - 1.0)) / 2.0;
                let values = [base.pixel(x, y), linear(other, u, v)];
                samples.push((values, [slope_x, slope_y], [u - centre[0], v - centre[1]]));
            }
        }
    }
    let gain = {
        let sum =
            |of: fn(&[f32; 2]) -> f32| samples.iter().map(|(values, ..)| of(values)).sum::<f32>();
        let [across, own] = [sum(|[a, b]| a * b), sum(|[_, b]| b * b)];
        if own <= 0.0 || across <= 0.0 {
            return None;
        }
        across / own
    };
    let mut residues: Vec<f32> = samples.iter().map(|([a, b], ..)| (a - gain * b).abs()).collect();
    residues.sort_by(f32::total_cmp);
    let limit = 3.0 * residues.get(residues.len() / 2)? + 1.0;
    let (mut normal, mut right) = ([[0.0_f64; 4]; 4], [0.0_f64; 4]);
    for ([a, b], [dx, dy], [u, v]) in samples {
        let residue = a - gain * b;
        if residue.abs() > limit {
            continue;
        }
        let row = [dx, dy, dx * u / 100.0, dy * v / 100.0].map(|entry| f64::from(gain * entry));
        for (line, (sum, entry)) in normal.iter_mut().zip(right.iter_mut().zip(row)) {
            *sum += entry * f64::from(residue);
            line.iter_mut().zip(row).for_each(|(cell, other)| *cell += entry * other);
        }
    }
    let [dx, dy, ex, ey] = solved(normal, right)?.map(|value| value as f32);
    if dx.abs().max(dy.abs()) > 2.0 || ex.abs().max(ey.abs()) > 1.0 {
        return None;
    }
    let [sx, sy] = [1.0 + ex / 100.0, 1.0 + ey / 100.0];
    let ([tx, ty], [cx, cy]) = (map.shift, centre);
    Some(Map {
        scale: [map.scale[0] * sx, map.scale[1] * sy],
        shift: [(tx - cx) * sx + cx + dx, (ty - cy) * sy + cy + dy],
        ..map
    })
}

fn linear(plane: &Plane, x: f32, y: f32) -> f32 {
    let (column, row) = (x as usize, y as usize);
    let (right, down) = (x - column as f32, y - row as f32);
    let top = plane.pixel(column, row) * (1.0 - right) + plane.pixel(column + 1, row) * right;
    let low =
        plane.pixel(column, row + 1) * (1.0 - right) + plane.pixel(column + 1, row + 1) * right;
    top * (1.0 - down) + low * down
}

/// Solves a symmetric system by Gaussian elimination without pivots, which positive definite systems do not need.
fn solved(mut matrix: [[f64; 4]; 4], mut right: [f64; 4]) -> Option<[f64; 4]> {
    for pivot in 0..4 {
        let line = *matrix.get(pivot)?;
        let (head, value) = (*line.get(pivot)?, *right.get(pivot)?);
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
    let mut solution = [0.0; 4];
    for (row, (entry, line)) in solution.iter_mut().zip(&matrix).enumerate() {
        *entry = right.get(row)? / line.get(row)?;
    }
    Some(solution)
}

/// Sums over the details of a block in both pictures.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    count: f32,
    base: f32,
    warped: f32,
    both: f32,
    clipped: f32,
}

fn blocks(base: &Plane, warped: &Plane) -> Vec<Block> {
    let (details, others) = (base.detail(DETAIL), warped_detail(warped));
    let [columns, rows] = [base.width() / BLOCK, base.height() / BLOCK];
    let mut blocks = vec![Block::default(); columns * rows];
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let Some(block) = blocks.get_mut(row * columns + column) else { continue };
        for (dx, dy) in (0..BLOCK).flat_map(|dx| (0..BLOCK).map(move |dy| (dx, dy))) {
            let (x, y) = (column * BLOCK + dx, row * BLOCK + dy);
            let (a, b) = (details.pixel(x, y), others.pixel(x, y));
            if b.is_nan() {
                continue;
            }
            block.count += 1.0;
            block.base += a * a;
            block.warped += b * b;
            block.both += a * b;
            let is_clipped = |value: f32| !(4.0..=251.0).contains(&value);
            block.clipped +=
                f32::from(u8::from(is_clipped(base.pixel(x, y)) || is_clipped(warped.pixel(x, y))));
        }
    }
    blocks.retain(|block| block.count > 0.9 * (BLOCK * BLOCK) as f32);
    blocks
}

/// Details of a plane with gaps, which are not numbers; so are the details near them.
fn warped_detail(warped: &Plane) -> Plane {
    let filled = Plane::from_fn(warped.width(), warped.height(), |x, y| {
        let value = warped.pixel(x, y);
        if value.is_nan() { 0.0 } else { value }
    });
    let is_known = Plane::from_fn(warped.width(), warped.height(), |x, y| {
        f32::from(u8::from(!warped.pixel(x, y).is_nan()))
    });
    let (detail, known) = (filled.detail(DETAIL), is_known.boxed(DETAIL, DETAIL));
    Plane::from_fn(warped.width(), warped.height(), |x, y| {
        if known.pixel(x, y) > 0.999 { detail.pixel(x, y) } else { f32::NAN }
    })
}

/// Standard deviation of the details of a block with clear ones.
const CLEAR: f32 = 5.0;
/// Standard deviations of the details of a block with faint ones.
const FAINT: std::ops::Range<f32> = 0.3..2.5;
/// Correlation from which details are equal.
const EQUAL: f32 = 0.9;

fn rated(blocks: &[Block]) -> Agreement {
    let deviation = |sum: f32, block: &Block| (sum / block.count).sqrt();
    let correlation = |block: &Block| block.both / (block.base * block.warped).sqrt().max(1e-6);
    let clear = blocks
        .iter()
        .filter(|block| deviation(block.base, block).max(deviation(block.warped, block)) > CLEAR);
    let mut correlations: Vec<f32> = clear.map(correlation).collect();
    correlations.sort_by(f32::total_cmp);
    let equal = correlations.iter().filter(|value| **value >= EQUAL).count();
    let faint = blocks.iter().filter(|block| {
        block.clipped == 0.0
            && FAINT.contains(&deviation(block.base, block))
            && deviation(block.warped, block) < FAINT.end
    });
    let (mut base, mut warped, mut both, mut count) = (0.0, 0.0, 0.0, 0);
    for block in faint {
        base += block.base;
        warped += block.warped;
        both += block.both;
        count += 1;
    }
    let share = |part: usize, whole: usize| part as f32 / whole.max(1) as f32;
    Agreement {
        explained: 0.0,
        overlap: 0.0,
        is_unmoved: false,
        clear: correlations.len(),
        equal: share(equal, correlations.len()),
        correlation: correlations.get(correlations.len() / 2).copied().unwrap_or_default(),
        faint: count,
        noise: both / (base * warped).sqrt().max(1e-6),
        residue: ((base + warped - 2.0 * both).max(0.0) / base.max(1e-6)).sqrt(),
    }
}

impl Agreement {
    /// Whether one photo is a copy of the other.
    pub fn is_copy(&self) -> bool {
        self.clear >= MIN_CLEAR
            && self.equal >= MIN_EQUAL
            && (!self.is_unmoved || self.noise >= MIN_NOISE)
    }
}

const MIN_CLEAR: usize = 20;
const MIN_EQUAL: f32 = 0.5;
const MIN_NOISE: f32 = 0.5;
