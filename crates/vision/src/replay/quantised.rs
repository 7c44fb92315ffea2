//! Whether a JPEG was encoded from the pixels of another.
//!
//! An encoder rounds each coefficient of a block to a multiple of a step. So a copy's coefficients differ from those of its
//! original by at most half a step. The coefficients of a second photo, whose noise is another, differ by more wherever the
//! noise crosses the border between two multiples, even if the steps are larger than the noise.

use std::f32::consts::{FRAC_1_SQRT_2, PI};
use std::sync::LazyLock;

use super::plane::Plane;

/// Side of a block of a JPEG.
const SIDE: usize = 8;
/// Maximum number of examined blocks.
const MAX_BLOCKS: usize = 6000;
/// Maximum error of a coefficient by the rounding of pixels and colours.
const ROUNDING: f32 = 1.0;
/// Minimum number of informative coefficients of a block.
const MIN_COEFFICIENTS: usize = 4;
/// Share of coefficients in the wrong place from which a block shows something else, such as a stamp.
const OTHER: f32 = 0.5;

/// How the coefficients of a photo lie around those of an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rounding {
    /// Number of coefficients that the steps or the earlier photo make informative.
    pub coefficients: usize,
    /// Share of them that differ by more than half a step.
    pub misplaced: f32,
    /// Mean change of the brightness, of 255.
    pub toned: f32,
    /// Share of the blocks that show something else.
    pub other: f32,
}

/// Compares the coefficients of a photo with those of an earlier one of the same size. Both are the luminance of the files,
/// not turned.
pub(super) fn rounding(earlier: &Plane, new: &Plane, steps: &[u16; 64]) -> Rounding {
    let tones = tones(earlier, new);
    let [columns, rows] = [new.width() / SIDE, new.height() / SIDE];
    let stride = (columns * rows).div_ceil(MAX_BLOCKS).max(1);
    let (mut all, mut misplaced, mut blocks, mut others) = (0, 0, 0, 0);
    for block in (0..columns * rows).step_by(stride) {
        let (left, top) = (block % columns * SIDE, block / columns * SIDE);
        let cut = |value: &dyn Fn(usize, usize) -> f32| -> [f32; 64] {
            std::array::from_fn(|at| value(left + at % SIDE, top + at / SIDE))
        };
        let theirs = cut(&|x, y| new.pixel(x, y));
        if theirs.iter().any(|value| !(2.0..=253.0).contains(value)) {
            continue;
        }
        let toned =
            cut(&|x, y| tones.get(earlier.pixel(x, y) as usize).copied().unwrap_or_default());
        let (mut informative, mut wrong) = (0, 0);
        let pairs = transformed(&toned).into_iter().zip(transformed(&theirs));
        // The first coefficient is the mean, which light changes.
        for ((ours, theirs), step) in pairs.zip(steps).skip(1) {
            let half = f32::from(*step) / 2.0;
            if theirs.abs() > half || ours.abs() > half {
                informative += 1;
                wrong += usize::from((ours - theirs).abs() > half + ROUNDING);
            }
        }
        if informative >= MIN_COEFFICIENTS {
            blocks += 1;
            if wrong as f32 > OTHER * informative as f32 {
                others += 1;
            } else {
                all += informative;
                misplaced += wrong;
            }
        }
    }
    let share = |part: usize, whole: usize| part as f32 / whole.max(1) as f32;
    let changes = tones.iter().enumerate().map(|(level, tone)| (tone - level as f32).abs());
    Rounding {
        coefficients: all,
        misplaced: share(misplaced, all),
        toned: changes.sum::<f32>() / tones.len() as f32,
        other: share(others, blocks),
    }
}

/// The brightness in the new photo for each brightness in the earlier one: the mean of the values near the median, so that
/// overlays have no influence.
fn tones(earlier: &Plane, new: &Plane) -> [f32; 256] {
    let mut counts = vec![[0_u32; 256]; 256];
    for (ours, theirs) in earlier.rows().zip(new.rows()) {
        for (our, their) in ours.iter().zip(theirs) {
            let count =
                counts.get_mut(*our as usize).and_then(|line| line.get_mut(*their as usize));
            if let Some(count) = count {
                *count += 1;
            }
        }
    }
    let means: Vec<Option<f32>> = counts.iter().map(central_mean).collect();
    let known = |from: usize| means.get(from).copied().flatten().map(|mean| (from, mean));
    std::array::from_fn(|level| {
        let below = (0..=level).rev().find_map(known);
        let above = (level..256).find_map(known);
        match (below, above) {
            (Some((low, a)), Some((high, b))) if high > low => {
                a + (b - a) * (level - low) as f32 / (high - low) as f32
            }
            (Some((_, mean)), _) | (None, Some((_, mean))) => mean,
            (None, None) => level as f32,
        }
    })
}

