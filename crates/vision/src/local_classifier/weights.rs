use std::collections::BTreeMap;

use serde::Deserialize;

use super::evidence::ConceptEvidence;

/// Version of the file's format.
const FORMAT: u32 = 1;
/// Smallest distance of a probability from 0 and 1: smaller ones differ by noise only.
const MARGIN: f32 = 1e-4;

/// Weights that turn the evidence of a concept into one value, fitted by `scripts/photos/measure.sh`.
#[derive(Debug, Deserialize)]
pub(super) struct Weights {
    format: u32,
    /// For concepts without a label of the object detector.
    classes: ClassWeights,
    /// For concepts with one.
    objects: ObjectWeights,
    /// Added for single concepts, by one of their names.
    pub(super) concepts: BTreeMap<String, f32>,
}

#[derive(Debug, Deserialize)]
struct ClassWeights {
    bias: f32,
    maximum: f32,
    mean: f32,
}

#[derive(Debug, Deserialize)]
struct ObjectWeights {
    bias: f32,
    maximum: f32,
    mean: f32,
    detected: f32,
}

/// Errors in the file of weights.
#[derive(Debug, thiserror::Error)]
pub(super) enum WeightsError {
    #[error("read the classifier's weights: {0}")]
    Malformed(#[from] toml::de::Error),
    #[error("read the classifier's weights: format {0} must be {FORMAT}")]
    Format(u32),
}

impl Weights {
    /// The weights that are part of this version.
    pub(super) fn included() -> Result<Self, WeightsError> {
        Self::parse(include_str!("weights.toml"))
    }

    fn parse(text: &str) -> Result<Self, WeightsError> {
        let weights: Self = toml::from_str(text)?;
        if weights.format == FORMAT {
            Ok(weights)
        } else {
            Err(WeightsError::Format(weights.format))
        }
    }

    /// Value of a concept from 0 to 1; `bias` is the concept's own.
    pub(super) fn value(&self, evidence: &ConceptEvidence, bias: f32) -> f32 {
        let ConceptEvidence { maximum, mean, detected } = *evidence;
        let exponent = match detected {
            None => {
                let ClassWeights { bias, maximum: weight, mean: mean_weight } = self.classes;
                bias + weight * logit(maximum) + mean_weight * logit(mean)
            }
            Some(detected) => {
                let weights = &self.objects;
                weights.bias
                    + weights.maximum * logit(maximum)
                    + weights.mean * logit(mean)
                    + weights.detected * logit(detected)
            }
        };
        1.0 / (1.0 + (-(exponent + bias)).exp())
    }
}

fn logit(probability: f32) -> f32 {
    let probability = probability.clamp(MARGIN, 1.0 - MARGIN);
    (probability / (1.0 - probability)).ln()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const TEXT: &str = "format = 1\n\
        [classes]\nbias = 0.0\nmaximum = 1.0\nmean = 0.0\n\
        [objects]\nbias = 1.0\nmaximum = 0.5\nmean = 0.0\ndetected = 2.0\n\
        [concepts]\ndog = -1.0\n";

    fn value(maximum: f32, detected: Option<f32>, bias: f32) -> f32 {
        let evidence = ConceptEvidence { maximum, mean: maximum, detected };
        Weights::parse(TEXT).unwrap().value(&evidence, bias)
    }

    fn assert_near(value: f32, expected: f32) {
        assert!((value - expected).abs() < 1e-4, "{value}, not {expected}");
    }

    #[test]
    fn a_value_is_a_logistic_function_of_the_evidence() {
        assert_near(value(0.25, None, 0.0), 0.25);
        assert_near(value(0.5, None, -3.0_f32.ln()), 0.25);
        // 1 + 0 + 2 * ln(3)
        assert_near(value(0.5, Some(0.75), 0.0), 1.0 / (1.0 + (-1.0_f32).exp() / 9.0));
    }

    #[test]
    fn probabilities_of_0_and_1_have_values_too() {
        assert_near(value(0.0, None, 0.0), 1e-4);
        assert_near(value(1.0, None, 0.0), 0.9999);
    }

    #[test]
    fn more_evidence_never_lowers_an_included_value() {
        let weights = Weights::included().unwrap();
        let values = |detected: fn(f32) -> Option<f32>| {
            (0..=20_u8).map(f32::from).map(move |step| {
                let p = step / 20.0;
                ConceptEvidence { maximum: p, mean: p, detected: detected(p) }
            })
        };
        for detected in [(|_| None) as fn(f32) -> Option<f32>, |p| Some(p), |_| Some(0.5)] {
            let values: Vec<_> = values(detected).map(|e| weights.value(&e, 0.0)).collect();
            assert!(values.is_sorted() && values.first() < values.last(), "{values:?}");
        }
        assert!(weights.concepts.values().all(|bias| bias.is_finite()));
    }

    #[test]
    fn another_format_is_rejected() {
        let error = Weights::parse(&TEXT.replace("format = 1", "format = 2")).unwrap_err();
        assert!(error.to_string().contains("format 2 must be 1"), "{error}");
    }
}
