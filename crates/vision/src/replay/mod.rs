//! Recognises photos that were sent before (docs/replay.md, docs/adr/0024).

mod frame;
mod hash;
mod plane;
mod points;
mod quantised;
mod residue;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_adapter::Workers;
use injeung_domain::ports::{ReplayDetector, VisionError};
use injeung_domain::{ExaminedPhoto, Fault, JpegPhoto, Photo, PhotoFlag, PhotoTrace};
use opencv::core::{Mat, flip};

use self::plane::Plane;
use self::points::{Points, Query};
pub use self::quantised::Rounding;
pub use self::residue::Agreement;
use crate::flags::pixel_flags;
use crate::opencv::{Colour, Fit, decode, decode_unturned, fault};

/// Recognises copies by a perceptual hash and by points, and confirms them pixel by pixel.
#[derive(Debug, Clone)]
pub struct CopyDetector {
    pool: Workers,
}

/// Longer side in pixels of a photo that is hashed and searched for points.
const HASHED_SIDE: u32 = 512;
/// Longer side in pixels of photos that are compared.
const COMPARED_SIDE: u32 = 1024;
/// Number of points that are kept of a photo, 3.5 KB.
const KEPT_POINTS: usize = 96;
/// Number of points of a new photo.
const QUERY_POINTS: u32 = 500;
/// Number of points by which compared photos are aligned.
const ALIGNED_POINTS: u32 = 1000;

impl CopyDetector {
    /// A detector that works on `pool`.
    pub fn new(pool: Workers) -> Self {
        Self { pool }
    }

    /// Examines a photo.
    ///
    /// # Errors
    /// Those of [`ReplayDetector::examine`].
    pub fn examine_now(photo: &JpegPhoto) -> Result<ExaminedPhoto, VisionError> {
        let grey = decode(photo.photo(), Colour::Grey, Fit::LongSide(HASHED_SIDE))?;
        let plane = Plane::of(&grey).map_err(fault)?;
        let hashes = hash::variants(&plane);
        let framed = frame::without_frame(&plane);
        let inner = framed.iter().filter_map(hash::variants);
        let mut variants: Vec<_> = hashes.into_iter().chain(inner).flatten().collect();
        variants.truncate(ExaminedPhoto::MAX_VARIANTS);
        let query = query(&grey, QUERY_POINTS).map_err(fault)?;
        Ok(ExaminedPhoto {
            trace: PhotoTrace {
                pixels_sha256: *photo.pixels_sha256(),
                hash: hashes.map(|[own, ..]| own),
                points: query.upright.strongest(KEPT_POINTS).to_bytes().into(),
            },
            variants,
            query: query.to_bytes().into(),
        })
    }

    /// Places of the earlier points that can be aligned with the new photo.
    ///
    /// # Errors
    /// Those of [`ReplayDetector::similar`].
    pub fn similar_now(photo: &ExaminedPhoto, earlier: &[Bytes]) -> Result<Vec<usize>, Fault> {
        let query = Query::from_bytes(&photo.query)?;
        let mut found = Vec::new();
        for (place, points) in earlier.iter().enumerate() {
            let points = Points::from_bytes(points);
            if let Some((alignment, _)) = points.and_then(|points| query.align(&points)) {
                found.push((alignment.inliers, place));
            }
        }
        found.sort_by_key(|(inliers, place)| (std::cmp::Reverse(*inliers), *place));
        Ok(found.into_iter().map(|(_, place)| place).collect())
    }

    /// Lays an earlier photo over a new one and compares their details; `None` if they cannot be aligned.
    ///
    /// # Errors
    /// Those of [`ReplayDetector::is_copy`], also for the earlier photo.
    pub fn compare(photo: &Photo, earlier: &Photo) -> Result<Option<Agreement>, VisionError> {
        let pixels = |photo| decode(photo, Colour::Grey, Fit::LongSide(COMPARED_SIDE));
        let found = compare(&pixels(photo)?, &pixels(earlier)?).map_err(fault)?;
        let Some(agreement) = found else { return Ok(None) };
        let is_resampled = agreement.is_resampled || upright_size(photo) != upright_size(earlier);
        let is_needed = !is_resampled && agreement.is_laid();
        let rounding = if is_needed { Some(rounding(photo, earlier)?) } else { None };
        Ok(Some(Agreement { is_resampled, rounding, ..agreement }))
    }
}

