//! Classification by Amazon Rekognition's `DetectLabels`, through the official SDK,
//! <https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectLabels.html>. The settings do not need it.

#[cfg(feature = "rekognition")]
mod classifier;
#[cfg(feature = "rekognition")]
mod error;
#[cfg(feature = "rekognition")]
mod labels;
mod settings;

#[cfg(feature = "rekognition")]
pub use self::classifier::RekognitionClassifier;
pub use self::settings::RekognitionSettings;
