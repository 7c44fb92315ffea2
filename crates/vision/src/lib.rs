//! Adapters of the domain's ports that compare photos and classify what they show.

mod cascade;
mod chain;
mod clarifai;
pub mod decoder;
mod flags;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod local_classifier;
mod neural;
mod openai;
mod opencv;
mod overlay;
mod points;
mod rekognition;
mod replay;
pub mod stages;
mod usage;
mod web_service;

pub use cascade::{
    Cascade, CascadeExtractor, CascadeSettings, Detail, Finding, MatchedView, OperatingPoint,
    PointPair, PointSettings, QuarterTurns, Query, Reference, Tier,
};
pub use chain::{ChainClassifier, ChainThresholds};
pub use clarifai::{ClarifaiClassifier, ClarifaiSettings, ClarifaiSettingsError};
pub use flags::{pixel_flags, screen_prominence};
pub use local_classifier::{
    ConceptEvidence, ExtraNames, LocalClassifier, LocalClassifierError, LocalClassifierSettings,
};
pub use neural::{NeuralModels, NeuralModelsError, NeuralRuntime, NeuralSettings, WeightsError};
pub use openai::{
    Detail as OpenAiDetail, KeyHeader, MaxTokensField, OpenAiClassifier, OpenAiSettings,
    OpenAiSettingsError, ReplyFormat, WithoutVerdict,
};
pub use opencv::{OpenCvJpegEncoder, QualityBounds};
pub use overlay::draw_overlay;
#[cfg(feature = "rekognition")]
pub use rekognition::RekognitionClassifier;
pub use rekognition::RekognitionSettings;
pub use replay::{Agreement, CopyDetector, Rounding};
pub use web_service::CallSettings;
