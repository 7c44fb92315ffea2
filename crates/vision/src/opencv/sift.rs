use opencv::core::{Mat, Ptr, Size, Vector, no_array};
use opencv::features2d::SIFT;
use opencv::imgproc::create_clahe;
use opencv::prelude::*;

use super::features::{Descriptors, Features, SiftDescriptor};

/// Finds SIFT points in grey pixels of 8 bits, the `max` strongest of them, and describes them as RootSIFT.
///
/// Contrast is evened out before (CLAHE, limit 2, 8 by 8 tiles), so that the same thing in shadow
/// and in light gives the same points.
pub(super) fn sift(grey: &Mat, max: u32) -> opencv::Result<Features> {
    let size = grey.size()?;
    let mut even = Mat::default();
    create_clahe(2.0, Size::new(8, 8))?.apply(grey, &mut even)?;
    let mut points = Vector::new();
    let mut rows = Mat::default();
    let strongest = i32::try_from(max).unwrap_or(i32::MAX);
    detector(strongest)?.detect_and_compute(&even, &no_array(), &mut points, &mut rows, false)?;
    // Of equally strong points OpenCV keeps all.
    let count = points.len().min(max as usize);
    let mut descriptors = Vec::with_capacity(count);
    for row in 0..rows.rows().min(strongest) {
        descriptors.push(root_sift(rows.at_row::<f32>(row)?));
    }
    Ok(Features {
        width: size.width.unsigned_abs(),
        height: size.height.unsigned_abs(),
        points: points.iter().take(count).map(|point| [point.pt().x, point.pt().y]).collect(),
        descriptors: Descriptors::Sift(descriptors),
    })
}

/// How many SIFT points grey pixels of 8 bits have as they are.
pub(super) fn count(grey: &Mat) -> opencv::Result<u32> {
    let mut points = Vector::new();
    detector(0)?.detect(grey, &mut points, &no_array())?;
    Ok(points.len() as u32)
}

/// Three layers an octave, contrast 0.04, edge 10, blur 1.6: Lowe's figures. At most `strongest`
/// points, or all of them where that is 0.
fn detector(strongest: i32) -> opencv::Result<Ptr<SIFT>> {
    SIFT::create(strongest, 3, 0.04, 10.0, 1.6)
}

fn root_sift(row: &[f32]) -> SiftDescriptor {
    let sum: f32 = row.iter().sum();
    let mut descriptor = [0; 128];
    for (entry, share) in descriptor.iter_mut().zip(row) {
        // No share of a point that has any structure comes near a quarter.
        *entry = (512.0 * (share / sum.max(1.0)).sqrt()).round().min(255.0) as i16;
    }
    descriptor
}
