use ndarray::Array2;

use super::features::NeuralFeatures;
use super::lighterglue::PhotoPoints;
use super::models::NeuralModels;
use super::product::{Panels, Rows, product};
use super::settings::NeuralSettings;
use super::vector::track_maxima;
use crate::opencv::Match;

/// Pairs points whose descriptors are each other's nearest and whose cosine is above `min_cosine`, in
/// the order of the reference's points.
pub fn mutual_matches(
    settings: &NeuralSettings,
    reference: &NeuralFeatures,
    photo: &NeuralFeatures,
) -> Vec<Match> {
    mutual_nearest(&reference.descriptors, &photo.descriptors, settings.min_cosine)
}

/// Pairs the best points of both photos by LighterGlue, in the order of the reference's points.
pub fn lighterglue(
    models: &NeuralModels,
    settings: &NeuralSettings,
    reference: &NeuralFeatures,
    photo: &NeuralFeatures,
) -> Vec<Match> {
    let [a, b] = [reference, photo].map(|features| best(features, settings.matcher_points));
    let pairs = models.matcher().pairs(a, b, settings.min_confidence, settings.min_matchable);
    pairs.into_iter().map(|pair| Match { reference: pair.a, photo: pair.b }).collect()
}

/// Rows of the reference that are compared with all of the photo at once: 2,048 points' cosines for
/// them take a megabyte, which stays in the processor's second cache.
const ROWS: usize = 128;

fn best(features: &NeuralFeatures, count: usize) -> PhotoPoints<'_> {
    let count = count.min(features.points.len());
    PhotoPoints {
        points: features.points.get(..count).unwrap_or_default(),
        descriptors: Rows::of(&features.descriptors).first(count),
        size: [features.width as f32, features.height as f32],
    }
}

fn mutual_nearest(reference: &Array2<f32>, photo: &Array2<f32>, min_cosine: f32) -> Vec<Match> {
    let columns = Panels::of_transposed(Rows::of(photo));
    // For each of the reference's points the index of the nearest and its cosine.
    let mut nearest = Vec::with_capacity(reference.nrows());
    let mut back_cosines = vec![f32::NEG_INFINITY; photo.nrows()];
    let mut back = vec![u32::MAX; photo.nrows()];
    let all = Rows::of(reference);
    for first in (0..reference.nrows()).step_by(ROWS) {
        let cosines = product(&[all.from(first).first(ROWS)], &columns, &[]);
        for row in cosines.rows() {
            let Some(row) = row.to_slice() else { continue };
            let index = nearest.len() as u32;
            let largest = track_maxima(row, index, &mut back_cosines, &mut back);
            nearest.push((row.iter().position(|cosine| *cosine == largest), largest));
        }
    }
    let pair = |(index, (nearest, cosine)): (usize, (Option<usize>, f32))| {
        let photo = nearest.filter(|_| cosine > min_cosine)?;
        let is_mutual = back.get(photo).copied() == u32::try_from(index).ok();
        is_mutual.then_some(Match { reference: index, photo })
    };
    nearest.into_iter().enumerate().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Rows of length 1 whose entries a multiplicative generator makes.
    fn rows(count: usize, seed: u32) -> Array2<f32> {
        let mut state = seed;
        let mut rows = Array2::from_shape_simple_fn((count, 64), || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        });
        for mut row in rows.rows_mut() {
            let length = row.dot(&row).sqrt();
            row /= length;
        }
        rows
    }

    /// The same by comparing each with each, twice.
    fn plain(a: &Array2<f32>, b: &Array2<f32>, min_cosine: f32) -> Vec<Match> {
        let nearest = |row: ndarray::ArrayView1<'_, f32>, rows: &Array2<f32>| {
            let cosines = rows.rows().into_iter().map(|other| row.dot(&other)).enumerate();
            cosines.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
        };
        let mut matches = Vec::new();
        for (reference, row) in a.rows().into_iter().enumerate() {
            let (photo, cosine) = nearest(row, b);
            if cosine > min_cosine && nearest(b.row(photo), a).0 == reference {
                matches.push(Match { reference, photo });
            }
        }
        matches
    }

    #[test]
    fn blocks_find_what_comparing_each_with_each_finds() {
        // More than two blocks, the last not full; some of the rows are the other's with noise.
        let a = rows(300, 1);
        let mut b = rows(170, 2);
        for (mut row, other) in b.rows_mut().into_iter().zip(a.rows().into_iter().rev()).take(90) {
            row *= 0.5;
            row += &other;
            let length = row.dot(&row).sqrt();
            row /= length;
        }
        for min_cosine in [-1.0, 0.5, 0.82] {
            let found = mutual_nearest(&a, &b, min_cosine);
            assert_eq!(found, plain(&a, &b, min_cosine));
            assert!(found.len() >= 40, "{}", found.len());
            let mut back: Vec<_> = mutual_nearest(&b, &a, min_cosine)
                .into_iter()
                .map(|Match { reference, photo }| Match { reference: photo, photo: reference })
                .collect();
            back.sort_by_key(|found| found.reference);
            assert_eq!(found, back);
        }
    }

    #[test]
    fn nothing_has_no_pairs() {
        let (none, some) = (rows(0, 1), rows(3, 1));
        for (a, b) in [(&none, &some), (&some, &none), (&none, &none)] {
            assert_eq!(mutual_nearest(a, b, -1.0), []);
        }
    }

    #[test]
    fn no_cosine_is_above_itself() {
        let same = rows(5, 3);
        assert_eq!(mutual_nearest(&same, &same, 0.99).len(), 5);
        assert_eq!(mutual_nearest(&same, &same, 1.01), []);
    }
}
