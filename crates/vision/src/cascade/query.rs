use std::sync::OnceLock;

use ::opencv::core::Mat;
use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, ReferenceQuality};

use super::alignment::Alignment;
use super::picture::Picture;
use super::settings::{CascadeSettings, PointSettings};
use super::turns::QuarterTurns;
use crate::neural::{Neural, NeuralFeatures, NeuralRuntime, NeuralSettings, xfeat};
use crate::opencv::{
    Colour, Fit, QualityBounds, decode, fault, orb, plain_places, rate, shrunk, sift,
};
use crate::points::wire::{MAX_ORB_POINTS, MAX_SIFT_POINTS};
use crate::points::{Features, ReferencePoints};

/// What the tiers see of a new photo, each part taken when the first tier asks for it.
pub struct Query {
    /// Upright, and as large as the tier that wants it largest.
    grey: Mat,
    /// The longer side that ORB and SIFT see, in pixels.
    points_side: u32,
    orb: OnceLock<Features>,
    sift: OnceLock<Features>,
    picture: OnceLock<Picture>,
    /// By the quarter turns, clockwise, that the photo was turned by before.
    xfeat: [OnceLock<NeuralFeatures>; 4],
}

impl Query {
    /// Decodes a photo. Blocks, as all that follows.
    ///
    /// # Errors
    /// [`VisionError::Photo`] when the pixels cannot be decoded, else a fault.
    pub(super) fn new(settings: &CascadeSettings, photo: &Photo) -> Result<Self, VisionError> {
        let grey = decode(photo, Colour::Grey, Fit::LongSide(settings.working_side()))?;
        let (orb, sift, picture, xfeat) = Default::default();
        Ok(Self { grey, points_side: settings.points_side, orb, sift, picture, xfeat })
    }

    /// The photo as it would be if it had been turned before it was decoded; nothing is taken of
    /// it yet.
    ///
    /// # Errors
    /// A fault when OpenCV fails.
    pub fn turned(&self, turns: QuarterTurns) -> Result<Self, VisionError> {
        let grey = turns.turn(&self.grey).map_err(fault)?;
        let (orb, sift, picture, xfeat) = Default::default();
        Ok(Self { grey, points_side: self.points_side, orb, sift, picture, xfeat })
    }

    /// How well later photos could be verified against this one: by XFeat's points where the neural tier
    /// is on, which finds scenes again that have hardly any of SIFT's.
    pub(super) fn quality(
        &self,
        neural: Option<Neural<'_>>,
        bounds: QualityBounds,
    ) -> Result<ReferenceQuality, VisionError> {
        let small = self.small()?;
        let (points, bounds) = match neural {
            Some((models, settings)) => {
                let found = self.xfeat(models, settings, QuarterTurns::None)?;
                (found.sure_places(), settings.quality)
            }
            None => (plain_places(&small).map_err(fault)?, bounds),
        };
        rate(&small, &points, bounds).map_err(fault)
    }

    /// The points that are kept of a reference.
    pub(super) fn points_to_keep(&self) -> Result<ReferencePoints, VisionError> {
        let small = self.small()?;
        Ok(ReferencePoints {
            orb: orb(&small, MAX_ORB_POINTS as u32).map_err(fault)?,
            sift: sift(&small, MAX_SIFT_POINTS as u32).map_err(fault)?,
        })
    }

    /// The upright pixels at working size.
    pub(super) fn picture(&self) -> Result<&Picture, VisionError> {
        once(&self.picture, || Picture::of(&self.grey).map_err(fault))
    }

    pub(super) fn orb(&self, settings: &PointSettings) -> Result<&Features, VisionError> {
        once(&self.orb, || orb(&self.small()?, settings.max_features).map_err(fault))
    }

    pub(super) fn sift(&self, settings: &PointSettings) -> Result<&Features, VisionError> {
        once(&self.sift, || sift(&self.small()?, settings.max_features).map_err(fault))
    }

    /// The pixels that ORB and SIFT see.
    fn small(&self) -> Result<Mat, VisionError> {
        shrunk(&self.grey, self.points_side).map_err(fault)
    }

    /// XFeat's points of the photo after so many quarter turns.
    pub(super) fn xfeat(
        &self,
        models: &dyn NeuralRuntime,
        settings: &NeuralSettings,
        turns: QuarterTurns,
    ) -> Result<&NeuralFeatures, VisionError> {
        let [upright, right, over, left] = &self.xfeat;
        let part = match turns {
            QuarterTurns::None => upright,
            QuarterTurns::Clockwise => right,
            QuarterTurns::Half => over,
            QuarterTurns::Counterclockwise => left,
        };
        once(part, || {
            let grey = shrunk(&self.grey, settings.working_side).map_err(fault)?;
            xfeat(models, &turns.turn(&grey).map_err(fault)?, settings.max_points)
        })
    }

    /// XFeat's points of the photo laid over a reference of so many columns and rows.
    pub(super) fn aligned(
        &self,
        models: &dyn NeuralRuntime,
        settings: &NeuralSettings,
        alignment: &Alignment,
        size: (u32, u32),
    ) -> Result<NeuralFeatures, VisionError> {
        let grey = alignment.apply(&self.grey, settings.working_side, size).map_err(fault)?;
        xfeat(models, &grey, settings.max_points)
    }
}

/// The part, taken now if it was not before. Two threads may both take it; they take the same.
fn once<T>(
    part: &OnceLock<T>,
    take: impl FnOnce() -> Result<T, VisionError>,
) -> Result<&T, VisionError> {
    if let Some(part) = part.get() {
        return Ok(part);
    }
    let taken = take()?;
    Ok(part.get_or_init(|| taken))
}
