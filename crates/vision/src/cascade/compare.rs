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
use crate::neural::{lighterglue, mutual_matches};
use crate::opencv::{Features, agreeing, epipolar_motion, matches, motion, quarter_turns};

impl Cascade {
    /// Compares a photo with a reference: asks the tiers until they agree enough. Blocks.
    ///
    /// # Errors
    /// A fault when the reference lacks what a tier needs, or OpenCV fails.
    pub fn compare(&self, reference: &Reference, query: &Query) -> Result<Detail, VisionError> {
        let mut asking = Asking::new(self, reference, query);
        let decision = decide(self.model(), self.tiers(), |tier, scores| asking.ask(tier, scores))?;
        Ok(asking.last.into_detail(&decision, self.threshold()))
    }

    /// The scores of all tiers, whatever the first of them say, in the order of
    /// [`tiers`](Self::tiers). Blocks.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn scores(&self, reference: &Reference, query: &Query) -> Result<Vec<f64>, VisionError> {
        let mut asking = Asking::new(self, reference, query);
        let mut scores = Vec::new();
        for tier in self.tiers() {
            asking.ask(*tier, &mut scores)?;
        }
        Ok(scores.into_iter().map(|(_, score)| score).collect())
    }

    /// The probability that [`compare`](Self::compare) comes to where [`scores`](Self::scores)
    /// gives these. For a turned photo, whose scores change after the last tier, it may come to another.
    pub fn probability(&self, scores: &[f64]) -> f64 {
        let mut left = scores.iter().copied();
        let next = |tier, scores: &mut Vec<_>| {
            scores.push((tier, left.next().unwrap_or_default()));
            Ok::<_, std::convert::Infallible>(())
        };
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
    /// What would turn the photo as the reference is, by what SIFT or else ORB saw.
    turns: QuarterTurns,
    /// What the tier found that was asked last.
    last: Finding,
}

impl<'a> Asking<'a> {
    fn new(cascade: &'a Cascade, reference: &'a Reference, query: &'a Query) -> Self {
        let (turns, last) = (QuarterTurns::None, Finding::default());
        Self { cascade, reference, query, turns, last }
    }

    /// Asks a tier and adds its score. After the last one the neural tiers look at a photo again that
    /// seems to be turned.
    fn ask(&mut self, tier: Tier, scores: &mut Vec<(Tier, f64)>) -> Result<(), VisionError> {
        self.last = match tier {
            Tier::Quick => {
                let settings = self.cascade.settings().quick.as_ref().ok_or_else(is_off)?;
                let reference = &self.reference.points.orb;
                self.points(settings, reference, self.query.orb(settings)?, SURE_BY_ORB)
            }
            Tier::Sift => {
                let settings = self.cascade.settings().sift.as_ref().ok_or_else(is_off)?;
                let reference = &self.reference.points.sift;
                self.points(settings, reference, self.query.sift(settings)?, SURE_BY_SIFT)
            }
            Tier::Xfeat | Tier::LighterGlue => self.look(tier, QuarterTurns::None)?,
        };
        scores.push((tier, self.last.score()));
        if self.turns != QuarterTurns::None && self.cascade.tiers().last() == Some(&tier) {
            self.look_again(scores)?;
        }
        Ok(())
    }

    /// Lets the neural tiers look at the photo turned back, since XFeat's points do not survive a
    /// rotation. What they find counts for both of them where one finds clearly more.
    fn look_again(&mut self, scores: &mut [(Tier, f64)]) -> Result<(), VisionError> {
        let mut findings = Vec::new();
        let mut is_turned = false;
        for (tier, upright) in scores.iter().filter(|(tier, _)| tier.is_neural()) {
            let found = self.look(*tier, self.turns)?;
            let more = found.score() - upright;
            // LighterGlue, which comes after XFeat, need not be asked where that sees no more.
            if *tier == Tier::Xfeat && more <= 0.0 {
                return Ok(());
            }
            is_turned |= more >= MORE_WHEN_TURNED;
            findings.push(found);
        }
        if !is_turned {
            return Ok(());
        }
        let neural = scores.iter_mut().filter(|(tier, _)| tier.is_neural());
        for ((_, score), found) in neural.zip(&findings) {
            *score = found.score();
        }
        if scores.last().is_some_and(|(tier, _)| tier.is_neural()) {
            self.last = findings.pop().unwrap_or_default();
        }
        Ok(())
    }

    /// What ORB or SIFT finds; `sure` is how clear a turn has to be for the neural tier to look.
    fn points(
        &mut self,
        settings: &PointSettings,
        reference: &Features,
        photo: &Features,
        sure: f64,
    ) -> Finding {
        let matches = matches(reference, photo, settings.ratio);
        let agreeing = agreeing(reference, photo, &matches);
        let voters = if agreeing.is_empty() { &matches } else { &agreeing };
        let turns = quarter_turns(reference, photo, voters, sure);
        self.turns = turns.map_or(self.turns, QuarterTurns::against);
        let motion = motion(reference, photo, &agreeing);
        Finding::of(reference.into(), photo.into(), &matches, motion)
    }

    /// What a neural tier finds of the photo after these turns, in the places of the photo as it is.
    fn look(&self, tier: Tier, turns: QuarterTurns) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let reference = self.reference.xfeat.as_ref().ok_or_else(lacks_points)?;
        let photo = self.query.xfeat(models, settings, turns)?;
        let pairs = if [reference, photo].iter().any(|one| one.count(SURE) < LEAST_SURE) {
            Vec::new()
        } else if tier == Tier::LighterGlue {
            lighterglue(models, settings, reference, photo)
        } else {
            mutual_matches(settings, reference, photo)
        };
        let size = (photo.width, photo.height);
        let motion = epipolar_motion(&reference.points, &photo.points, size, &pairs);
        Ok(Finding::of(reference.into(), photo.into(), &pairs, motion).turned_back(turns))
    }
}

/// How clear it has to be to ORB that a photo is turned. Of 4,984 wrong pairs 20 % seem so.
const SURE_BY_ORB: f64 = 2.0;
/// How clear it has to be to SIFT, the last to say so: 54 % of the wrong pairs seem turned, and of 175
/// right pairs that are accepted upright the turn of 162 is seen.
const SURE_BY_SIFT: f64 = 1.0;

/// How many inliers more a neural tier has to find in a photo that is turned back for it to count as
/// turned. Where one more is enough, a wrong photo has two chances.
const MORE_WHEN_TURNED: f64 = 5.0;

/// The score of a point of XFeat's that is there: noise gives 0 to 2 of them, the poorest real photo
/// of the set 102.
const SURE: f32 = 0.05;
/// A photo with fewer shows nothing that the neural tier could go by. Without this the noise of two
/// blank photos agrees on the border of the picture.
const LEAST_SURE: usize = 50;

fn is_off() -> VisionError {
    Fault::permanent("a tier was asked that is off").into()
}

/// Features of another format are refused before; these are corrupt.
fn lacks_points() -> VisionError {
    Fault::permanent("the reference lacks a tier's points").into()
}
