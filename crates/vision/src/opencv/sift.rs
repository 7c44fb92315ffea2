use opencv::core::{KeyPoint, Mat, Ptr, Size, Vector, no_array};
use opencv::features2d::SIFT;
use opencv::imgproc::create_clahe;
use opencv::prelude::*;

use crate::points::{Descriptors, Features, SiftDescriptor, angle, size};

/// Finds the `max` strongest SIFT points in grey pixels of 8 bits, strongest first, and describes them as RootSIFT.
///
/// Contrast is equalised before (CLAHE, limit 2, 8 by 8 tiles), so that the same thing gives the same points in shadow and
/// in light. Faint points and points on edges are included: geometry rejects false matches, and matching photos have more
/// to agree on (docs/data/experiments.md).
pub(crate) fn sift(grey: &Mat, max: u32) -> opencv::Result<Features> {
    let shape = grey.size()?;
    let mut even = Mat::default();
    create_clahe(2.0, Size::new(8, 8))?.apply(grey, &mut even)?;
    let mut points = Vector::new();
    let mut rows = Mat::default();
    let strongest = i32::try_from(max).unwrap_or(i32::MAX);
    detector(strongest, 0.02, 15.0)?.detect_and_compute(
        &even,
        &no_array(),
        &mut points,
        &mut rows,
        false,
    )?;
    // Strongest first, so that fewer can be kept; OpenCV keeps all of equally strong points.
    let mut order: Vec<(usize, KeyPoint)> = points.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| b.response().total_cmp(&a.response()));
    order.truncate(max as usize);
    let mut descriptors = Vec::with_capacity(order.len());
    for (row, _) in &order {
        descriptors.push(root_sift(rows.at_row::<f32>(i32::try_from(*row).unwrap_or(i32::MAX))?));
    }
    Ok(Features {
        width: shape.width.unsigned_abs(),
        height: shape.height.unsigned_abs(),
        points: order.iter().map(|(_, point)| [point.pt().x, point.pt().y]).collect(),
        angles: order.iter().map(|(_, point)| angle(point.angle())).collect(),
        sizes: order.iter().map(|(_, point)| size(point.size())).collect(),
        descriptors: Descriptors::Sift(descriptors),
    })
}

/// Places of the SIFT points by Lowe's thresholds in grey pixels of 8 bits without equalised contrast, as fractions of
/// the width and of the height.
pub(crate) fn plain_places(grey: &Mat) -> opencv::Result<Vec<[f32; 2]>> {
    let mut points = Vector::<KeyPoint>::new();
    detector(0, 0.04, 10.0)?.detect(grey, &mut points, &no_array())?;
    let (width, height) = (grey.cols() as f32, grey.rows() as f32);
    Ok(points.iter().map(|point| [point.pt().x / width, point.pt().y / height]).collect())
}

/// A detector with Lowe's three layers an octave and blur of 1.6. It returns at most `strongest` points, or all if that
/// is 0. Lowe's minimum contrast is 0.04 and his maximum ratio of an edge's curvatures 10.
fn detector(strongest: i32, contrast: f64, edge: f64) -> opencv::Result<Ptr<SIFT>> {
    SIFT::create(strongest, 3, contrast, edge, 1.6)
}

fn root_sift(row: &[f32]) -> SiftDescriptor {
    let sum: f32 = row.iter().sum();
    let mut descriptor = [0; 128];
    for (entry, share) in descriptor.iter_mut().zip(row) {
        // No entry of a point with any structure comes near a quarter.
        *entry = (512.0 * (share / sum.max(1.0)).sqrt()).round().min(255.0) as i16;
    }
    descriptor
}
