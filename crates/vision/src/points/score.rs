use std::f64::consts::PI;

use injeung_domain::GeometricModel;

/// Maximum distance of a point from where a homography takes it, in pixels of the working size.
pub(crate) const HOMOGRAPHY_TOLERANCE: f64 = 4.0;
/// Maximum distance of a point from its epipolar line, in pixels of the working size.
pub(crate) const FUNDAMENTAL_TOLERANCE: f64 = 2.0;

/// Significance of a motion that explains `inliers` of `matches`: minus the decimal logarithm of its number of false
/// alarms. 0 or less is insignificant; minus infinity if it explains no more matches than define the motion.
///
/// The number of false alarms is the expected number of motions that explain as many matches if the photo's points were
/// uniformly distributed in a picture of `width` by `height` pixels: a-contrario RANSAC (Moisan and Stival, IJCV 2004;
/// Moisan, Moulon and Monasse, IPOL 2012).
pub(crate) fn score(
    model: GeometricModel,
    matches: usize,
    inliers: usize,
    width: u32,
    height: u32,
) -> f64 {
    let (width, height) = (f64::from(width), f64::from(height));
    // Number of points that define a model, number of models that those points define, and probability that a point
    // agrees with a model by chance.
    let (sample, models, chance) = match model {
        GeometricModel::Homography => {
            (4, 1.0, PI * HOMOGRAPHY_TOLERANCE.powi(2) / (width * height))
        }
        GeometricModel::Fundamental => {
            (7, 3.0, 2.0 * FUNDAMENTAL_TOLERANCE * width.hypot(height) / (width * height))
        }
    };
    if inliers <= sample || matches < inliers {
        return f64::NEG_INFINITY;
    }
    let false_alarms = (models * (matches - sample) as f64).log10()
        + log10_binomial(matches, inliers)
        + log10_binomial(inliers, sample)
        + (inliers - sample) as f64 * chance.min(1.0).log10();
    -false_alarms
}

/// Decimal logarithm of the number of ways to choose `k` of `n`.
fn log10_binomial(n: usize, k: usize) -> f64 {
    let k = k.min(n - k);
    (1..=k).map(|i| ((n - k + i) as f64 / i as f64).log10()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_that_of_the_formula() {
        // 10 of 20 pairs on a homography in 640 by 480 pixels, by hand: lg(16) = 1.204,
        // lg C(20,10) = 5.267, lg C(10,4) = 2.322, 6 lg(16 pi / 307,200) = -22.717.
        let plane = score(GeometricModel::Homography, 20, 10, 640, 480);
        assert!((plane - 13.924).abs() < 0.005, "{plane}");
        // As a fundamental matrix: lg(3 * 13) = 1.591, lg C(20,10) = 5.267, lg C(10,7) = 2.079,
        // 3 lg(4 * 800 / 307,200) = -5.947; the sum is above 0, which is insignificant.
        let none = score(GeometricModel::Fundamental, 20, 10, 640, 480);
        assert!((none + 2.990).abs() < 0.005, "{none}");
        // 15 of 20: lg C(20,15) = 4.190, lg C(15,7) = 3.809, 8 lg(...) = -15.858.
        let depth = score(GeometricModel::Fundamental, 20, 15, 640, 480);
        assert!((depth - 6.268).abs() < 0.005, "{depth}");
    }

    #[test]
    fn more_agreement_never_scores_less_and_too_little_scores_nothing() {
        for model in [GeometricModel::Homography, GeometricModel::Fundamental] {
            let scores: Vec<_> =
                (0..=300).map(|inliers| score(model, 300, inliers, 640, 480)).collect();
            assert!(scores.iter().take(8).all(|score| *score < 0.0));
            assert!(scores.last().is_some_and(|score| *score > 300.0));
            // Once the score is positive, each further inlier increases it.
            let rising: Vec<_> = scores.into_iter().filter(|score| *score > 0.0).collect();
            assert!(rising.iter().zip(rising.iter().skip(1)).all(|(less, more)| less < more));
        }
        for (matches, inliers) in [(0, 0), (3, 5), (9, 4)] {
            let none = score(GeometricModel::Homography, matches, inliers, 640, 480);
            assert!(none == f64::NEG_INFINITY, "{none}");
        }
    }
}
