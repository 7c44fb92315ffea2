use injeung_domain::Fault;
use injeung_domain::ports::VisionError;

use super::comparer::Cascade;
use super::decide::decide;
use super::detail::Detail;
use super::finding::Finding;
use super::query::Query;
use super::reference::Reference;
use super::settings::PointSettings;
use super::tier::Tier;
use super::turns::QuarterTurns;
use crate::neural::{NeuralFeatures, lighterglue, mutual_matches};
use crate::opencv::{
    Features, Match, is_plausible, is_spread, keeps_handedness, matches, rotation,
};

impl Cascade {
    /// Compares a photo with a reference: asks the tiers until they agree enough. Blocks.
    ///
    /// # Errors
    /// A fault when the reference lacks what a tier needs, or OpenCV fails.
    pub fn compare(&self, reference: &Reference, query: &Query) -> Result<Detail, VisionError> {
        let mut asking = Asking::new(self, reference, query);
        let decision = decide(self.model(), self.tiers(), |tier| asking.ask(tier))?;
        Ok(asking.last.into_detail(&decision, self.threshold()))
    }

    /// The scores of all tiers, whatever the first of them say, in the order of
    /// [`tiers`](Self::tiers). Blocks.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn scores(&self, reference: &Reference, query: &Query) -> Result<Vec<f64>, VisionError> {
        let mut asking = Asking::new(self, reference, query);
        self.tiers().iter().map(|tier| asking.ask(*tier)).collect()
    }

    /// The probability that [`compare`](Self::compare) comes to where [`scores`](Self::scores)
    /// gives these.
    pub fn probability(&self, scores: &[f64]) -> f64 {
        let mut scores = scores.iter().copied();
        let next = |_| Ok::<_, std::convert::Infallible>(scores.next().unwrap_or_default());
        match decide(self.model(), self.tiers(), next) {
            Ok(decision) => decision.probability,
            Err(never) => match never {},
        }
    }
}

/// The tiers' work on one pair of photos.
struct Asking<'a> {
    cascade: &'a Cascade,
    reference: &'a Reference,
    query: &'a Query,
    /// What would turn the photo as the reference is, by what the classical tiers saw.
    turns: QuarterTurns,
    /// What the tier found that was asked last.
    last: Finding,
}

impl<'a> Asking<'a> {
    fn new(cascade: &'a Cascade, reference: &'a Reference, query: &'a Query) -> Self {
        let (turns, last) = (QuarterTurns::None, Finding::default());
        Self { cascade, reference, query, turns, last }
    }

    /// A tier's score.
    fn ask(&mut self, tier: Tier) -> Result<f64, VisionError> {
        let settings = self.cascade.settings();
        self.last = match tier {
            Tier::Quick => {
                let settings = settings.quick.as_ref().ok_or_else(is_off)?;
                let reference = &self.reference.points.orb;
                self.points(settings, reference, self.query.orb(settings)?)
            }
            Tier::Sift => {
                let settings = settings.sift.as_ref().ok_or_else(is_off)?;
                let reference = &self.reference.points.sift;
                self.points(settings, reference, self.query.sift(settings)?)
            }
            Tier::Xfeat => self.neural(|cascade, reference, photo| {
                let (_, settings) = cascade.neural().ok_or_else(is_off)?;
                Ok(mutual_matches(settings, reference, photo))
            })?,
            Tier::LighterGlue => self.neural(|cascade, reference, photo| {
                let (models, settings) = cascade.neural().ok_or_else(is_off)?;
                Ok(lighterglue(models, settings, reference, photo))
            })?,
        };
        Ok(match tier {
            Tier::Quick | Tier::Sift => self.last.log_nfa(),
            Tier::Xfeat | Tier::LighterGlue => self.last.inliers() as f64,
        })
    }

    /// What ORB or SIFT finds.
    fn points(
        &mut self,
        settings: &PointSettings,
        reference: &Features,
        photo: &Features,
    ) -> Finding {
        let matches = matches(reference, photo, settings.ratio);
        let angle = rotation(&reference.points, &photo.points, &matches);
        self.turns = angle.map_or(QuarterTurns::None, QuarterTurns::against);
        Finding::of(reference.into(), photo.into(), &matches, |inliers| {
            is_plausible(reference, photo, inliers)
        })
    }

    /// What XFeat's points say, paired by `pairs`; of a photo that seems to be turned, upright and
    /// turned back, whichever agrees more, since the points do not survive a rotation.
    fn neural(
        &mut self,
        pairs: impl Fn(&Cascade, &NeuralFeatures, &NeuralFeatures) -> Result<Vec<Match>, VisionError>,
    ) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let reference = self.reference.xfeat.as_ref().ok_or_else(lacks_points)?;
        let look = |turns: QuarterTurns| {
            let photo = self.query.xfeat(models, settings, turns)?;
            let sees_something = [reference, photo].iter().all(|one| one.count(SURE) >= LEAST_SURE);
            let pairs =
                if sees_something { pairs(self.cascade, reference, photo)? } else { Vec::new() };
            Ok::<_, VisionError>(Finding::of(reference.into(), photo.into(), &pairs, |inliers| {
                is_possible(reference, photo, inliers)
            }))
        };
        let upright = look(QuarterTurns::None)?;
        if self.turns == QuarterTurns::None {
            return Ok(upright);
        }
        let turned = look(self.turns)?;
        if turned.inliers() <= upright.inliers() {
            self.turns = QuarterTurns::None;
            return Ok(upright);
        }
        Ok(turned.turned_back(self.turns))
    }
}

/// The score of a point of XFeat's that is there: noise gives 0 to 2 of them, the poorest real photo
/// of the set 102.
const SURE: f32 = 0.05;
/// A photo with fewer shows nothing that the neural tier could go by. Without this the noise of two
/// blank photos agrees on the border of the picture.
const LEAST_SURE: usize = 50;

/// Whether the pairs that one motion explains are neither mirrored nor all in one spot.
fn is_possible(reference: &NeuralFeatures, photo: &NeuralFeatures, inliers: &[Match]) -> bool {
    let places = inliers.iter().filter_map(|found| {
        Some((*reference.points.get(found.reference)?, *photo.points.get(found.photo)?))
    });
    let (from, to): (Vec<_>, Vec<_>) = places.unzip();
    keeps_handedness(&from, &to)
        && is_spread(&from, (reference.width, reference.height))
        && is_spread(&to, (photo.width, photo.height))
}

fn is_off() -> VisionError {
    Fault::permanent("a tier was asked that is off").into()
}

/// Features of another format are refused before; these are corrupt.
fn lacks_points() -> VisionError {
    Fault::permanent("the reference lacks a tier's points").into()
}