/// Compares the coefficients of two photos of the same size that lie over each other. Photos in another format, or turned
/// by other tags, are not compared, so that they count as different.
fn rounding(photo: &Photo, earlier: &Photo) -> Result<Rounding, VisionError> {
    let steps = quantised::steps(photo.bytes());
    let Some(steps) = steps.filter(|_| photo.orientation() == earlier.orientation()) else {
        return Ok(Rounding::default());
    };
    let luminance = |photo| -> Result<Plane, VisionError> {
        Plane::of(&decode_unturned(photo, Colour::Grey, Fit::Full)?).map_err(fault)
    };
    Ok(quantised::rounding(&luminance(earlier)?, &luminance(photo)?, &steps))
}

/// Width and height in pixels after the orientation is applied.
fn upright_size(photo: &Photo) -> [u32; 2] {
    let (width, height) = (photo.width(), photo.height());
    if photo.orientation().swaps_sides() { [height, width] } else { [width, height] }
}

fn compare(new: &Mat, earlier: &Mat) -> opencv::Result<Option<Agreement>> {
    let query = query(new, ALIGNED_POINTS)?;
    let Some((alignment, is_mirrored)) = query.align(&Points::of(earlier, ALIGNED_POINTS)?) else {
        return Ok(None);
    };
    let mut mirrored = Mat::default();
    if is_mirrored {
        flip(new, &mut mirrored, 1)?;
    }
    let new = if is_mirrored { &mirrored } else { new };
    let agreement = residue::agreement(earlier, new, &alignment)?;
    let is_resampled = agreement.is_resampled || is_mirrored;
    Ok(Some(Agreement { is_resampled, ..agreement }))
}

fn query(grey: &Mat, max: u32) -> opencv::Result<Query> {
    let mut mirrored = Mat::default();
    flip(grey, &mut mirrored, 1)?;
    Ok(Query { upright: Points::of(grey, max)?, mirrored: Points::of(&mirrored, max)? })
}

#[async_trait]
impl ReplayDetector for CopyDetector {
    async fn examine(&self, photo: &JpegPhoto) -> Result<ExaminedPhoto, VisionError> {
        let photo = photo.clone();
        self.pool.run_blocking(move || Self::examine_now(&photo)).await?
    }

    async fn similar(&self, photo: &ExaminedPhoto, earlier: &[Bytes]) -> Result<Vec<usize>, Fault> {
        let (photo, earlier) = (photo.clone(), earlier.to_vec());
        self.pool.run_blocking(move || Self::similar_now(&photo, &earlier)).await?
    }

    async fn is_copy(&self, photo: &Photo, earlier: &Photo) -> Result<bool, Fault> {
        let (photo, earlier) = (photo.clone(), earlier.clone());
        let work = move || match Self::compare(&photo, &earlier) {
            Ok(agreement) => Ok(agreement.is_some_and(|agreement| agreement.is_copy())),
            Err(VisionError::Photo(_)) => Ok(false),
            Err(VisionError::Fault(fault)) => Err(fault),
        };
        self.pool.run_blocking(work).await?
    }

    async fn flags(&self, photo: &Photo) -> Result<Vec<PhotoFlag>, Fault> {
        let photo = photo.clone();
        let work = move || match pixel_flags(&photo) {
            Ok(flags) => Ok(flags),
            Err(VisionError::Photo(_)) => Ok(Vec::new()),
            Err(VisionError::Fault(fault)) => Err(fault),
        };
        self.pool.run_blocking(work).await?
    }
}
