//! Drawn pictures, the same as in `scripts/model/golden.py`.

use injeung_neural::{Features, GreyImage, XFeat};

use super::MAX_POINTS;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 256;
const RECTANGLES: usize = 60;

/// Grey pixels, row by row.
pub(crate) struct Picture(Vec<u8>);

impl Picture {
    /// Overlapping rectangles of one brightness each, 320x256 pixels, different for each seed; or the same rectangles
    /// slightly smaller and in another place.
    pub(crate) fn rectangles(seed: u32, moved: bool) -> Self {
        let mut random = Random(seed);
        let mut pixels = vec![128; (WIDTH * HEIGHT) as usize];
        for _ in 0..RECTANGLES {
            let [x, y] = [random.below(WIDTH), random.below(HEIGHT)];
            let [width, height] = [4 + random.below(40), 4 + random.below(40)];
            let brightness = random.below(256) as u8;
            let at = |length: u32, moved_by: u32| {
                if moved { length * 9 / 10 + moved_by } else { length }
            };
            let (left, right) = (at(x, 13).min(WIDTH), at(x + width, 13).min(WIDTH));
            for line in pixels
                .chunks_exact_mut(WIDTH as usize)
                .take(at(y + height, 7) as usize)
                .skip(at(y, 7) as usize)
            {
                line[left as usize..right as usize].fill(brightness);
            }
        }
        Self(pixels)
    }

    pub(crate) fn image(&self) -> GreyImage<'_> {
        GreyImage::new(WIDTH, HEIGHT, &self.0).unwrap()
    }

    pub(crate) fn features(&self, xfeat: &XFeat) -> Features {
        xfeat.features(self.image(), MAX_POINTS)
    }
}

/// A linear congruential generator (Numerical Recipes), the same on every machine.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(bound)) >> 32) as u32
    }
}
