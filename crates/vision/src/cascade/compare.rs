use std::borrow::Cow;
use std::time::{Duration, Instant};

use injeung_domain::ports::VisionError;
use injeung_domain::{Comparison, Difference, Fault, MatchMode, TierScore};

use super::alignment::Alignment;
use super::comparer::Cascade;
use super::decide::decide;
use super::finding::{Detail, Finding, Places};
use super::graphics::Graphics;
use super::patches::confirmed;
use super::picture::Picture;
use super::point_pair::PointPair;
use super::query::Query;
use super::reference::Reference;
use super::settings::PointSettings;
use super::things;
use super::tier::Tier;
use super::turns::QuarterTurns;
use crate::neural::{NeuralFeatures, lighterglue, mutual_matches};
use crate::opencv::{epipolar_motion, fault, motion};
use crate::points::{Features, Match, agreeing, matches, quarter_turns};

impl Cascade {
    /// Compares a photo with a reference: runs the tiers until the result is certain enough. Blocks.
    ///
    /// # Errors
    /// A fault if the reference lacks the features of a tier, or if OpenCV fails.
    pub fn compare(&self, reference: &Reference, query: &Query) -> Result<Detail, VisionError> {
        self.timed(reference, query, MatchMode::Place).map(|(detail, _)| detail)
    }

    /// Compares like [`compare`](Self::compare) and measures the duration of each tier. Photos that show the same place are
    /// also compared by their things if these have to match. Blocks.
    ///
    /// # Errors
    /// The errors of [`compare`](Self::compare).
    pub fn timed(
        &self,
        reference: &Reference,
        query: &Query,
        mode: MatchMode,
    ) -> Result<(Detail, Vec<Duration>), VisionError> {
        let mut comparing = Comparing::new(self, reference, query)?;
        let mut took = Vec::with_capacity(self.tiers().len());
        let mut comparison = decide(self.model(), self.tiers(), self.threshold(), |tier| {
            let begun = Instant::now();
            let score = comparing.run(tier);
            took.push(begun.elapsed());
            score
        })?;
        let clearest = comparing.clearest();
        if mode == MatchMode::Thing && comparison.same_scene {
            comparison.difference = difference(reference, query, &clearest)?;
            comparison.same_scene = comparison.difference.is_none_or(|found| found.is_accepted());
        }
        Ok((Detail { comparison, clearest }, took))
    }

    /// Decides like [`compare`](Self::compare), and then runs the remaining tiers for their scores and compares the things.
    /// Blocks.
    ///
    /// # Errors
    /// The errors of [`compare`](Self::compare).
    pub fn scores(&self, reference: &Reference, query: &Query) -> Result<Comparison, VisionError> {
        let mut comparing = Comparing::new(self, reference, query)?;
        let mut comparison =
            decide(self.model(), self.tiers(), self.threshold(), |tier| comparing.run(tier))?;
        let clearest = comparing.clearest();
        comparison.difference = difference(reference, query, &clearest)?;
        for tier in self.tiers().iter().skip(comparison.tiers.len()) {
            comparison.tiers.push(comparing.run(*tier)?);
        }
        Ok(comparison)
    }
}

/// How much the things of both photos differ; `None` if what was found aligns them nowhere.
pub(super) fn difference(
    reference: &Reference,
    query: &Query,
    found: &Finding,
) -> Result<Option<Difference>, VisionError> {
    if found.inliers.is_empty() {
        return Ok(None);
    }
    let photo = query.colours(things::PHOTO_SIDE)?;
    let amount = things::difference(&reference.thumbnail, &photo, found).map_err(fault)?;
    Ok(amount.map(|amount| Difference { amount, limit: things::LIMIT }))
}

/// State of the comparison of one pair of photos.
pub(super) struct Comparing<'a> {
    cascade: &'a Cascade,
    reference: &'a Reference,
    query: &'a Query,
    photo: &'a Picture,
    /// Graphics found in both photos by the tiers that ran.
    graphics: Graphics,
    /// Rotation of the photo to the reference's orientation, from the directions of ORB's points; `None` if they do not
    /// agree.
    suspected: Option<QuarterTurns>,
    /// Rotation that the neural tiers apply to the photo.
    turns: QuarterTurns,
    /// Findings in the order in which the tiers ran.
    findings: Vec<Finding>,
}

impl<'a> Comparing<'a> {
    pub(super) fn new(
        cascade: &'a Cascade,
        reference: &'a Reference,
        query: &'a Query,
    ) -> Result<Self, VisionError> {
        let photo = query.picture()?;
        Ok(Self {
            cascade,
            reference,
            query,
            photo,
            graphics: Graphics::new(&reference.picture, photo),
            suspected: None,
            turns: QuarterTurns::None,
            findings: Vec::new(),
        })
    }

