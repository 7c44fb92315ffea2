//! The perceptual hash PDQ (Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019).
//!
//! Two passes of box filters and a decimation give 64x64 values, whose lowest 16x16 coefficients of a cosine transform,
//! without the constant ones, are compared with their median. The crate `pdqhash` 0.1.1 is not used, because it was last
//! released in 2022, depends on `image` 0.23, and has no variants. The golden values of the tests are its output.

use std::f32::consts::PI;
use std::sync::LazyLock;

use injeung_domain::PerceptualHash;

use super::plane::Plane;

/// Side of the decimated picture.
const SIDE: usize = 64;
/// Number of coefficients along each axis.
const COEFFICIENTS: usize = 16;
/// Quality, from 0 to 100, below which a picture has too little content to be recognised by its hash.
const MIN_QUALITY: f32 = 50.0;

type Values = [[f32; SIDE]; SIDE];
type Transformed = [[f32; COEFFICIENTS]; COEFFICIENTS];

/// The hash of a picture and of the same picture turned and mirrored in the seven other ways; the first is the picture's
/// own. `None` if the picture has too little content.
pub(super) fn variants(picture: &Plane) -> Option<[PerceptualHash; 8]> {
    let values = decimated(picture);
    if quality(&values) < MIN_QUALITY {
        return None;
    }
    let coefficients = transformed(&values);
    let ways = [[false, false], [false, true], [true, false], [true, true]];
    let of = |transposed: bool, [mirror_x, mirror_y]: [bool; 2]| {
        // Mirroring negates the odd cosines, which have even indices because the constant is left out.
        bits(|row, column| {
            let (row_from, column_from) = if transposed { (column, row) } else { (row, column) };
            let value = at(&coefficients, row_from, column_from);
            let is_negated = (mirror_x && column % 2 == 0) != (mirror_y && row % 2 == 0);
            if is_negated { -value } else { value }
        })
    };
    Some(std::array::from_fn(|way| of(way >= 4, ways.get(way % 4).copied().unwrap_or_default())))
}

fn at(coefficients: &Transformed, row: usize, column: usize) -> f32 {
    coefficients.get(row).and_then(|row| row.get(column)).copied().unwrap_or_default()
}

/// The picture after two passes of a box filter along both axes, at the centres of 64x64 fields.
fn decimated(picture: &Plane) -> Values {
    let window = |side: usize| side.div_ceil(2 * SIDE).max(1);
    let (across, down) = (window(picture.width()), window(picture.height()));
    let filtered = picture.boxed(across, down).boxed(across, down);
    let centre = |place: usize, side: usize| (2 * place + 1) * side / (2 * SIDE);
    std::array::from_fn(|row| {
        let y = centre(row, picture.height());
        std::array::from_fn(|column| filtered.pixel(centre(column, picture.width()), y))
    })
}

/// How much neighbouring values differ, from 0 to 100, scaled as in the reference implementation.
fn quality(values: &Values) -> f32 {
    let across = values.iter().flat_map(|row| row.windows(2).map(difference));
    let down = values.windows(2).flat_map(|rows| match rows {
        [one, next] => one.iter().zip(next).map(|(a, b)| (a - b).abs()).collect(),
        _ => Vec::new(),
    });
    let sum: f32 = across.chain(down).sum();
    (sum / 255.0 / 90.0).min(1.0) * 100.0
}

fn difference(pair: &[f32]) -> f32 {
    match pair {
        [a, b] => (a - b).abs(),
        _ => 0.0,
    }
}

/// Cosines of the orders 1 to 16 at 64 places, normalised.
static COSINES: LazyLock<[[f32; SIDE]; COEFFICIENTS]> = LazyLock::new(|| {
    let scale = (2.0 / SIDE as f32).sqrt();
    std::array::from_fn(|order| {
        std::array::from_fn(|place| {
            let angle = PI / 2.0 / SIDE as f32 * (order + 1) as f32 * (2 * place + 1) as f32;
            scale * angle.cos()
        })
    })
});

fn transformed(values: &Values) -> Transformed {
    let product = |a: &[f32; SIDE], b: &[f32; SIDE]| a.iter().zip(b).map(|(a, b)| a * b).sum();
    let columns: [[f32; SIDE]; COEFFICIENTS] = COSINES.map(|cosines| {
        let mut sums = [0.0; SIDE];
        for (row, cosine) in values.iter().zip(cosines) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value * cosine;
            }
        }
        sums
    });
    columns.map(|column| COSINES.map(|cosines| product(&column, &cosines)))
}

