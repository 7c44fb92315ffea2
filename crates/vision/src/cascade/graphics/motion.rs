//! The scaling and shift by which a program draws the same graphics over two photos.

use super::super::point_pair::{PointPair, minus};

/// Maximum distance of a point on graphics from its place, in pixels.
pub(super) const EXACT: f32 = 1.5;
/// Radius within which other pairs surround a pair of the scene that agrees by chance with a scaling and shift, in
/// pixels.
pub(super) const AROUND: f32 = 4.0;
/// Share of the pairs within [`AROUND`] that are also within [`EXACT`], above which they are graphics. On a scene that
/// agrees by chance it is 0.3 in the median, and 0.55 in one of ten matching photos. On graphics it is 0.5 to 1.
const PEAK: f32 = 0.45;
/// Minimum number of exact pairs of graphics in excess of [`PEAK`]: a few pairs prove little.
const MARGIN: f32 = 2.0;
/// Minimum number of exact pairs of graphics. Non-matching photos agree with a scaling and shift in up to 7 pairs,
/// mostly in 3 or fewer.
const LEAST_PAIRS: usize = 6;

/// A scaling and a shift from the reference to the photo: `scale * place + shift`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    pub(super) scale: f32,
    pub(super) shift: [f32; 2],
}

impl Motion {
    /// Number of exact pairs in excess of the share [`PEAK`] of those around; negative for too few pairs.
    fn exactness(&self, pairs: &[PointPair]) -> f32 {
        let (mut exact, mut around) = (0, 0);
        for pair in pairs {
            let distance = self.misses_by(pair);
            exact += usize::from(distance < EXACT);
            around += usize::from(distance < AROUND);
        }
        if exact < LEAST_PAIRS { -1.0 } else { exact as f32 - PEAK * around as f32 }
    }

    /// The motion with the highest exactness; `None` if that is too low for graphics.
    ///
    /// Hypotheses come from one pair with an unchanged size, and from two neighbouring pairs. To bound the work, at
    /// most [`MOST_SOURCES`] pairs, spread evenly over all, produce hypotheses.
    pub(super) fn most_exact(pairs: &[PointPair]) -> Option<Self> {
        if pairs.len() < LEAST_PAIRS {
            return None;
        }
        let sources = pairs.len().min(MOST_SOURCES);
        let sources = (0..sources).filter_map(|place| pairs.get(place * pairs.len() / sources));
        let best = sources
            .flat_map(|source| Self::hypotheses(source, pairs))
            .map(|motion| (motion.exactness(pairs), motion))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, motion)| motion)?;
        let refined = [2.0, 1.5, 1.0, 1.0]
            .iter()
            .fold(best, |motion, factor| motion.refined(pairs, factor * EXACT).unwrap_or(motion));
        (refined.exactness(pairs) >= MARGIN).then_some(refined)
    }

    /// The motions that a pair suggests alone, and with its nearest neighbours at a distance of at least [`APART`].
    fn hypotheses(source: &PointPair, pairs: &[PointPair]) -> impl Iterator<Item = Self> {
        let alone = Self { scale: 1.0, shift: minus(source.photo, source.reference) };
        let together = source.nearest(pairs, PARTNERS, APART).filter_map(|other| {
            let [x, y] = minus(other.reference, source.reference);
            let [u, v] = minus(other.photo, source.photo);
            let (before, after) = (x.hypot(y), u.hypot(v));
            let is_upright = x * u + y * v > 0.0 && (x * v - y * u).abs() < TURN * before * after;
            let scale = after / before;
            (is_upright && SCALES.contains(&scale)).then(|| Self::through(scale, source))
        });
        std::iter::once(alone).chain(together)
    }

    /// The motion at half the size of both pictures.
    pub(super) fn halved(self) -> Self {
        Self { shift: self.shift.map(|shift| shift / 2.0), ..self }
    }

    /// The motion from the photo to the reference.
    pub(super) fn reversed(self) -> Self {
        Self { scale: 1.0 / self.scale, shift: self.shift.map(|shift| -shift / self.scale) }
    }

    fn through(scale: f32, pair: &PointPair) -> Self {
        Self { scale, shift: minus(pair.photo, pair.reference.map(|place| scale * place)) }
    }

    pub(super) fn map(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.scale * x + self.shift[0], self.scale * y + self.shift[1]]
    }

    /// Distance between the pair's place in the photo and the mapped place of the reference, in pixels.
    pub(super) fn misses_by(&self, pair: &PointPair) -> f32 {
        let [x, y] = minus(self.map(pair.reference), pair.photo);
        x.hypot(y)
    }

    /// Whether the pair misses the motion along a row or a column only. Points on a line of text or on the edge of a
    /// frame match others on the same line.
    pub(super) fn slides(&self, pair: &PointPair) -> bool {
        let [x, y] = minus(self.map(pair.reference), pair.photo).map(f32::abs);
        x.min(y) < ASIDE && x.max(y) < ALONG
    }

    fn explained<'a>(
        &self,
        pairs: &'a [PointPair],
        distance: f32,
    ) -> impl Iterator<Item = &'a PointPair> {
        let motion = *self;
        pairs.iter().filter(move |pair| motion.misses_by(pair) < distance)
    }

    /// The least-squares motion of the pairs within this distance, in pixels.
    fn refined(&self, pairs: &[PointPair], distance: f32) -> Option<Self> {
        let near: Vec<&PointPair> = self.explained(pairs, distance).collect();
        let count = near.len() as f32;
        let mean = |of: fn(&PointPair) -> [f32; 2]| {
            let sum =
                near.iter().map(|pair| of(pair)).fold([0.0, 0.0], |[a, b], [c, d]| [a + c, b + d]);
            sum.map(|sum: f32| sum / count)
        };
        let centre =
            PointPair { reference: mean(|pair| pair.reference), photo: mean(|pair| pair.photo) };
        let (mut length, mut along) = (0.0, 0.0);
        for pair in &near {
            let [x, y] = minus(pair.reference, centre.reference);
            let [u, v] = minus(pair.photo, centre.photo);
            length += x * x + y * y;
            along += x * u + y * v;
        }
        let scale: f32 = along / length;
        SCALES.contains(&scale).then(|| Self::through(scale, &centre))
    }
}

/// Maximum distance of a point from a row or column of graphics, in pixels.
const ASIDE: f32 = 2.0;
/// Maximum shift of a pair along the row or column, in pixels: half the picture, for the edges of frames.
const ALONG: f32 = 320.0;

/// Maximum number of pairs that suggest motions.
const MOST_SOURCES: usize = 200;
/// Number of neighbours of a pair that each suggest a motion together with it.
const PARTNERS: usize = 2;
/// Minimum distance between two points that determine a scale, in pixels.
const APART: f32 = 16.0;
/// Sine of the maximum angle between the vertical directions of both photos.
const TURN: f32 = 0.06;
/// Range of scales between phones with small and large screens.
const SCALES: std::ops::Range<f32> = 0.33..3.0;
