use std::sync::OnceLock;

use ::opencv::core::Mat;
use ::opencv::prelude::*;
use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, ReferenceQuality};

use super::alignment::Alignment;
use super::mask::Mask;
use super::picture::Picture;
use super::settings::{CascadeSettings, PointSettings};
use super::things::{SIDE, Thumbnail};
use super::turns::QuarterTurns;
use crate::neural::{Neural, NeuralFeatures, NeuralRuntime, NeuralSettings, xfeat};
use crate::opencv::{
    Colour, DRAWN_FIT, Fit, QualityBounds, decode, drawn, fault, orb, plain_places, rate, shrunk,
    sift,
};
use crate::points::wire::{MAX_ORB_POINTS, MAX_SIFT_POINTS};
use crate::points::{Features, ReferencePoints};

/// A new photo for the tiers; each feature is extracted when a tier first needs it. Points on drawn graphics are
/// removed, except for the quick tier: a certain match needs no search for graphics, since the reference has none.
pub struct Query {
    photo: Photo,
    /// Rotation of the decoded pixels.
    turns: QuarterTurns,
    /// Upright pixels, at the largest working size of the tiers.
    grey: Mat,
    /// Longer side of the picture for ORB and SIFT, in pixels.
    points_side: u32,
    /// Maximum number of ORB points.
    orb_points: u32,
    all_orb: OnceLock<Features>,
    drawn: OnceLock<Mask>,
    sift: OnceLock<Features>,
    picture: OnceLock<Picture>,
    /// Indexed by the number of clockwise quarter turns of the photo before extraction.
    xfeat: [OnceLock<NeuralFeatures>; 4],
}

impl Query {
    /// Decodes a photo. Blocks, as the extraction of every feature does.
    ///
    /// # Errors
    /// [`VisionError::Photo`] if the pixels cannot be decoded, otherwise a fault.
    pub(super) fn new(settings: &CascadeSettings, photo: &Photo) -> Result<Self, VisionError> {
        let grey = decode(photo, Colour::Grey, Fit::LongSide(settings.working_side()))?;
        let orb_points = settings.quick.as_ref().map_or(DRAWN_POINTS, |quick| quick.max_features);
        Ok(Self::of(photo.clone(), QuarterTurns::None, grey, settings.points_side, orb_points))
    }

    fn of(photo: Photo, turns: QuarterTurns, grey: Mat, points_side: u32, orb_points: u32) -> Self {
        let (all_orb, drawn, sift, picture, xfeat) = Default::default();
        Self { photo, turns, grey, points_side, orb_points, all_orb, drawn, sift, picture, xfeat }
    }

    /// The photo rotated before decoding, with no features extracted yet.
    ///
    /// # Errors
    /// A fault if OpenCV fails.
    pub fn turned(&self, turns: QuarterTurns) -> Result<Self, VisionError> {
        let grey = turns.turn(&self.grey).map_err(fault)?;
        let turns = self.turns.then(turns);
        Ok(Self::of(self.photo.clone(), turns, grey, self.points_side, self.orb_points))
    }

