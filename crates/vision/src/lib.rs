//! Injeung's eyes: adapters of the domain's ports that look into photos.

mod cascade;
mod clarifai;
mod neural;
mod onnx;
mod opencv;
mod pool;
pub mod stages;

pub use cascade::{
    Cascade, CascadeExtractor, CascadeSettings, Detail, OperatingPoint, PointPair, PointSettings,
    QuarterTurns, Query, Reference, Tier,
};
pub use clarifai::{ClarifaiClassifier, ClarifaiSettings, ClarifaiSettingsError};
pub use neural::{NeuralModels, NeuralModelsError, NeuralSettings, WeightsError};
pub use onnx::{ExtraNames, LocalClassifier, LocalClassifierError, LocalClassifierSettings};
pub use opencv::{OpenCvJpegEncoder, QualityBounds, draw_overlay};
pub use pool::BlockingPool;
