//! Second photos of a scene that was not sent before.

use opencv::core::Mat;

use crate::pixels::{Motion, Result, jpeg, moved, noisy, toned};

/// How the second photo of a scene differs from the first.
pub(crate) struct Second {
    pub(crate) name: &'static str,
    /// Standard deviations: of the roll in degrees, of the zoom, of the shift and the tilt as shares of the side.
    motion: [f64; 4],
    /// Standard deviation of the exposure's factor.
    exposure: f64,
    noise: f64,
    quality: i32,
}

const fn of(
    name: &'static str,
    motion: [f64; 4],
    exposure: f64,
    noise: f64,
    quality: i32,
) -> Second {
    Second { name, motion, exposure, noise, quality }
}

const TRIPOD: [f64; 4] = [0.0; 4];
/// A tenth of a pixel.
const SHAKEN: [f64; 4] = [0.002, 0.0, 0.0001, 0.0];
const LEANED: [f64; 4] = [0.1, 0.001, 0.002, 0.001];
const HELD: [f64; 4] = [1.0, 0.02, 0.02, 0.02];

pub(crate) const SECONDS: [Second; 11] = [
    of("tripod, noise 0.5, quality 95", TRIPOD, 0.0, 0.5, 95),
    of("tripod, noise 0.5, quality 80", TRIPOD, 0.0, 0.5, 80),
    of("tripod, noise 1, quality 95", TRIPOD, 0.0, 1.0, 95),
    of("tripod, noise 2, quality 90", TRIPOD, 0.0, 2.0, 90),
    of("tripod, noise 4, quality 90", TRIPOD, 0.0, 4.0, 90),
    of("tripod, noise 2, quality 75", TRIPOD, 0.0, 2.0, 75),
    of("tripod, other exposure", TRIPOD, 0.05, 2.0, 90),
    of("tripod that shakes", SHAKEN, 0.01, 2.0, 90),
    of("phone that leans on something", LEANED, 0.02, 2.0, 90),
    of("hand, at once", [0.2, 0.004, 0.005, 0.004], 0.02, 2.0, 90),
    of("hand, another day", HELD, 0.1, 2.0, 90),
];

impl Second {
    /// Both photos of a scene.
    pub(crate) fn pair(&self, scene: &Mat, seed: usize) -> Result<[Vec<u8>; 2]> {
        let mut dice = Dice(seed as u64 * 977 + 5);
        let first = noisy(scene, self.noise, 2 * seed as i32 + 1)?;
        let [roll, zoom, shift, tilt] = self.motion;
        let moved = if self.motion == TRIPOD {
            scene.clone()
        } else {
            let motion = Motion {
                roll: roll * dice.normal(),
                zoom: 1.0 + zoom * dice.normal(),
                shift: [shift * dice.normal(), shift * dice.normal()],
                tilt: [tilt * dice.normal(), tilt * dice.normal()],
            };
            moved(scene, &motion)?
        };
        let lit = toned(&moved, 1.0 + self.exposure * dice.normal(), 0.0)?;
        let second = noisy(&lit, self.noise, 2 * seed as i32 + 2)?;
        Ok([jpeg(&first, self.quality)?, jpeg(&second, self.quality)?])
    }
}

/// Linear congruential generator (Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal: the sum of twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}
