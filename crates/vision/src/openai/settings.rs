use injeung_adapter::Secret;
use injeung_adapter::settings::{defaults, header_key, optional_text, share, web_address, within};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::web_service::CallSettings;

/// Model, form and limits of chat completions: `[classifier.openai]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct OpenAiSettings {
    /// URL of the service, without `/chat/completions`.
    #[serde(deserialize_with = "web_address")]
    pub base_url: String,
    /// API key; empty if the service needs none.
    #[serde(deserialize_with = "header_key")]
    pub key: Secret,
    /// Header that contains the key.
    pub key_header: KeyHeader,
    /// Value of Azure's query parameter `api-version`; `None` omits it.
    #[serde(deserialize_with = "optional_text")]
    pub api_version: Option<String>,
    /// Id of the model; `None` if this classifier is not used.
    #[serde(deserialize_with = "optional_text")]
    pub model: Option<String>,
    /// Requested form of the reply.
    pub reply_format: ReplyFormat,
    /// Resolution at which the model examines the photo.
    pub detail: Detail,
    /// Maximum longer side of the sent photo, 64 to 2,048 pixels.
    #[serde(deserialize_with = "within::<_, _, 64, 2048>")]
    pub long_side: u32,
    /// Maximum number of tokens of a reply, including those of reasoning, 16 to 100,000.
    #[serde(deserialize_with = "within::<_, _, 16, 100_000>")]
    pub max_tokens: u32,
    /// Field of the request with `max_tokens`.
    pub max_tokens_field: MaxTokensField,
    /// Whether the request has `temperature: 0`.
    pub zero_temperature: bool,
    /// Confidence below which a "yes" is unsure, 0 to 1.
    #[serde(deserialize_with = "share")]
    pub min_confidence: f32,
    /// Result if the model is unsure.
    pub when_unsure: WithoutVerdict,
    /// Result if the model, or a filter before it, refuses to examine the photo.
    pub when_refused: WithoutVerdict,
    /// Limits of the calls.
    #[serde(flatten)]
    pub calls: CallSettings,
}

/// Header of the API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `api-key: KEY`, as Azure expects it.
    ApiKey,
}

/// Requested form of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyFormat {
    /// The strict JSON schema of the answer.
    JsonSchema,
    /// Any JSON object.
    JsonObject,
    /// Any text; only the prompt requests JSON.
    Text,
}

/// Resolution at which a model examines a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// One reduced view; the cheapest.
    Low,
    /// Further views of parts.
    High,
    /// The service decides.
    Auto,
    /// The request omits the field.
    None,
}

/// Field of the request that limits the tokens of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// The current name.
    MaxCompletionTokens,
    /// The deprecated name, the only one that some servers read.
    MaxTokens,
}

/// Result for a photo about which the model gives no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithoutVerdict {
    /// The photo does not show the keyword.
    Reject,
    /// The photo passes, and the log has a line with `review=true`.
    Accept,
}

impl OpenAiSettings {
    /// Address, key and model of the requests.
    ///
    /// # Errors
    /// If there is no model, or the key or `base_url` is invalid.
    pub(super) fn endpoint(&self) -> Result<Endpoint, OpenAiSettingsError> {
        let url = self.url().ok_or(OpenAiSettingsError::Invalid("base_url"))?;
        let model = self.model.clone().ok_or(OpenAiSettingsError::Invalid("model"))?;
        let authorization =
            self.authorization().map_err(|_| OpenAiSettingsError::Invalid("key"))?;
        Ok(Endpoint { url, authorization, model })
    }

