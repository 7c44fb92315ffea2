use injeung_adapter::Secret;
use injeung_adapter::settings::{
    defaults, header_key, optional_text, share, text, web_address, within,
};
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde::Deserialize;

use crate::web_service::CallSettings;

/// Clarifai model and limits of its calls: `[classifier.clarifai]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct ClarifaiSettings {
    /// URL of the service, without `/v2`.
    #[serde(deserialize_with = "web_address")]
    pub base_url: String,
    /// Personal access token; empty if Clarifai is not used.
    #[serde(deserialize_with = "header_key")]
    pub key: Secret,
    /// User id of the model's owner.
    #[serde(deserialize_with = "text")]
    pub user: String,
    /// Id of the app that contains the model.
    #[serde(deserialize_with = "text")]
    pub app: String,
    /// Id of the model.
    #[serde(deserialize_with = "text")]
    pub model: String,
    /// Id of the model's version; `None` is the newest.
    #[serde(deserialize_with = "optional_text")]
    pub version: Option<String>,
    /// Language of the concepts' names, such as `en` or `ko`.
    #[serde(deserialize_with = "text")]
    pub language: String,
    /// Minimum probability of a concept, 0 to 1.
    #[serde(deserialize_with = "share")]
    pub min_value: f32,
    /// Maximum number of concepts in a response, 1 to 200.
    #[serde(deserialize_with = "within::<_, _, 1, 200>")]
    pub max_concepts: u32,
    /// Limits of the calls.
    #[serde(flatten)]
    pub calls: CallSettings,
}

impl ClarifaiSettings {
    /// URL and authorization from the settings.
    ///
    /// # Errors
    /// If the key is empty, or the key or `base_url` is invalid.
    pub(super) fn endpoint(&self) -> Result<Endpoint, ClarifaiSettingsError> {
        let url = self.url().ok_or(ClarifaiSettingsError::Invalid("base_url"))?;
        let authorization = self.authorization().ok_or(ClarifaiSettingsError::Invalid("key"))?;
        Ok(Endpoint { url, authorization })
    }

    fn authorization(&self) -> Option<HeaderValue> {
        if self.key.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Key {}", self.key.expose())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn url(&self) -> Option<Url> {
        let mut url = Url::parse(&self.base_url).ok()?;
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["v2", "users", &self.user, "apps", &self.app, "models", &self.model])
            .extend(self.version.iter().flat_map(|version| ["versions", version]))
            .push("outputs");
        Some(url)
    }
}

impl Default for ClarifaiSettings {
    /// Section `[classifier.clarifai]` of config/default.toml, which has no key.
    fn default() -> Self {
        defaults("classifier.clarifai")
    }
}

/// URL and authorization of the requests.
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) authorization: HeaderValue,
}

/// Errors of the creation of a classifier.
#[derive(Debug, thiserror::Error)]
pub enum ClarifaiSettingsError {
    /// This setting is empty or invalid.
    #[error("use the Clarifai settings: {0} is empty or invalid")]
    Invalid(&'static str),
    /// The HTTP client cannot be set up, for example without root certificates.
    #[error("set up the HTTP client for Clarifai: {0}")]
    Client(#[source] reqwest::Error),
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings() -> ClarifaiSettings {
        ClarifaiSettings { key: Secret::new("pat"), ..ClarifaiSettings::default() }
    }

    #[test]
    fn the_address_is_the_documented_one() {
        let endpoint = settings().endpoint().unwrap();
        assert_eq!(
            endpoint.url.as_str(),
            "https://api.clarifai.com/v2/users/clarifai/apps/main/models/general-image-recognition/outputs"
        );
        assert!(endpoint.authorization.is_sensitive());
    }

    #[test]
    fn a_pinned_version_and_a_path_of_the_base_are_kept() {
        let settings = ClarifaiSettings {
            base_url: "http://127.0.0.1:9/proxy/".to_owned(),
            version: Some("aa7f/..".to_owned()),
            ..settings()
        };
        assert_eq!(
            settings.endpoint().unwrap().url.path(),
            "/proxy/v2/users/clarifai/apps/main/models/general-image-recognition/versions/aa7f%2F../outputs"
        );
    }

    #[test]
    fn without_a_key_there_is_no_classifier() {
        assert!(ClarifaiSettings::default().endpoint().is_err());
    }

    /// The application collects these errors; `crates/app/src/config/mod.rs` tests that.
    #[test]
    fn every_problem_is_an_error_and_the_key_is_in_none() {
        let defaults: Value = injeung_adapter::settings::defaults("classifier.clarifai");
        serde_json::from_value::<ClarifaiSettings>(defaults.clone()).unwrap();
        for (key, value) in [
            ("base_url", json!("https://me:word@api.clarifai.com")),
            ("key", json!("se cret")),
            ("user", json!(" ")),
            ("version", json!(" ")),
            ("min_value", json!(1.5)),
            ("max_concepts", json!(201)),
            ("max_attempts", json!(0)),
            ("deadline_ms", json!(0)),
        ] {
            let mut settings = defaults.clone();
            settings[key] = value;
            let error = serde_json::from_value::<ClarifaiSettings>(settings).unwrap_err();
            let error = error.to_string();
            assert!(!error.contains("cret") && !error.contains("word"), "{error}");
        }
    }
}
