use injeung_domain::Fault;
use injeung_domain::ports::VisionError;

use super::alignment::Alignment;
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
use crate::opencv::{Features, agreeing, epipolar_motion, fault, matches, motion, quarter_turns};

impl Cascade {
    /// Compares a photo with a reference: asks the tiers until they agree enough. Blocks.
    ///
    /// # Errors
    /// A fault when the reference lacks what a tier needs, or OpenCV fails.
    pub fn compare(&self, reference: &Reference, query: &Query) -> Result<Detail, VisionError> {
        let mut asking = Asking::new(self, reference, query);
        let decision = decide(self.model(), self.tiers(), |tier, scores| asking.ask(tier, scores))?;
        Ok(asking.clearest().into_detail(&decision, self.threshold()))
    }

    /// The scores of all tiers, whatever the first of them say, in the order of
    /// [`tiers`](Self::tiers), and the probability that [`compare`](Self::compare) comes to, which asks
    /// no further than it has to. Blocks.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn scores(
        &self,
        reference: &Reference,
        query: &Query,
    ) -> Result<(Vec<f64>, f64), VisionError> {
        let mut asking = Asking::new(self, reference, query);
        let decision = decide(self.model(), self.tiers(), |tier, scores| asking.ask(tier, scores))?;
        let mut scores = decision.scores;
        for tier in self.tiers().iter().skip(scores.len()) {
            asking.ask(*tier, &mut scores)?;
        }
        Ok((scores.into_iter().map(|(_, score)| score).collect(), decision.probability))
    }
}

/// The tiers' work on one pair of photos.
struct Asking<'a> {
    cascade: &'a Cascade,
    reference: &'a Reference,
    query: &'a Query,
    /// What would turn the photo as the reference is, by what SIFT or else ORB saw; nothing where
    /// neither could tell.
    turns: Option<QuarterTurns>,
    /// What the tiers found, in the order in which they were asked.
    findings: Vec<Finding>,
}

impl<'a> Asking<'a> {
    fn new(cascade: &'a Cascade, reference: &'a Reference, query: &'a Query) -> Self {
        Self { cascade, reference, query, turns: None, findings: Vec::new() }
    }

    /// Asks a tier and adds its score. After the last one that sees the photo as it is the neural tiers look
    /// at it again if it may be turned.
    fn ask(&mut self, tier: Tier, scores: &mut Vec<(Tier, f64)>) -> Result<(), VisionError> {
        let found = match tier {
            Tier::Quick => {
                let settings = self.cascade.settings().quick.as_ref().ok_or_else(is_off)?;
                let reference = &self.reference.points.orb;
                self.points(settings, reference, self.query.orb(settings)?)
            }
            Tier::Sift => {
                let settings = self.cascade.settings().sift.as_ref().ok_or_else(is_off)?;
                let reference = &self.reference.points.sift;
                self.points(settings, reference, self.query.sift(settings)?)
            }
            Tier::Xfeat | Tier::LighterGlue => self.look(tier, QuarterTurns::None)?,
            Tier::Aligned => self.look_aligned()?,
        };
        scores.push((tier, found.score()));
        self.findings.push(found);
        if self.cascade.tiers().iter().rfind(|tier| **tier != Tier::Aligned) == Some(&tier) {
            self.look_turned(scores)?;
        }
        Ok(())
    }

    /// Lets the neural tiers look at the photo turned back, since XFeat's points do not survive a
    /// rotation. What they find counts where they find clearly more, all together.
    fn look_turned(&mut self, scores: &mut [(Tier, f64)]) -> Result<(), VisionError> {
        let upright: Vec<_> = scores.iter().copied().filter(|(tier, _)| tier.is_neural()).collect();
        let Some((_, upright_xfeat)) = upright.first() else { return Ok(()) };
        let Some((turns, found)) = self.turned_back()? else { return Ok(()) };
        if found.score() < upright_xfeat + MORE_TO_XFEAT {
            return Ok(());
        }
        let mut findings = vec![found];
        for (tier, _) in upright.iter().skip(1) {
            findings.push(self.look(*tier, turns)?);
        }
        let found_upright: f64 = upright.iter().map(|(_, score)| score).sum();
        if findings.iter().map(Finding::score).sum::<f64>() < found_upright + MORE_TOGETHER {
            return Ok(());
        }
        let said = scores.iter_mut().zip(&mut self.findings);
        let neural = said.filter(|((tier, _), _)| tier.is_neural());
        for (((_, score), kept), found) in neural.zip(findings) {
            *score = found.score();
            *kept = found;
        }
        Ok(())
    }

