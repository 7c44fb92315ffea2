//! The scaling and shift by which a program draws the same graphics over two photos.

use super::super::detail::{PointPair, minus};

/// How far from its place a point on graphics is at most, in pixels.
pub(super) const EXACT: f32 = 1.5;
/// Pairs of a scene that happen to agree with a scaling and shift have others around, this far, in pixels.
pub(super) const AROUND: f32 = 4.0;
/// The share of the pairs within [`AROUND`] that is within [`EXACT`] where a scene happens to agree with a scaling and
/// shift: 0.3 in the median, 0.55 in one of ten matching photos. Of graphics it is 0.5 to 1.
const PEAK: f32 = 0.45;
/// How many exact pairs more than that graphics have at least: few pairs prove little.
const MARGIN: f32 = 2.0;
/// Non-matching photos agree with a scaling and shift in up to 7 pairs, mostly in 3 or fewer.
const LEAST_PAIRS: usize = 6;

/// A scaling and a shift from the reference to the photo: `scale * place + shift`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    pub(super) scale: f32,
    pub(super) shift: [f32; 2],
}

impl Motion {
    /// How many more pairs agree exactly than [`PEAK`] of those around; negative for too few pairs.
    fn exactness(&self, pairs: &[PointPair]) -> f32 {
        let (mut exact, mut around) = (0, 0);
        for pair in pairs {
            let distance = self.misses_by(pair);
            exact += usize::from(distance < EXACT);
            around += usize::from(distance < AROUND);
        }
        if exact < LEAST_PAIRS { -1.0 } else { exact as f32 - PEAK * around as f32 }
    }

    /// The motion that pairs agree with most exactly; `None` if that is not exact enough for graphics.
    ///
    /// Hypotheses come from one pair that keeps its size, and from two neighbouring pairs. The work is bounded: at
    /// most [`MOST_SOURCES`] pairs, spread evenly over all, are sources of hypotheses.
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

    /// The motions that a pair suggests alone and with its nearest neighbours that are apart.
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

    /// How far from the place in the photo the motion takes the place in the reference, in pixels.
    pub(super) fn misses_by(&self, pair: &PointPair) -> f32 {
        let [x, y] = minus(self.map(pair.reference), pair.photo);
        x.hypot(y)
    }

    /// Whether the pair misses the motion along a row or a column only: points on a line of text or on the edge of a
    /// frame are paired with others on the same one.
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

    /// The least-squares motion of the pairs that agree to within this distance.
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

/// How far from a row or a column of graphics a point is at most, in pixels.
const ASIDE: f32 = 2.0;
/// How far along it a point may be paired, in pixels: half the picture, for the edges of frames.
const ALONG: f32 = 320.0;

/// How many pairs suggest motions.
const MOST_SOURCES: usize = 200;
/// How many neighbours of a pair suggest a motion together with it.
const PARTNERS: usize = 2;
/// Points nearer than this fix no scale, in pixels.
const APART: f32 = 16.0;
/// The sine of the largest angle between what is upright in both photos.
const TURN: f32 = 0.06;
/// Graphics of phones with small and large screens.
const SCALES: std::ops::Range<f32> = 0.33..3.0;
