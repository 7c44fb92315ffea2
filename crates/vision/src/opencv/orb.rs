use opencv::core::{KeyPoint, Mat, Vector, no_array};
use opencv::features2d::{ORB, ORB_ScoreType};
use opencv::prelude::*;

use crate::points::{Descriptors, Features, OrbDescriptor, angle, size};

/// Finds and describes at most `max` ORB points in grey pixels of 8 bits; none within 31 pixels of the border.
pub(crate) fn orb(grey: &Mat, max: u32) -> opencv::Result<Features> {
    let shape = grey.size()?;
    let max = i32::try_from(max).unwrap_or(i32::MAX);
    let mut points = Vector::new();
    let mut rows = Mat::default();
    // A narrower picture is all border, and OpenCV fails if no pixel is left on a coarser scale.
    if shape.width.min(shape.height) > 2 * BORDER {
        let kind = ORB_ScoreType::HARRIS_SCORE;
        let mut orb = ORB::create(max, 1.2, 8, BORDER, 0, 2, kind, 31, 10)?;
        orb.detect_and_compute(grey, &no_array(), &mut points, &mut rows, false)?;
    }
    let mut order: Vec<(usize, KeyPoint)> = points.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| b.response().total_cmp(&a.response()));
    let mut descriptors = Vec::with_capacity(order.len());
    for (row, _) in &order {
        descriptors.push(words(rows.at_row::<u8>(i32::try_from(*row).unwrap_or(i32::MAX))?));
    }
    Ok(Features {
        width: shape.width.unsigned_abs(),
        height: shape.height.unsigned_abs(),
        points: order.iter().map(|(_, point)| [point.pt().x, point.pt().y]).collect(),
        angles: order.iter().map(|(_, point)| angle(point.angle())).collect(),
        sizes: order.iter().map(|(_, point)| size(point.size())).collect(),
        descriptors: Descriptors::Orb(descriptors),
    })
}

/// Width of the border without points, in pixels: the size of the described surroundings.
const BORDER: i32 = 31;

fn words(row: &[u8]) -> OrbDescriptor {
    let mut descriptor = [0; 4];
    for (word, bytes) in descriptor.iter_mut().zip(row.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    descriptor
}
