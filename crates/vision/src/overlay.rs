use bytes::Bytes;
use injeung_domain::ports::VisionError;
use injeung_domain::{GeometricModel, Photo, TierScore};
use opencv::core::{CV_8UC3, Mat, Point, Rect, Scalar, Size};
use opencv::imgproc::{
    COLOR_HSV2BGR, FONT_HERSHEY_SIMPLEX, INTER_AREA, LINE_AA, circle, cvt_color_def, line,
    put_text, resize,
};
use opencv::prelude::*;

use crate::cascade::Detail;
use crate::opencv::{Colour, Fit, decode, encode, fault};

/// Draws a comparison as a JPEG: both photos upright side by side, at most 800 pixels high each. It has a coloured line
/// for each inlier and the decision below. Blocks.
///
/// # Errors
/// [`VisionError::Photo`] if the pixels cannot be decoded, otherwise a fault.
pub fn draw_overlay(
    reference: &Photo,
    photo: &Photo,
    detail: &Detail,
) -> Result<Bytes, VisionError> {
    let reference = decode(reference, Colour::Bgr, Fit::LongSide(MAX_SIDE))?;
    let photo = decode(photo, Colour::Bgr, Fit::LongSide(MAX_SIDE))?;
    draw(reference, photo, detail).map(Bytes::from).map_err(fault)
}

/// Maximum number of lines; more hide the photos.
const MAX_LINES: usize = 200;
const MAX_SIDE: u32 = 1600;
const MAX_HEIGHT: i32 = 800;
const GAP: i32 = 8;
const CAPTION_HEIGHT: i32 = 40;

fn draw(reference: Mat, photo: Mat, detail: &Detail) -> opencv::Result<Vec<u8>> {
    let [reference, photo] = [lowered(reference)?, lowered(photo)?];
    let (left, right) = (reference.size()?, photo.size()?);
    let height = left.height.max(right.height);
    // A caption needs a minimum width even if the photos are narrow.
    let width = (left.width + GAP + right.width).max(720);
    let mut canvas = Mat::new_rows_cols_with_default(
        height + CAPTION_HEIGHT,
        width,
        CV_8UC3,
        Scalar::all(24.0),
    )?;
    let offset = left.width + GAP;
    reference.copy_to(&mut Mat::roi_mut(&mut canvas, Rect::new(0, 0, left.width, left.height))?)?;
    let place = Rect::new(offset, 0, right.width, right.height);
    photo.copy_to(&mut Mat::roi_mut(&mut canvas, place)?)?;
    draw_inliers(&mut canvas, detail, left, right, offset)?;
    let colour = if detail.comparison.same_scene {
        Scalar::new(96.0, 220.0, 96.0, 0.0)
    } else {
        Scalar::new(96.0, 96.0, 255.0, 0.0)
    };
    let corner = Point::new(12, height + 27);
    put_text(
        &mut canvas,
        &caption(detail),
        corner,
        FONT_HERSHEY_SIMPLEX,
        0.6,
        colour,
        1,
        LINE_AA,
        false,
    )?;
    encode(&canvas)
}

fn lowered(pixels: Mat) -> opencv::Result<Mat> {
    let size = pixels.size()?;
    if size.height <= MAX_HEIGHT {
        return Ok(pixels);
    }
    let width = f64::from(size.width) * f64::from(MAX_HEIGHT) / f64::from(size.height);
    let mut result = Mat::default();
    let target = Size::new((width.round() as i32).max(1), MAX_HEIGHT);
    resize(&pixels, &mut result, target, 0.0, 0.0, INTER_AREA)?;
    Ok(result)
}

fn draw_inliers(
    canvas: &mut Mat,
    detail: &Detail,
    left: Size,
    right: Size,
    offset: i32,
) -> opencv::Result<()> {
    let step = detail.clearest.inliers.len().div_ceil(MAX_LINES).max(1);
    let shown: Vec<_> = detail.clearest.inliers.iter().step_by(step).collect();
    for (index, pair) in shown.iter().enumerate() {
        let from = scaled(pair.reference, detail.clearest.reference_size, left, 0);
        let to = scaled(pair.photo, detail.clearest.photo_size, right, offset);
        let colour = hue(index as f64 / shown.len() as f64)?;
        line(canvas, from, to, colour, 1, LINE_AA, 0)?;
        for end in [from, to] {
            circle(canvas, end, 3, colour, 1, LINE_AA, 0)?;
        }
    }
    Ok(())
}

/// Place on the canvas of a point at working size.
fn scaled([x, y]: [f32; 2], (width, height): (u32, u32), shown: Size, offset: i32) -> Point {
    let scale = |length: f32, from: u32, to: i32| {
        (f64::from(length) * f64::from(to) / f64::from(from.max(1))).round() as i32
    };
    Point::new(scale(x, width, shown.width) + offset, scale(y, height, shown.height))
}

/// A bright colour, from red at 0 through green and blue back to red at 1.
fn hue(turn: f64) -> opencv::Result<Scalar> {
    let hsv = Scalar::new(turn * 179.0, 255.0, 255.0, 0.0);
    let pixel = Mat::new_rows_cols_with_default(1, 1, CV_8UC3, hsv)?;
    let mut bgr = Mat::default();
    cvt_color_def(&pixel, &mut bgr, COLOR_HSV2BGR)?;
    let [blue, green, red] = bgr.at::<opencv::core::Vec3b>(0)?.0.map(f64::from);
    Ok(Scalar::new(blue, green, red, 0.0))
}

fn caption(detail: &Detail) -> String {
    let verdict = if detail.comparison.same_scene { "same scene" } else { "not the same scene" };
    let TierScore { model, inliers, matches, .. } = detail.clearest.score;
    let model = match model {
        Some(GeometricModel::Homography) => " on a plane",
        Some(GeometricModel::Fundamental) => " in depth",
        None => "",
    };
    format!(
        "{verdict}: probability {:.3}, {inliers} of {matches} matches agree{model}",
        detail.comparison.score,
    )
}