    pub(super) fn run(&mut self, tier: Tier) -> Result<TierScore, VisionError> {
        let mut found = match tier {
            Tier::Quick => {
                let settings = self.cascade.settings().quick.as_ref().ok_or_else(is_off)?;
                self.points(settings, &self.reference.points.orb, self.query.all_orb()?)
            }
            Tier::Sift => {
                let settings = self.cascade.settings().sift.as_ref().ok_or_else(is_off)?;
                self.points(settings, &self.reference.points.sift, self.query.sift(settings)?)
            }
            Tier::Xfeat => self.upright_or_turned()?,
            Tier::LighterGlue => self.turned(tier, self.turns)?,
            Tier::Aligned => self.aligned()?,
        };
        found.score.name = tier.name();
        let score = found.score;
        self.findings.push(found);
        Ok(score)
    }

    /// The finding with the most inliers; the earlier one of two with equal counts.
    pub(super) fn clearest(&self) -> Finding {
        let clearest = self.findings.iter().rev().max_by_key(|found| found.inliers.len());
        clearest.cloned().unwrap_or_default()
    }

    /// Runs ORB or SIFT.
    fn points(
        &mut self,
        settings: &PointSettings,
        reference: &Features,
        photo: &Features,
    ) -> Finding {
        let all = matches(reference, photo, settings.ratio);
        let places = [Places::from(reference), Places::from(photo)];
        let agreeing = self.of_scene(places, &agreeing(reference, photo, &all), |place| place);
        let turns = quarter_turns(reference, photo, &agreeing);
        self.suspected = turns.map(QuarterTurns::against).or(self.suspected);
        let motion = motion(reference, photo, &agreeing);
        self.confirmed(Finding::of(places, &all, motion))
    }

    /// Runs XFeat on the upright photo and, because its points do not survive a rotation, on rotations of it. These are
    /// the one that an earlier tier suggests, or all if the quick tier is off. A rotation has to find [`MORE_TURNED`]
    /// more inliers. The other neural tiers use the same rotation.
    fn upright_or_turned(&mut self) -> Result<Finding, VisionError> {
        let upright = self.turned(Tier::Xfeat, QuarterTurns::None)?;
        let ways = match self.suspected {
            Some(turns) => vec![turns],
            // ORB is invariant to rotation, and found no pairs that agree.
            None if self.cascade.settings().quick.is_some() => Vec::new(),
            None => QuarterTurns::ANY.to_vec(),
        };
        let mut best = (QuarterTurns::None, upright);
        let least = best.1.inliers.len() + MORE_TURNED;
        for turns in ways.into_iter().filter(|turns| *turns != QuarterTurns::None) {
            let found = self.turned(Tier::Xfeat, turns)?;
            if found.inliers.len() >= least.max(best.1.inliers.len()) {
                best = (turns, found);
            }
        }
        self.turns = best.0;
        Ok(best.1)
    }

