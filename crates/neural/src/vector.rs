//! Loops over rows of numbers, compiled once for each supported set of vector instructions.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Partial sums of a row. The compiler may not reorder additions of floating-point numbers, so a sum uses
/// vector instructions only if it is written in parts.
const LANES: usize = 16;
const NORM_EPSILON: f32 = 1e-5;
/// Arguments below this have an exponential of 0 here: added to 1 it would change nothing in 32 bits. Most weights
/// of a trained attention are smaller, and products of subnormal numbers take a hundred times as long.
const LEAST_EXPONENT: f32 = -60.0;

/// Replaces each value `x` by `exp(x - max)` and returns the sum of the new values.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn exponentiate(row: &mut [f32]) -> f32 {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        exponentiate_by::<true>(row)
    } else {
        exponentiate_by::<false>(row)
    }
}

#[inline(always)]
fn exponentiate_by<const FMA: bool>(row: &mut [f32]) -> f32 {
    let max = max(row);
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *value = exp::<FMA>(*value - max);
            *lane += *value;
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *value = exp::<FMA>(*value - max);
        *lane += *value;
    }
    lanes.into_iter().sum()
}

/// Adds `exp(x - max)` to the sum of each column; each column has its own `max`.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn add_exponentials(row: &[f32], max: &[f32], sums: &mut [f32]) {
    for ((sum, value), max) in sums.iter_mut().zip(row).zip(max) {
        *sum += exp::<false>(value - max);
    }
}

/// Layer normalisation with a scale and an offset for each column, followed by the Gaussian error linear unit.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn normalize_and_activate(row: &mut [f32], scale: &[f32], offset: &[f32]) {
    let count = row.len() as f32;
    let mean = sum(row, |value| value) / count;
    let variance = sum(row, |value| (value - mean) * (value - mean)) / count;
    let factor = 1.0 / (variance + NORM_EPSILON).sqrt();
    for ((value, scale), offset) in row.iter_mut().zip(scale).zip(offset) {
        *value = gelu((*value - mean) * factor * scale + offset);
    }
}

/// Returns the largest value of row number `row`. Updates the largest value of each column so far in `maxima`, and
/// the number of its row in `rows`.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn track_maxima(values: &[f32], row: u32, maxima: &mut [f32], rows: &mut [u32]) -> f32 {
    for ((value, most), its_row) in values.iter().zip(maxima).zip(rows) {
        let is_larger = *value > *most;
        *most = if is_larger { *value } else { *most };
        *its_row = if is_larger { row } else { *its_row };
    }
    max(values)
}

#[inline(always)]
fn max(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            // One instruction, unlike `f32::max`.
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.into_iter().chain(rest.iter().copied()).fold(f32::NEG_INFINITY, f32::max)
}

#[inline(always)]
fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += term(*value);
        }
    }
    lanes.into_iter().sum::<f32>() + rest.iter().map(|value| term(*value)).sum::<f32>()
}

/// `exp` of numbers up to 0 with a relative error below 2e-7, but 0 below [`LEAST_EXPONENT`].
///
/// Splits off a power of 2 and approximates the rest by the polynomial of Cephes' `expf`,
/// <https://www.netlib.org/cephes/>. `FMA` as in [`accumulate`](crate::product::accumulate).
#[inline(always)]
fn exp<const FMA: bool>(x: f32) -> f32 {
    // Adding this rounds to an integer, which is then in the lowest bits of the significand.
    const ROUND: f32 = 12_582_912.0;
    // The natural logarithm of 2 as a sum; products of its first part are exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let fused = |a: f32, b: f32, c: f32| if FMA { a.mul_add(b, c) } else { a * b + c };
    let shifted = fused(x, std::f32::consts::LOG2_E, ROUND);
    let power = shifted - ROUND;
    let r = fused(power, -LN_2_LOW, fused(power, -LN_2_HIGH, x));
    let polynomial = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5]
        .into_iter()
        .fold(1.987_569_1e-4, |sum, term| fused(sum, r, term));
    let polynomial = fused(polynomial, r * r, r) + 1.0;
    // Adds the power of 2 to the exponent bits of the polynomial, which is near 1.
    let result = f32::from_bits(polynomial.to_bits().wrapping_add(shifted.to_bits() << 23));
    if x > LEAST_EXPONENT { result } else { 0.0 }
}

/// `x` times the probability that a standard normal variable is below `x`, with an error below 2e-7 `x`.
///
/// Uses approximation 7.1.26 of the error function in Abramowitz and Stegun, Handbook of Mathematical Functions.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t
        + 0.254_829_6)
        * t;
    // Probability of a value beyond `|x|` on either side.
    let beyond = polynomial * exp::<false>(-z * z);
    0.5 * (x + x.abs() * (1.0 - beyond))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close() {
        for step in 0..6_000 {
            let x = step as f32 * -0.01;
            let exact = f64::from(x).exp();
            for exp in [exp::<true>, exp::<false>] {
                assert!((f64::from(exp(x)) - exact).abs() < 2e-7 * exact, "{x}");
            }
        }
        for x in [-60.5, -1e3, -1e6, f32::NEG_INFINITY] {
            assert_eq!((exp::<true>(x), exp::<false>(x)), (0.0, 0.0));
        }
    }

    #[test]
    fn gelu_is_close() {
        // Values of x Phi(x) to six digits.
        for (x, exact) in
            [(0.0, 0.0), (1.0, 0.841_345), (-1.0, -0.158_655), (2.0, 1.954_5), (-3.0, -0.004_05)]
        {
            assert!((gelu(x) - exact).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn softmax_of_a_row_with_a_rest() {
        let mut row: Vec<f32> = (0..37).map(|index| index as f32 * 0.5 - 100.0).collect();
        let sum = exponentiate(&mut row);
        let exact: f64 = (0..37).map(|index| (f64::from(index) * 0.5 - 18.0).exp()).sum();
        assert!((f64::from(sum) - exact).abs() < 1e-5);
        assert_eq!(row.last(), Some(&1.0));
    }
}
