use std::borrow::Cow;

use injeung_domain::{
    Concept, Evidence, Examination, GeometricModel, QualityIssue, ReferenceQuality, TierScore,
};
use serde::{Deserialize, Serialize};

/// [`Evidence`] as records and the scripts of the pages have it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EvidenceJson {
    /// Comparison with the reference, or with the view that recognised the photo.
    pub(crate) comparison: Option<ComparisonJson>,
    /// Probability of the comparison with the reference, if a learned view recognised the photo.
    pub(crate) reference_probability: Option<f64>,
    /// What the classifier found.
    pub(crate) concepts: Option<Vec<ConceptJson>>,
    /// Certainty of what the keyword names; `None` if the classifier did not find it.
    pub(crate) keyword_certainty: Option<f32>,
    /// Names of the flags of the photo.
    pub(crate) flags: Vec<Cow<'static, str>>,
    /// Quality of a new reference.
    pub(crate) reference: Option<QualityJson>,
    /// Durations of the steps.
    pub(crate) stages: Vec<StageJson>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ComparisonJson {
    pub(crate) same_scene: bool,
    pub(crate) probability: f64,
    pub(crate) threshold: f64,
    pub(crate) tiers: Vec<TierJson>,
    /// Difference of the things in the scene and the maximum, if they have to match.
    #[serde(default)]
    pub(crate) difference: Option<[f64; 2]>,
    /// Places in the reference and in the photo: `[x, y, x, y]`, as shares of the sides.
    pub(crate) matches: Vec<[f32; 4]>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TierJson {
    pub(crate) name: Cow<'static, str>,
    pub(crate) reference_points: u32,
    pub(crate) photo_points: u32,
    pub(crate) matches: u32,
    pub(crate) inliers: u32,
    pub(crate) confirmed: u32,
    pub(crate) model: Option<Cow<'static, str>>,
    pub(crate) milliseconds: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConceptJson {
    pub(crate) name: String,
    pub(crate) certainty: f32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct QualityJson {
    pub(crate) points: u32,
    pub(crate) verifiable: bool,
    pub(crate) issues: Vec<Cow<'static, str>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StageJson {
    pub(crate) name: Cow<'static, str>,
    pub(crate) milliseconds: f64,
}

impl From<Evidence> for EvidenceJson {
    fn from(evidence: Evidence) -> Self {
        let concepts = evidence.concepts;
        let stages = evidence.stages.iter().map(|stage| StageJson {
            name: stage.stage.name().into(),
            milliseconds: round(stage.took.as_seconds_f64() * 1000.0, 10.0),
        });
        Self {
            comparison: evidence.examination.map(ComparisonJson::from),
            reference_probability: evidence.view.map(|view| round(view.reference_score, 1e6)),
            concepts: concepts.map(|found| found.into_iter().map(ConceptJson::from).collect()),
            keyword_certainty: evidence.keyword_certainty,
            flags: evidence.flags.iter().map(|flag| flag.name().into()).collect(),
            reference: evidence.quality.map(QualityJson::from),
            stages: stages.collect(),
        }
    }
}

impl From<Examination> for ComparisonJson {
    fn from(Examination { comparison, matches, took }: Examination) -> Self {
        let mut took = took.into_iter();
        let tier = |tier: &TierScore| TierJson {
            name: tier.name.into(),
            reference_points: tier.reference_features,
            photo_points: tier.photo_features,
            matches: tier.matches,
            inliers: tier.inliers,
            confirmed: tier.confirmed,
            model: tier.model.map(|model| match model {
                GeometricModel::Homography => "homography".into(),
                GeometricModel::Fundamental => "fundamental matrix".into(),
            }),
            milliseconds: took.next().map(|took| round(took.as_secs_f64() * 1000.0, 10.0)),
        };
        let places = matches.iter().map(|pair| {
            let ([a, b], [c, d]) = (pair.reference, pair.photo);
            [a, b, c, d].map(|share| (share * 10_000.0).round() / 10_000.0)
        });
        Self {
            same_scene: comparison.same_scene,
            probability: round(comparison.score, 1e6),
            threshold: round(comparison.threshold, 1e6),
            tiers: comparison.tiers.iter().map(tier).collect(),
            difference: comparison
                .difference
                .map(|found| [found.amount, found.limit].map(|amount| round(amount, 1e6))),
            matches: places.collect(),
        }
    }
}

impl From<Concept> for ConceptJson {
    fn from(Concept { name, value }: Concept) -> Self {
        Self { name, certainty: value }
    }
}

impl From<ReferenceQuality> for QualityJson {
    fn from(quality: ReferenceQuality) -> Self {
        let issue = |issue: &QualityIssue| {
            Cow::Borrowed(match issue {
                QualityIssue::TooFewFeatures => "too_few_features",
                QualityIssue::FewFeatures => "few_features",
                QualityIssue::Dark => "dark",
                QualityIssue::Blurred => "blurred",
                QualityIssue::OneSpot => "one_spot",
                QualityIssue::LittleTexture => "little_texture",
            })
        };
        Self {
            points: quality.feature_count,
            verifiable: quality.verifiable,
            issues: quality.issues.iter().map(issue).collect(),
        }
    }
}

/// Rounds to a multiple of `1 / steps`.
fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}