    fn authorization(
        &self,
    ) -> Result<Option<(HeaderName, HeaderValue)>, reqwest::header::InvalidHeaderValue> {
        let key = self.key.expose();
        if key.is_empty() {
            return Ok(None);
        }
        let (name, value) = match self.key_header {
            KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
            KeyHeader::ApiKey => (HeaderName::from_static("api-key"), key.to_owned()),
        };
        let mut value = HeaderValue::from_str(&value)?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    fn url(&self) -> Option<Url> {
        let mut url = Url::parse(&self.base_url).ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend(["chat", "completions"]);
        if let Some(version) = &self.api_version {
            url.query_pairs_mut().append_pair("api-version", version);
        }
        Some(url)
    }
}

impl Default for OpenAiSettings {
    /// Section `[classifier.openai]` of config/default.toml, which has no model and no key.
    fn default() -> Self {
        defaults("classifier.openai")
    }
}

/// Address, key and model of the requests.
pub(super) struct Endpoint {
    pub(super) url: Url,
    /// `None` if the service needs no key.
    pub(super) authorization: Option<(HeaderName, HeaderValue)>,
    pub(super) model: String,
}

/// Errors of setting up the classifier.
#[derive(Debug, thiserror::Error)]
pub enum OpenAiSettingsError {
    /// The named setting is empty or invalid.
    #[error("use the OpenAI settings: {0} is empty or invalid")]
    Invalid(&'static str),
    /// The HTTP client cannot be set up, for example without root certificates.
    #[error("set up the HTTP client for chat completions: {0}")]
    Client(#[source] reqwest::Error),
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings() -> OpenAiSettings {
        OpenAiSettings { model: Some("m".to_owned()), ..OpenAiSettings::default() }
    }

    #[test]
    fn the_address_is_the_documented_one_and_a_key_is_optional() {
        let endpoint = settings().endpoint().unwrap();
        assert_eq!(endpoint.url.as_str(), "https://api.openai.com/v1/chat/completions");
        assert!(endpoint.authorization.is_none());
        let keyed = OpenAiSettings { key: Secret::new("k"), ..settings() }.endpoint().unwrap();
        let (name, value) = keyed.authorization.unwrap();
        assert_eq!((name, value.to_str().unwrap()), (AUTHORIZATION, "Bearer k"));
        assert!(value.is_sensitive());
    }

    #[test]
    fn azure_has_a_header_and_a_version_of_its_own() {
        let azure = OpenAiSettings {
            base_url: "https://me.openai.azure.com/openai/deployments/eyes/".to_owned(),
            key: Secret::new("k"),
            key_header: KeyHeader::ApiKey,
            api_version: Some("2024-10-21".to_owned()),
            ..settings()
        };
        let endpoint = azure.endpoint().unwrap();
        assert_eq!(
            endpoint.url.as_str(),
            "https://me.openai.azure.com/openai/deployments/eyes/chat/completions\
             ?api-version=2024-10-21"
        );
        let (name, value) = endpoint.authorization.unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("api-key", "k"));
    }

    #[test]
    fn without_a_model_there_is_no_classifier() {
        assert!(OpenAiSettings::default().endpoint().is_err());
    }

    /// The application collects these errors; `crates/app/src/config/mod.rs` tests that.
    #[test]
    fn every_problem_is_an_error_and_the_key_is_in_none() {
        let defaults: Value = injeung_adapter::settings::defaults("classifier.openai");
        serde_json::from_value::<OpenAiSettings>(defaults.clone()).unwrap();
        for (key, value) in [
            ("base_url", json!("https://me:word@api.openai.com")),
            ("key", json!("se cret")),
            ("key_header", json!("basic")),
            ("api_version", json!(" ")),
            ("model", json!(" ")),
            ("reply_format", json!("xml")),
            ("detail", json!("medium")),
            ("long_side", json!(63)),
            ("max_tokens", json!(15)),
            ("max_tokens_field", json!("tokens")),
            ("min_confidence", json!(1.5)),
            ("when_unsure", json!("ask")),
            ("when_refused", json!("")),
            ("max_attempts", json!(0)),
            ("deadline_ms", json!(0)),
        ] {
            let mut settings = defaults.clone();
            settings[key] = value;
            let error = serde_json::from_value::<OpenAiSettings>(settings).unwrap_err();
            let error = error.to_string();
            assert!(!error.contains("cret") && !error.contains("word"), "{error}");
        }
    }
}