/// One bit per coefficient: whether it is above the median. The first is the lowest bit of the last byte.
fn bits(value: impl Fn(usize, usize) -> f32) -> PerceptualHash {
    let values: [f32; COEFFICIENTS * COEFFICIENTS] =
        std::array::from_fn(|place| value(place / COEFFICIENTS, place % COEFFICIENTS));
    let mut sorted = values;
    sorted.sort_by(f32::total_cmp);
    let median = sorted.get(sorted.len() / 2 - 1).copied().unwrap_or_default();
    let mut hash = [0; PerceptualHash::BYTES];
    for (byte, values) in hash.iter_mut().rev().zip(values.as_chunks::<8>().0) {
        for (bit, value) in values.iter().enumerate() {
            *byte |= u8::from(*value > median) << bit;
        }
    }
    PerceptualHash::new(hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Fields of different brightness with a slope.
    fn drawn(width: usize, height: usize, seed: u32, side: usize) -> Plane {
        let field = |column: usize, row: usize| {
            let state = (column as u32).wrapping_mul(73_856_093)
                ^ (row as u32).wrapping_mul(19_349_663)
                ^ seed.wrapping_mul(83_492_791);
            state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) >> 24
        };
        Plane::from_fn(width, height, |x, y| {
            let slope = ((x * 5 + y * 2) % 256) as u32;
            ((field(x / side, y / side) * 3 + slope) / 4) as f32
        })
    }

    fn hex(hash: &PerceptualHash) -> String {
        format!("{hash:?}")
    }

    /// The output of `pdqhash` 0.1.1, which has the reference implementation's output for Meta's test pictures.
    #[test]
    fn hashes_are_those_of_another_implementation() {
        let golden = [
            (640, 480, 1, 40, "f9a899eda7dfbc4a5394c3b55820e61206573587857f4508df8c40cd9b8b076d"),
            (333, 500, 2, 61, "20a19a1f85e03d6563a89754e71cdb98b56524675aab24679ad2ee1f3e66c398"),
            (64, 64, 3, 9, "8763e19e5f616a95194ce7834d8b5552d47e6a81cb81b23e3674183ca733b54e"),
            (1024, 100, 4, 25, "7d1dcc8849cdb975aa2a468ab6323337aa7fcc88494db931abaa468ab6323337"),
        ];
        for (width, height, seed, side, expected) in golden {
            let [hash, ..] = variants(&drawn(width, height, seed, side)).unwrap();
            assert_eq!(hex(&hash), expected, "{width}x{height}");
        }
    }

    /// PDQ's blur is not quite symmetric, so the hash of a turned picture differs from the variant. The look-up allows 31.
    const MAX_TURNED: u32 = 20;

    #[test]
    fn the_variants_are_the_hashes_of_turned_and_mirrored_pictures() {
        let picture = drawn(480, 480, 1, 60);
        let expected = variants(&picture).unwrap();
        let turned: [&dyn Fn(usize, usize) -> (usize, usize); 8] = [
            &|x, y| (x, y),
            &|x, y| (x, 479 - y),
            &|x, y| (479 - x, y),
            &|x, y| (479 - x, 479 - y),
            &|x, y| (y, x),
            &|x, y| (479 - y, x),
            &|x, y| (y, 479 - x),
            &|x, y| (479 - y, 479 - x),
        ];
        let hashes: Vec<PerceptualHash> = turned
            .iter()
            .map(|from| {
                let made = Plane::from_fn(480, 480, |x, y| {
                    let (x, y) = from(x, y);
                    picture.pixel(x, y)
                });
                variants(&made).unwrap()[0]
            })
            .collect();
        for hash in &hashes {
            let nearest = expected.iter().map(|variant| variant.distance(hash)).min().unwrap();
            assert!(nearest <= MAX_TURNED, "{nearest} bits differ");
        }
        for (variant, hash) in expected.iter().zip(&hashes) {
            let place = hashes.iter().map(|hash| variant.distance(hash)).min().unwrap();
            assert!(place <= MAX_TURNED, "no picture has the variant near {}", hex(hash));
        }
    }

    #[test]
    fn a_picture_without_content_has_no_hash() {
        assert_eq!(variants(&Plane::from_fn(200, 150, |x, _| (100 + x / 50) as f32)), None);
        assert_eq!(variants(&Plane::from_fn(1, 1, |_, _| 7.0)), None);
    }
}
