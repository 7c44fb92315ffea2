use injeung_adapter::Secret;
use injeung_adapter::settings::{
    defaults, header_key, optional_text, optional_web_address, share, text, within,
};
use serde::Deserialize;

use crate::web_service::CallSettings;

/// Region, credentials and limits of Rekognition's calls: `[classifier.rekognition]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct RekognitionSettings {
    /// Region of the service, such as `ap-northeast-2`.
    #[serde(deserialize_with = "text")]
    pub region: String,
    /// URL of the service; `None` for Amazon's in the region.
    #[serde(deserialize_with = "optional_web_address")]
    pub endpoint: Option<String>,
    /// Access key id; `None` if the SDK looks for credentials: environment, profile, web identity, container, instance.
    #[serde(deserialize_with = "optional_text")]
    pub access_key_id: Option<String>,
    /// Secret of the access key.
    #[serde(deserialize_with = "header_key")]
    pub secret_access_key: Secret,
    /// Minimum certainty of a label, 0 to 1.
    #[serde(deserialize_with = "share")]
    pub min_value: f32,
    /// Maximum number of labels in a response, 1 to 1000.
    #[serde(deserialize_with = "within::<_, _, 1, 1000>")]
    pub max_labels: i32,
    /// Limits of the calls.
    #[serde(flatten)]
    pub calls: CallSettings,
}

impl RekognitionSettings {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let is_half = self.access_key_id.is_some() == self.secret_access_key.is_empty();
        let problem = || "access_key_id: set both it and secret_access_key, or none".to_owned();
        let halves = is_half.then(problem);
        self.calls.contradictions().into_iter().chain(halves).collect()
    }

    pub(super) fn key_pair(&self) -> Option<(&str, &Secret)> {
        let id = self.access_key_id.as_deref()?;
        Some((id, &self.secret_access_key))
    }
}

impl Default for RekognitionSettings {
    /// Section `[classifier.rekognition]` of config/default.toml.
    fn default() -> Self {
        defaults("classifier.rekognition")
    }
}