/// Minimum number of pixels for a mean.
const MIN_PIXELS: u32 = 50;

/// Maximum difference from the median of a value near it.
const NEAR: usize = 8;

fn central_mean(counts: &[u32; 256]) -> Option<f32> {
    let all: u32 = counts.iter().sum();
    let mut seen = 0;
    let median = counts.iter().position(|count| {
        seen += count;
        seen > all / 2
    })?;
    let from = median.saturating_sub(NEAR);
    let near = counts.get(from..(median + NEAR + 1).min(256))?;
    let sum: f32 = (from..).zip(near).map(|(level, count)| level as f32 * *count as f32).sum();
    (all >= MIN_PIXELS).then(|| sum / near.iter().sum::<u32>() as f32)
}

/// Orthonormal cosines of the orders 0 to 7 at 8 places.
static COSINES: LazyLock<[[f32; SIDE]; SIDE]> = LazyLock::new(|| {
    std::array::from_fn(|order| {
        let scale = if order == 0 { FRAC_1_SQRT_2 / 2.0 } else { 0.5 };
        std::array::from_fn(|place| {
            scale * (PI / 16.0 * order as f32 * (2 * place + 1) as f32).cos()
        })
    })
});

/// The coefficients of a block as a JPEG has them, row by row.
fn transformed(values: &[f32; 64]) -> [f32; 64] {
    let mut across = [0.0; 64];
    for (line, values) in across.as_chunks_mut::<SIDE>().0.iter_mut().zip(values.as_chunks().0) {
        *line = projected(values);
    }
    let mut down = [0.0; 64];
    for column in 0..SIDE {
        let values =
            std::array::from_fn(|row| across.get(row * SIDE + column).copied().unwrap_or_default());
        for (row, value) in projected(&values).into_iter().enumerate() {
            if let Some(cell) = down.get_mut(row * SIDE + column) {
                *cell = value;
            }
        }
    }
    down
}

fn projected(values: &[f32; SIDE]) -> [f32; SIDE] {
    COSINES.map(|cosines| cosines.iter().zip(values).map(|(cosine, value)| cosine * value).sum())
}

/// The steps of a JPEG's first component, row by row; `None` for a file without them.
pub(super) fn steps(file: &[u8]) -> Option<[u16; 64]> {
    let mut tables: [Option<[u16; 64]>; 4] = [None; 4];
    let mut table = None;
    let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (&[0xff, marker, high, low], _) = rest.split_first_chunk::<4>()? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        match marker {
            0xdb => read_tables(segment, &mut tables)?,
            // Frame headers, but not the tables of Huffman codes, extensions and arithmetic coding.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                table = segment.get(8).map(|table| usize::from(*table));
            }
            0xda => return tables.get(table?).copied().flatten(),
            _ => {}
        }
        rest = rest.get(2 + length..)?;
    }
}

fn read_tables(segment: &[u8], tables: &mut [Option<[u16; 64]>; 4]) -> Option<()> {
    let mut rest = segment;
    while let Some((head, values)) = rest.split_first() {
        let bytes = if head >> 4 == 0 { 1 } else { 2 };
        let (values, others) = values.split_at_checked(64 * bytes)?;
        let mut steps = [0; 64];
        for (value, at) in values.chunks_exact(bytes).zip(ZIGZAG) {
            let step = value.iter().fold(0, |step: u16, byte| step << 8 | u16::from(*byte));
            *steps.get_mut(at)? = step.max(1);
        }
        *tables.get_mut(usize::from(head & 15))? = Some(steps);
        rest = others;
    }
    Some(())
}

/// Places of a table's entries in their order in the file (ISO/IEC 10918-1, figure 5).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