    /// What the tier found that found most, the earlier one of two: a second look that nobody took has
    /// nothing to show.
    fn clearest(self) -> Finding {
        let order = |one: &Finding, other: &Finding| one.score().total_cmp(&other.score());
        self.findings.into_iter().rev().max_by(order).unwrap_or_default()
    }

    /// What XFeat, the cheapest of the neural tiers, finds of the photo turned back as ORB or SIFT saw
    /// it turned, or, where neither could tell, in the way that it finds most. Nothing of a photo that
    /// they saw upright.
    fn turned_back(&self) -> Result<Option<(QuarterTurns, Finding)>, VisionError> {
        let ways = self.turns.map_or(QuarterTurns::ANY.to_vec(), |turns| vec![turns]);
        let looked = ways
            .into_iter()
            .filter(|turns| *turns != QuarterTurns::None)
            .map(|turns| Ok((turns, self.look(Tier::Xfeat, turns)?)))
            .collect::<Result<Vec<_>, VisionError>>()?;
        Ok(looked.into_iter().max_by(|(_, one), (_, other)| one.score().total_cmp(&other.score())))
    }

    /// What ORB or SIFT finds.
    fn points(
        &mut self,
        settings: &PointSettings,
        reference: &Features,
        photo: &Features,
    ) -> Finding {
        let matches = matches(reference, photo, settings.ratio);
        let agreeing = agreeing(reference, photo, &matches);
        let turns = quarter_turns(reference, photo, &agreeing);
        self.turns = turns.map(QuarterTurns::against).or(self.turns);
        let motion = motion(reference, photo, &agreeing);
        Finding::of(reference.into(), photo.into(), &matches, motion)
    }

    /// What a neural tier finds of the photo after these turns, in the places of the photo as it is.
    fn look(&self, tier: Tier, turns: QuarterTurns) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let photo = self.query.xfeat(models, settings, turns)?;
        Ok(self.found(tier, photo)?.turned_back(turns))
    }

    /// What the last neural tier finds of the photo laid over the reference as it found it before, in the
    /// places of the photo as it is. Nothing where it found too little to say how.
    fn look_aligned(&self) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let reference = self.reference.xfeat.as_ref().ok_or_else(lacks_points)?;
        let mut asked = self.cascade.tiers().iter().zip(&self.findings);
        let Some((tier, seen)) = asked.rfind(|(tier, _)| tier.is_neural()) else {
            return Ok(Finding::default());
        };
        let Some(alignment) = Alignment::of(&seen.inliers).map_err(fault)? else {
            return Ok(Finding::default());
        };
        let size = (reference.width, reference.height);
        let photo = self.query.aligned(models, settings, &alignment, size)?;
        Ok(self.found(*tier, &photo)?.taken_back(&alignment, seen.photo_size))
    }

    /// What a neural tier finds in the reference's and in these points.
    fn found(&self, tier: Tier, photo: &NeuralFeatures) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let reference = self.reference.xfeat.as_ref().ok_or_else(lacks_points)?;
        let pairs = if [reference, photo].iter().any(|one| one.sure() < LEAST_SURE) {
            Vec::new()
        } else if tier == Tier::LighterGlue {
            lighterglue(models, settings, reference, photo)
        } else {
            mutual_matches(settings, reference, photo)
        };
        let size = (photo.width, photo.height);
        let motion = epipolar_motion(&reference.points, &photo.points, size, &pairs);
        Ok(Finding::of(reference.into(), photo.into(), &pairs, motion))
    }
}

/// How many inliers more XFeat has to find in a photo that is turned back for LighterGlue to look at it
/// so, too: of 4,984 wrong pairs it does in 29 %.
const MORE_TO_XFEAT: f64 = 10.0;
/// How many inliers more the neural tiers have to find together for the photo to count as turned, which
/// is a second chance for a wrong one: 4 % of the wrong pairs have it. The same is asked of XFeat where
/// it is alone.
const MORE_TOGETHER: f64 = 30.0;

/// A photo with fewer sure points of XFeat's shows nothing that the neural tier could go by. Without this the noise of two
/// blank photos agrees on the border of the picture.
const LEAST_SURE: usize = 50;

fn is_off() -> VisionError {
    Fault::permanent("a tier was asked that is off").into()
}

/// [`Cascade::read`] refuses such references; another cascade read this one.
fn lacks_points() -> VisionError {
    Fault::permanent("the reference lacks a tier's points").into()
}