    /// Rates how well later photos can be verified against this one. If the neural tier is on, the rating uses XFeat's
    /// points, which recognise scenes with hardly any SIFT points.
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
            None => {
                let [width, height] = self.picture()?.size();
                let drawn = self.drawn()?;
                let mut places = plain_places(&small).map_err(fault)?;
                places.retain(|[x, y]| !drawn.covers([x * width, y * height]));
                (places, bounds)
            }
        };
        rate(&small, &points, &self.all_orb()?.places(), bounds).map_err(fault)
    }

    /// ORB and SIFT points that are stored for a reference.
    pub(super) fn points_to_keep(&self) -> Result<ReferencePoints, VisionError> {
        let small = self.small()?;
        let [orb, sift] =
            [orb(&small, MAX_ORB_POINTS as u32), sift(&small, MAX_SIFT_POINTS as u32)];
        Ok(ReferencePoints {
            orb: self.without_drawn(orb.map_err(fault)?)?,
            sift: self.without_drawn(sift.map_err(fault)?)?,
        })
    }

    /// The parts of the picture with drawn graphics. They are searched at ORB's points, which are most frequent on
    /// their edges.
    fn drawn(&self) -> Result<&Mask, VisionError> {
        once(&self.drawn, || {
            let places = self.all_orb()?.places();
            let size = self.picture()?.size();
            let large = decode(&self.photo, Colour::Grey, DRAWN_FIT)?;
            let large = self.turns.turn(&large).map_err(fault)?;
            let drawn = drawn(&large, &places, Mask::grid(size)).map_err(fault)?;
            let mut mask = Mask::new(size);
            mask.mark_cells(&drawn.cells);
            for [x, y] in &drawn.places {
                mask.mark([x * size[0], y * size[1]]);
            }
            Ok(mask)
        })
    }

    /// ORB points with those on drawn graphics.
    pub(super) fn all_orb(&self) -> Result<&Features, VisionError> {
        once(&self.all_orb, || orb(&self.small()?, self.orb_points).map_err(fault))
    }

    fn without_drawn(&self, mut features: Features) -> Result<Features, VisionError> {
        let drawn = self.drawn()?;
        if !drawn.is_empty() {
            let scale = self.picture()?.size()[0] / features.width.max(1) as f32;
            features.retain(|place| !drawn.covers(place.map(|at| at * scale)));
        }
        Ok(features)
    }

    /// The points outside drawn graphics. `back` maps a place of a point to the upright photo with a longer side of
    /// `side` pixels, or fewer if the photo has fewer.
    fn neural_without_drawn(
        &self,
        features: NeuralFeatures,
        side: u32,
        back: impl Fn([f32; 2]) -> [f32; 2],
    ) -> Result<NeuralFeatures, VisionError> {
        let drawn = self.drawn()?;
        if drawn.is_empty() {
            return Ok(features);
        }
        let [width, height] = self.picture()?.size();
        let scale = (width.max(height) / side.max(1) as f32).max(1.0);
        Ok(features.filtered(|place| !drawn.covers(back(place).map(|at| at * scale))))
    }

    /// Colours that are stored for a reference.
    pub(super) fn thumbnail(&self) -> Result<Thumbnail, VisionError> {
        Thumbnail::of(&self.colours(SIDE)?).map_err(fault)
    }

    /// Upright pixels in blue, green and red with this longer side.
    pub(super) fn colours(&self, side: u32) -> Result<Mat, VisionError> {
        let pixels = decode(&self.photo, Colour::Bgr, Fit::LongSide(side))?;
        self.turns.turn(&pixels).map_err(fault)
    }

    /// Upright pixels at the largest working size of the tiers.
    pub(super) fn picture(&self) -> Result<&Picture, VisionError> {
        once(&self.picture, || Picture::of(&self.grey).map_err(fault))
    }

    pub(super) fn sift(&self, settings: &PointSettings) -> Result<&Features, VisionError> {
        once(&self.sift, || {
            self.without_drawn(sift(&self.small()?, settings.max_features).map_err(fault)?)
        })
    }

    /// Upright pixels at the working size of ORB and SIFT.
    fn small(&self) -> Result<Mat, VisionError> {
        shrunk(&self.grey, self.points_side).map_err(fault)
    }

    /// XFeat's points of the photo after these quarter turns.
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
            let (width, height) = (grey.cols().unsigned_abs(), grey.rows().unsigned_abs());
            let found = xfeat(models, &turns.turn(&grey).map_err(fault)?, settings.max_points)?;
            let side = settings.working_side;
            self.neural_without_drawn(found, side, |place| turns.turn_back(place, width, height))
        })
    }

    /// XFeat's points of the photo aligned to a reference of `size` columns and rows.
    pub(super) fn aligned(
        &self,
        models: &dyn NeuralRuntime,
        settings: &NeuralSettings,
        alignment: &Alignment,
        size: (u32, u32),
    ) -> Result<NeuralFeatures, VisionError> {
        let grey = alignment.apply(&self.grey, settings.working_side, size).map_err(fault)?;
        let found = xfeat(models, &grey, settings.max_points)?;
        self.neural_without_drawn(found, settings.working_side, |place| alignment.take_back(place))
    }
}

/// Maximum number of ORB points that are examined for graphics if the quick tier is off.
const DRAWN_POINTS: u32 = 1000;

/// Returns the part, and computes it on first use. Two threads can both compute it, with the same result.
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
