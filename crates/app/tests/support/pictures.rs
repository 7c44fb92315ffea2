//! Drawn pictures, the same in every run.

use std::io::Cursor;
use std::sync::LazyLock;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

pub(crate) const WIDTH: u32 = 640;
pub(crate) const HEIGHT: u32 = 480;

/// Cluttered scene that depends on the seed: hundreds of rectangles, discs and lines.
pub(crate) fn scene(seed: u64) -> RgbImage {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut picture = RgbImage::from_pixel(WIDTH, HEIGHT, dice.colour());
    for _ in 0..450 {
        let colour = dice.colour();
        let (x, y) = (i64::from(dice.below(WIDTH)), i64::from(dice.below(HEIGHT)));
        let (width, height) = (i64::from(6 + dice.below(40)), i64::from(6 + dice.below(40)));
        match dice.below(3) {
            0 => fill(&mut picture, (x, y), (width, height), colour, |_, _| true),
            1 => fill(&mut picture, (x, y), (width, width), colour, |dx, dy| {
                let (dx, dy) = (2 * dx - width, 2 * dy - width);
                dx * dx + dy * dy <= width * width
            }),
            _ => fill(&mut picture, (x, y), (width, height), colour, |dx, dy| {
                (dx * height - dy * width).abs() < 2 * width
            }),
        }
    }
    picture
}

/// Scene 1 as a JPEG: the reference of most tests.
pub(crate) fn desk() -> Vec<u8> {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| jpeg(&scene(1)));
    FILE.clone()
}

/// Scene 1 from another camera: from further right, nearer, and with less light.
pub(crate) fn desk_again() -> Vec<u8> {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let cut = imageops::crop_imm(&scene(1), 50, 30, 560, 420).to_image();
        let near = imageops::resize(&cut, 700, 525, FilterType::Triangle);
        jpeg(&imageops::brighten(&near, -35))
    });
    FILE.clone()
}

/// Scene 1 as a camera takes it that is held by hand: each `nth` photo has its own noise, roll, tilt and shift.
pub(crate) fn shot(nth: u64) -> RgbImage {
    let mut dice = Dice(nth.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    let mut between = |most: f32| most * (dice.below(2001) as f32 / 1000.0 - 1.0);
    let (sine, cosine) = between(0.03).sin_cos();
    let (shift_x, shift_y) = (between(12.0), between(12.0));
    let (tilt_x, tilt_y) = (between(5e-5), between(5e-5));
    let scene = scene(1);
    let (centre_x, centre_y) = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
    let mut noise = || (0..4).map(|_| dice.below(9) as f32).sum::<f32>() - 16.0;
    RgbImage::from_fn(WIDTH, HEIGHT, |column, row| {
        let (x, y) = (column as f32 - centre_x, row as f32 - centre_y);
        let depth = 1.0 + tilt_x * x + tilt_y * y;
        let x = (cosine * x - sine * y) / depth + shift_x + centre_x;
        let y = (sine * x + cosine * y) / depth + shift_y + centre_y;
        let (x, y) = (x.clamp(0.0, WIDTH as f32 - 1.001), y.clamp(0.0, HEIGHT as f32 - 1.001));
        let (left, top) = (x as u32, y as u32);
        let (right, down) = (x - left as f32, y - top as f32);
        let grey = |dx: u32, dy: u32| f32::from(scene.get_pixel(left + dx, top + dy)[0]);
        let above = grey(0, 0) * (1.0 - right) + grey(1, 0) * right;
        let below = grey(0, 1) * (1.0 - right) + grey(1, 1) * right;
        Rgb([(above * (1.0 - down) + below * down + noise()).clamp(0.0, 255.0) as u8; 3])
    })
}

/// Another scene, of larger objects. With two scenes of the same small objects, the neural tiers
/// accept about one non-matching pair in nine, because they are trained on photos.
pub(crate) fn street() -> Vec<u8> {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let cut = imageops::crop_imm(&scene(3), 0, 0, WIDTH / 2, HEIGHT / 2).to_image();
        jpeg(&imageops::resize(&cut, WIDTH, HEIGHT, FilterType::Triangle))
    });
    FILE.clone()
}

/// A photo with the overlay of a camera app: a stamp of glyphs in a box at the lower left.
pub(crate) fn stamped(photo: &[u8]) -> Vec<u8> {
    let mut dice = Dice(77);
    let mut stamp = RgbImage::from_pixel(260, 90, Rgb([20, 24, 60]));
    for (column, row) in (0..2).flat_map(|row| (0..8).map(move |column| (column, row))) {
        for _ in 0..4 {
            let at = (
                10 + column * 31 + i64::from(dice.below(16)),
                8 + row * 41 + i64::from(dice.below(20)),
            );
            let size = (i64::from(3 + dice.below(14)), i64::from(3 + dice.below(14)));
            fill(&mut stamp, at, size, Rgb([255, 255, 255]), |_, _| true);
        }
    }
    let mut picture = image::load_from_memory(photo).unwrap().to_rgb8();
    imageops::overlay(&mut picture, &stamp, 30, 350);
    jpeg(&picture)
}

/// An empty wall with camera noise.
pub(crate) fn wall() -> Vec<u8> {
    let mut dice = Dice(5);
    let mut shade = |column: u32| (130 + column / 12) as u8 + dice.below(9) as u8;
    jpeg(&RgbImage::from_fn(WIDTH, HEIGHT, |column, _| Rgb([shade(column); 3])))
}

/// Picture without any feature point.
pub(crate) fn blank() -> Vec<u8> {
    super::jpeg::flat(WIDTH as u16, HEIGHT as u16, 3)
}

pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90).encode_image(picture).unwrap();
    file
}

pub(crate) fn png(picture: &RgbImage) -> Vec<u8> {
    encoded(picture, ImageFormat::Png)
}

/// Encodes a picture as lossless WebP.
pub(crate) fn webp(picture: &RgbImage) -> Vec<u8> {
    encoded(picture, ImageFormat::WebP)
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone()).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Mean difference of two pictures of the same size, per channel, 0 to 255.
#[track_caller]
pub(crate) fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let pairs = one.as_raw().iter().zip(other.as_raw());
    let sum: u64 = pairs.map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    sum as f64 / one.as_raw().len() as f64
}

fn fill(
    picture: &mut RgbImage,
    (left, top): (i64, i64),
    (width, height): (i64, i64),
    colour: Rgb<u8>,
    is_inside: impl Fn(i64, i64) -> bool,
) {
    for (dx, dy) in (0..height).flat_map(|dy| (0..width).map(move |dx| (dx, dy))) {
        let (x, y) = (left + dx, top + dy);
        if is_inside(dx, dy) && x < i64::from(WIDTH) && y < i64::from(HEIGHT) {
            picture.put_pixel(x as u32, y as u32, colour);
        }
    }
}

/// Linear congruential generator (Knuth, MMIX); only its upper bits are used.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit)) as u32
    }

    fn colour(&mut self) -> Rgb<u8> {
        Rgb([0; 3].map(|_: u8| self.below(256) as u8))
    }
}