    /// Runs a neural tier on the rotated photo. Places of the result are those of the upright photo.
    fn turned(&mut self, tier: Tier, turns: QuarterTurns) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let photo = self.query.xfeat(models, settings, turns)?;
        let mut size = (photo.width, photo.height);
        if turns.swaps_sides() {
            size = (size.1, size.0);
        }
        self.found(tier, photo, size, |place| turns.turn_back(place, size.0, size.1))
    }

    /// Runs the alignment pass with the last neural tier that ran. Places of the result are those of the upright photo.
    /// The result is empty if that tier found too few pairs for an alignment.
    fn aligned(&mut self) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let reference = self.reference.xfeat.as_ref().ok_or_else(lacks_points)?;
        let mut ran = self.cascade.tiers().iter().zip(&self.findings);
        let Some((tier, seen)) = ran.rfind(|(tier, _)| tier.is_neural()) else {
            return Ok(Finding::default());
        };
        let Some(alignment) = Alignment::of(&seen.inliers).map_err(fault)? else {
            return Ok(Finding::default());
        };
        let (tier, size) = (*tier, seen.photo_size);
        let photo = (reference.width, reference.height);
        let photo = self.query.aligned(models, settings, &alignment, photo)?;
        let (right, bottom) = (size.0 as f32, size.1 as f32);
        self.found(tier, &photo, size, |place| {
            // A point on the edge can map to a place slightly outside.
            let [x, y] = alignment.take_back(place);
            [x.clamp(0.0, right), y.clamp(0.0, bottom)]
        })
    }

    /// Runs a neural tier on the reference's points and on `photo`. `back` maps a place of `photo` to the upright
    /// photo, which has `photo_size` columns and rows at working size.
    fn found(
        &mut self,
        tier: Tier,
        photo: &NeuralFeatures,
        photo_size: (u32, u32),
        back: impl Fn([f32; 2]) -> [f32; 2],
    ) -> Result<Finding, VisionError> {
        let (models, settings) = self.cascade.neural().ok_or_else(is_off)?;
        let reference = self.reference.xfeat.as_ref().ok_or_else(lacks_points)?;
        let (reference, photo) = self.without_graphics(reference, photo, photo_size, &back);
        let (reference, photo) = (reference.as_ref(), photo.as_ref());
        let all = if [reference, photo].iter().any(|one| one.sure() < LEAST_SURE) {
            Vec::new()
        } else if tier == Tier::LighterGlue {
            lighterglue(models, settings, reference, photo)?
        } else {
            mutual_matches(settings, reference, photo)
        };
        let places = [Places::from(reference), Places::from(photo)];
        let upright = [places[0], Places { size: photo_size, ..places[1] }];
        let pairs = self.of_scene(upright, &all, &back);
        let size = (photo.width, photo.height);
        let motion = epipolar_motion(&reference.points, &photo.points, size, &pairs);
        let mut found = Finding::of(places, &all, motion);
        found.photo_size = photo_size;
        for pair in &mut found.inliers {
            pair.photo = back(pair.photo);
        }
        Ok(self.confirmed(found))
    }

    /// The points outside the graphics that earlier tiers found. LighterGlue matches all points at once, and would
    /// match the graphics instead of the scene.
    fn without_graphics<'f>(
        &self,
        reference: &'f NeuralFeatures,
        photo: &'f NeuralFeatures,
        photo_size: (u32, u32),
        back: impl Fn([f32; 2]) -> [f32; 2],
    ) -> (Cow<'f, NeuralFeatures>, Cow<'f, NeuralFeatures>) {
        let [on_reference, on_photo] = self.graphics.masks();
        if on_reference.is_empty() && on_photo.is_empty() {
            return (Cow::Borrowed(reference), Cow::Borrowed(photo));
        }
        let before = self.reference.picture.size()[0] / reference.width.max(1) as f32;
        let after = self.photo.size()[0] / photo_size.0.max(1) as f32;
        let reference =
            reference.filtered(|place| !on_reference.covers(place.map(|at| at * before)));
        let photo = photo.filtered(|place| !on_photo.covers(back(place).map(|at| at * after)));
        (Cow::Owned(reference), Cow::Owned(photo))
    }

    /// The matches outside graphics, in their order. `back` maps a place of the photo's points to the upright photo.
    fn of_scene(
        &mut self,
        [reference, photo]: [Places<'_>; 2],
        matches: &[Match],
        back: impl Fn([f32; 2]) -> [f32; 2],
    ) -> Vec<Match> {
        let pair = |found: &Match| {
            let pair = PointPair::of([reference, photo], found)?;
            Some((*found, PointPair { photo: back(pair.photo), ..pair }))
        };
        let (matches, pairs): (Vec<_>, Vec<_>) = matches.iter().filter_map(pair).unzip();
        let pairs = self.in_pictures(&pairs, reference.size, photo.size);
        let of_scene = self.graphics.separate(&self.reference.picture, self.photo, &pairs);
        matches.into_iter().zip(of_scene).filter_map(|(found, is)| is.then_some(found)).collect()
    }

    /// Adds the number of inliers whose surroundings look the same.
    fn confirmed(&self, mut found: Finding) -> Finding {
        let pairs = self.in_pictures(&found.inliers, found.reference_size, found.photo_size);
        found.score.confirmed = confirmed(&self.reference.picture, self.photo, &pairs);
        found
    }

    /// Converts pairs from pixels of these sizes to pixels of the pictures.
    fn in_pictures(
        &self,
        pairs: &[PointPair],
        reference_size: (u32, u32),
        photo_size: (u32, u32),
    ) -> Vec<PointPair> {
        let [before, after] = [(&self.reference.picture, reference_size), (self.photo, photo_size)]
            .map(|(picture, (width, _))| picture.size()[0] / width.max(1) as f32);
        let scaled = |pair: &PointPair| PointPair {
            reference: pair.reference.map(|place| place * before),
            photo: pair.photo.map(|place| place * after),
        };
        pairs.iter().map(scaled).collect()
    }
}

/// Additional inliers that XFeat has to find in a rotated photo: the rotation is a second chance for a non-matching
/// photo.
const MORE_TURNED: usize = 30;

/// Minimum number of sure XFeat points for a neural comparison. Without it, the noise of two blank photos agrees at the
/// borders of the pictures.
const LEAST_SURE: usize = 50;

fn is_off() -> VisionError {
    Fault::permanent("run a tier that is off").into()
}

/// [`Cascade::read`] rejects such references, so a cascade with other settings read this one.
fn lacks_points() -> VisionError {
    Fault::permanent("run a tier: the reference lacks its points").into()
}
