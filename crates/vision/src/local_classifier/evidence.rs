use std::collections::BTreeSet;

/// What the networks find in a photo.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Probabilities of ImageNet's classes, for each view. Those of one view sum to 1.
    pub(super) views: Vec<Vec<f32>>,
    /// Probabilities of the object detector's labels.
    pub(super) objects: Vec<f32>,
}

/// What the networks find of one concept in a photo: probabilities from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConceptEvidence {
    /// Sum over the concept's ImageNet classes in the view where it is largest.
    pub maximum: f32,
    /// Mean of these sums over the views.
    pub mean: f32,
    /// Largest probability of the concept's labels of the object detector, if it has one.
    pub detected: Option<f32>,
}

impl Findings {
    /// Evidence of a concept. `first_object` is the number of the detector's first label among the classes.
    pub(super) fn of(&self, classes: &BTreeSet<usize>, first_object: usize) -> ConceptEvidence {
        let mut evidence = ConceptEvidence { maximum: 0.0, mean: 0.0, detected: None };
        for probabilities in &self.views {
            let sum: f32 = classes.iter().filter_map(|&class| probabilities.get(class)).sum();
            // Rounding can make the sum of all classes exceed 1.
            let sum = sum.clamp(0.0, 1.0);
            evidence.maximum = evidence.maximum.max(sum);
            evidence.mean += sum / self.views.len() as f32;
        }
        let labels = classes.range(first_object..).map(|class| class - first_object);
        evidence.detected =
            labels.filter_map(|label| self.objects.get(label)).copied().reduce(f32::max);
        evidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(classes: &[usize]) -> ConceptEvidence {
        let views = vec![vec![0.5, 0.25, 0.25], vec![0.25, 0.75, 0.0]];
        let findings = Findings { views, objects: vec![0.125, 0.625] };
        findings.of(&classes.iter().copied().collect(), 3)
    }

    #[test]
    fn classes_are_summed_in_each_view_and_labels_are_not() {
        let expected = |maximum, mean, detected| ConceptEvidence { maximum, mean, detected };
        assert_eq!(evidence(&[0]), expected(0.5, 0.375, None));
        assert_eq!(evidence(&[0, 1]), expected(1.0, 0.875, None));
        assert_eq!(evidence(&[2, 3]), expected(0.25, 0.125, Some(0.125)));
        assert_eq!(evidence(&[2, 3, 4]), expected(0.25, 0.125, Some(0.625)));
        assert_eq!(evidence(&[4]), expected(0.0, 0.0, Some(0.625)));
    }

    #[test]
    fn a_photo_without_findings_is_no_evidence() {
        let nothing = ConceptEvidence { maximum: 0.0, mean: 0.0, detected: None };
        assert_eq!(Findings::default().of(&BTreeSet::from([0, 9]), 3), nothing);
    }
}
