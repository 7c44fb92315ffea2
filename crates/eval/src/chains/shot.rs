//! Simulated photos of a scene on other days.

use fastrand::Rng;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, Rgb, RgbImage};

/// Longer side of the simulated photos, in pixels.
const SIDE: u32 = 1200;
const QUALITY: u8 = 85;

/// Number of different values of the noise of a photo.
const NOISES: usize = 4096;

/// How a photo differs from an earlier one of the same motif: hand and light.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shot {
    /// Rotation of the camera in radians.
    roll: f32,
    /// Enlargement.
    zoom: f32,
    /// Shift, as a share of the width.
    shift: [f32; 2],
    /// Perspective: change of the enlargement from the centre to the border, horizontally and vertically.
    tilt: [f32; 2],
    /// Factor of the light.
    light: f32,
    /// Factors of red and blue.
    tint: [f32; 2],
    /// Standard deviation of the sensor's noise, of 255.
    noise: f32,
}

impl Shot {
    /// The same photo again.
    pub(crate) const STILL: Self = Self {
        roll: 0.0,
        zoom: 1.0,
        shift: [0.0; 2],
        tilt: [0.0; 2],
        light: 1.0,
        tint: [1.0; 2],
        noise: 0.0,
    };

    /// A photo by hand on another day: 2 degrees of roll, 5 % of zoom, 4 % of shift and of perspective (standard
    /// deviations), and from a quarter of the light to one and a half times as much.
    pub(crate) fn by_hand(random: &mut Rng) -> Self {
        let mut normal = |deviation: f32| deviation * normal(random);
        let (roll, zoom) = (normal(0.035), 1.08 * (1.0 + normal(0.05)));
        let (shift, tilt) = ([normal(0.04), normal(0.04)], [normal(0.04), normal(0.04)]);
        let tint = [1.0 + normal(0.05), 1.0 + normal(0.05)];
        let light = (-2.0 + 2.6 * random.f32()).exp2();
        // A camera amplifies little light, and its noise.
        let noise = 2.0 / light.min(1.0).sqrt();
        Self { roll, zoom, shift, tilt, light, tint, noise }
    }

    /// Takes the photo of a picture as a JPEG file.
    ///
    /// # Errors
    /// If the file is no picture.
    pub(crate) fn take(&self, file: &[u8], random: &mut Rng) -> Result<Vec<u8>, ImageError> {
        let picture = image::load_from_memory(file)?;
        let longer = picture.width().max(picture.height());
        let picture = if longer > SIDE { picture.thumbnail(SIDE, SIDE) } else { picture };
        let scene = picture.to_rgb8();
        let tones = self.tones();
        // Drawing each number anew would take longer than everything else.
        let noises: Vec<f32> = (0..NOISES).map(|_| self.noise * normal(random)).collect();
        let shown = RgbImage::from_fn(scene.width(), scene.height(), |column, row| {
            let Rgb(colour) = sample(&scene, self.place_of(column, row, &scene));
            let noise = noises.get(random.usize(..NOISES)).copied().unwrap_or_default();
            let mut channels = tones.iter().zip(colour);
            Rgb(std::array::from_fn(|_| {
                let tone = channels.next().and_then(|(tones, value)| tones.get(usize::from(value)));
                (tone.copied().unwrap_or_default() + noise).round().clamp(0.0, 255.0) as u8
            }))
        });
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&shown)?;
        Ok(jpeg)
    }

    /// Brightness of each value in the new light, for red, green and blue. Light adds up in linear values.
    fn tones(&self) -> [[f32; 256]; 3] {
        let [red, blue] = self.tint;
        [red, 1.0, blue].map(|tint| {
            std::array::from_fn(|value| {
                let linear = (value as f32 / 255.0).powf(2.2) * self.light * tint;
                255.0 * linear.powf(1.0 / 2.2)
            })
        })
    }

    /// Place in the scene that a pixel shows.
    fn place_of(&self, column: u32, row: u32, scene: &RgbImage) -> [f32; 2] {
        let (width, height) = (scene.width() as f32, scene.height() as f32);
        let (x, y) = (column as f32 / width - 0.5, (row as f32 - height / 2.0) / width);
        let (sine, cosine) = self.roll.sin_cos();
        let depth = (1.0 + self.tilt[0] * x + self.tilt[1] * y) * self.zoom;
        let turned = [(cosine * x - sine * y) / depth, (sine * x + cosine * y) / depth];
        [
            (turned[0] + self.shift[0] + 0.5) * width,
            (turned[1] + self.shift[1]) * width + height / 2.0,
        ]
    }
}

/// The colour at a place, mirrored at the borders and interpolated linearly.
fn sample(picture: &RgbImage, [x, y]: [f32; 2]) -> Rgb<u8> {
    let inside = |at: f32, side: u32| {
        let last = side.saturating_sub(1) as f32;
        let mirrored = if at < 0.0 {
            -at
        } else if at > last {
            2.0 * last - at
        } else {
            at
        };
        mirrored.clamp(0.0, last)
    };
    let (x, y) = (inside(x, picture.width()), inside(y, picture.height()));
    image::imageops::interpolate_bilinear(picture, x, y).unwrap_or(Rgb([0; 3]))
}

/// Nearly normal, with a standard deviation of 1: the sum of twelve uniform numbers.
fn normal(random: &mut Rng) -> f32 {
    (0..12).map(|_| random.f32()).sum::<f32>() - 6.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use image::GenericImageView;

    use super::*;

    fn file() -> Vec<u8> {
        let picture = RgbImage::from_fn(160, 120, |x, y| Rgb([x as u8, y as u8, 100]));
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&picture).unwrap();
        jpeg
    }

    fn mean(file: &[u8]) -> f32 {
        let pixels = image::load_from_memory(file).unwrap().to_luma8();
        pixels.pixels().map(|pixel| f32::from(pixel[0])).sum::<f32>() / pixels.len() as f32
    }

    #[test]
    fn a_still_photo_shows_the_same() {
        let (before, mut random) = (file(), Rng::with_seed(1));
        let after = Shot::STILL.take(&before, &mut random).unwrap();
        let [before, after] = [before, after].map(|file| image::load_from_memory(&file).unwrap());
        assert_eq!(before.dimensions(), after.dimensions());
        let pairs = before.to_rgb8().into_raw().into_iter().zip(after.to_rgb8().into_raw());
        let farthest = pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(farthest < 16, "{farthest}");
    }

    #[test]
    fn a_seed_gives_the_same_photos_and_another_one_others() {
        let take = |seed| {
            let mut random = Rng::with_seed(seed);
            Shot::by_hand(&mut random).take(&file(), &mut random).unwrap()
        };
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
    }

    #[test]
    fn less_light_makes_a_photo_darker() {
        let dark = Shot { light: 0.25, ..Shot::STILL };
        let dark = dark.take(&file(), &mut Rng::with_seed(1)).unwrap();
        assert!(mean(&dark) < 0.6 * mean(&file()), "{} of {}", mean(&dark), mean(&file()));
    }
}
