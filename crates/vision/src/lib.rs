//! Injeung's eyes: adapters of the domain's ports that look into photos.

mod clarifai;
mod onnx;
mod opencv;
mod pool;

pub use clarifai::{ClarifaiClassifier, ClarifaiSettings, ClarifaiSettingsError, Secret};
pub use onnx::{ExtraNames, LocalClassifier, LocalClassifierError, LocalClassifierSettings};
pub use opencv::{
    Algorithm, Detail, ExtractorSettings, OpenCvFeatureExtractor, OpenCvJpegEncoder, PointPair,
    UnknownAlgorithm, compare_features, compare_in_detail, draw_overlay, extract_features,
};
pub use pool::BlockingPool;
