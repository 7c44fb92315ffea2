//! Whether later photos can be verified against a reference, and what is wrong where they cannot.

use injeung_domain::{QualityIssue, ReferenceQuality};
use opencv::core::{CV_32F, Mat, mean_std_dev, no_array};
use opencv::imgproc::laplacian_def;
use opencv::prelude::*;
use serde::Deserialize;

/// How many feature points a reference should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct QualityBounds {
    /// A reference with fewer is refused.
    pub min_features: u32,
    /// A reference with fewer is taken with a warning. At least `min_features`.
    pub warn_features: u32,
}

/// Rates a photo as a reference, by its grey pixels of 8 bits at working size and by the places of its
/// feature points, as shares of the width and of the height: those on the scene, and
/// those of ORB, which are on graphics too.
///
/// The number of the points and how far they are spread decide; the other measures say why. docs/data/experiments.md
/// has the refusals that the bounds rest on.
pub(crate) fn rate(
    grey: &Mat,
    on_scene: &[[f32; 2]],
    everywhere: &[[f32; 2]],
    bounds: QualityBounds,
) -> opencv::Result<ReferenceQuality> {
    let feature_count = on_scene.len() as u32;
    // Fewer points than cells cannot lie in as many.
    let enough = feature_count >= bounds.min_features.max(MIN_CELLS);
    let scene_cells = cells(on_scene);
    let mut issues = Vec::new();
    if !enough {
        issues.push(QualityIssue::TooFewFeatures);
    } else if feature_count < bounds.warn_features {
        issues.push(QualityIssue::FewFeatures);
    }
    let causes = issues.len();
    if brightest(grey)? < DARK_BELOW {
        issues.push(QualityIssue::Dark);
    }
    if sharpness(grey)? < BLURRED_BELOW {
        issues.push(QualityIssue::Blurred);
    }
    // Where graphics are all there is, they are the spot.
    let seen_cells = if enough { scene_cells } else { scene_cells.max(cells(everywhere)) };
    if (1..SPOT_BELOW).contains(&seen_cells) {
        issues.push(QualityIssue::OneSpot);
    }
    // What has few points for none of these reasons has nothing on it.
    if causes > 0 && issues.len() == causes {
        issues.push(QualityIssue::LittleTexture);
    }
    Ok(ReferenceQuality { feature_count, verifiable: enough && scene_cells >= MIN_CELLS, issues })
}

/// Of the brightness that 99 of 100 pixels do not exceed, 0 to 255.
const DARK_BELOW: u32 = 50;
/// Of [`sharpness`].
const BLURRED_BELOW: f64 = 0.1;
/// Of the 16 cells of a 4 by 4 grid that have points, to be warned about.
const SPOT_BELOW: u32 = 6;
/// Of the same, to be taken at all.
const MIN_CELLS: u32 = 3;

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
fn cells(points: &[[f32; 2]]) -> u32 {
    let cell = |share: f32| ((share * 4.0) as u32).min(3);
    let taken = points.iter().fold(0_u16, |taken, [x, y]| taken | 1 << (4 * cell(*y) + cell(*x)));
    taken.count_ones()
}
