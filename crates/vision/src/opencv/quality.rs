//! Whether later photos can be verified against a reference, and what is wrong where they cannot.

use injeung_domain::{QualityIssue, ReferenceQuality};
use opencv::core::{CV_32F, KeyPoint, Mat, Vector, mean_std_dev, no_array};
use opencv::imgproc::laplacian_def;
use opencv::prelude::*;

use super::sift;

/// Rates grey pixels of 8 bits at working size as a reference: refused below `min_features` points,
/// warned about below `warn_features`.
///
/// The number of SIFT points by Lowe's figures decides; the other measures say why there are few,
/// or that they lie in one spot. docs/accuracy.md has the refusals that the bounds rest on.
pub(crate) fn rate(
    grey: &Mat,
    min_features: u32,
    warn_features: u32,
) -> opencv::Result<ReferenceQuality> {
    let points = sift::plain_points(grey)?;
    let feature_count = points.len() as u32;
    let verifiable = feature_count >= min_features;
    let mut issues = Vec::new();
    if !verifiable {
        issues.push(QualityIssue::TooFewFeatures);
    } else if feature_count < warn_features {
        issues.push(QualityIssue::FewFeatures);
    }
    let causes = issues.len();
    if brightest(grey)? < DARK_BELOW {
        issues.push(QualityIssue::Dark);
    }
    if sharpness(grey)? < BLURRED_BELOW {
        issues.push(QualityIssue::Blurred);
    }
    if (1..SPOT_BELOW).contains(&cells(&points, grey)) {
        issues.push(QualityIssue::OneSpot);
    }
    // What has few points for none of these reasons has nothing on it.
    if causes > 0 && issues.len() == causes {
        issues.push(QualityIssue::LittleTexture);
    }
    Ok(ReferenceQuality { feature_count, verifiable, issues })
}

/// Of the brightness that 99 of 100 pixels do not exceed, 0 to 255.
const DARK_BELOW: u32 = 50;
/// Of [`sharpness`].
const BLURRED_BELOW: f64 = 0.1;
/// Of the 16 cells of a 4 by 4 grid that have points.
const SPOT_BELOW: u32 = 6;

/// The brightness that 99 of 100 pixels do not exceed.
fn brightest(grey: &Mat) -> opencv::Result<u32> {
    let mut counts = [0_usize; 256];
    for row in 0..grey.rows() {
        for pixel in grey.at_row::<u8>(row)? {
            if let Some(count) = counts.get_mut(usize::from(*pixel)) {
                *count += 1;
            }
        }
    }
    let one_of_a_hundred = counts.iter().sum::<usize>() / 100;
    let mut brighter = 0;
    let reached = (0_usize..256).zip(counts).rev().find(|(_, count)| {
        brighter += count;
        brighter > one_of_a_hundred
    });
    Ok(reached.map_or(0, |(level, _)| level as u32))
}

/// How much of the contrast is between neighbours: the spread of the Laplacian in the spread of the
/// brightness, 0.3 to 0.8 in photos as they come.
fn sharpness(grey: &Mat) -> opencv::Result<f64> {
    let mut edges = Mat::default();
    laplacian_def(grey, &mut edges, CV_32F)?;
    Ok(spread(&edges)? / spread(grey)?.max(1.0))
}

fn spread(pixels: &Mat) -> opencv::Result<f64> {
    let mut deviation = Mat::default();
    mean_std_dev(pixels, &mut Mat::default(), &mut deviation, &no_array())?;
    Ok(*deviation.at::<f64>(0)?)
}

/// How many cells of a 4 by 4 grid have points.
fn cells(points: &Vector<KeyPoint>, grey: &Mat) -> u32 {
    let cell = |length: f32, side: i32| ((length * 4.0 / side as f32) as u32).min(3);
    let taken = points.iter().fold(0_u16, |taken, point| {
        taken | 1 << (4 * cell(point.pt().y, grey.rows()) + cell(point.pt().x, grey.cols()))
    });
    taken.count_ones()
}
