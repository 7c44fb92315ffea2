use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;

use super::Secret;

/// Which of Clarifai's models looks at the photos, and how long it is waited for.
#[derive(Debug, Clone)]
pub struct ClarifaiSettings {
    /// Where the service is, without `/v2`.
    pub base_url: String,
    /// The personal access token.
    pub key: Secret,
    /// Whose model it is.
    pub user: String,
    /// The app the model is in.
    pub app: String,
    /// The model.
    pub model: String,
    /// The version of the model; its newest where there is none.
    pub version: Option<String>,
    /// The language of the concepts' names, such as `en` or `ko`.
    pub language: String,
    /// How sure the model has to be of a concept, from 0 to 1.
    pub min_value: f32,
    /// The most concepts of an answer, from 1 to 200.
    pub max_concepts: u32,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// How long all attempts and the pauses between them may take together, at
    /// most an hour.
    pub deadline: Duration,
    /// The most attempts for a photo, at least 1.
    pub max_attempts: u32,
    /// The longest pause before the second attempt; it doubles for each one after that.
    pub base_backoff: Duration,
}

/// The most concepts that Clarifai can be asked for.
const CONCEPT_LIMIT: u32 = 200;
/// Nobody waits longer for an answer.
const LONGEST_DEADLINE: Duration = Duration::from_secs(3600);

impl ClarifaiSettings {
    /// The public general model in Korean, with the given key.
    pub fn with_key(key: Secret) -> Self {
        Self {
            base_url: "https://api.clarifai.com".to_owned(),
            key,
            user: "clarifai".to_owned(),
            app: "main".to_owned(),
            model: "general-image-recognition".to_owned(),
            version: None,
            language: "ko".to_owned(),
            min_value: 0.9,
            max_concepts: 20,
            connect_timeout: Duration::from_secs(2),
            request_timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(10),
            max_attempts: 3,
            base_backoff: Duration::from_millis(200),
        }
    }

    /// Where the photos are sent.
    ///
    /// # Errors
    /// When the settings make no sense; everything that is wrong with them is told.
    pub(super) fn check(&self) -> Result<Endpoint, ClarifaiSettingsError> {
        let mut problems = Vec::new();
        let authorization = self.authorization();
        if authorization.is_none() {
            problems.push("key is empty or holds characters that no HTTP header can");
        }
        let url = self.url();
        if url.is_none() {
            problems.push("base_url is no http or https address without user, query and fragment");
        }
        let version = self.version.iter().map(|version| (version, "version is empty"));
        for (text, problem) in [
            (&self.user, "user is empty"),
            (&self.app, "app is empty"),
            (&self.model, "model is empty"),
            (&self.language, "language is empty"),
        ]
        .into_iter()
        .chain(version)
        {
            if text.trim().is_empty() {
                problems.push(problem);
            }
        }
        if !(0.0..=1.0).contains(&self.min_value) {
            problems.push("min_value is not from 0 to 1");
        }
        if !(1..=CONCEPT_LIMIT).contains(&self.max_concepts) {
            problems.push("max_concepts is not from 1 to 200");
        }
        if self.max_attempts == 0 {
            problems.push("max_attempts is 0");
        }
        for (time, problem) in [
            (self.connect_timeout, "connect_timeout is 0"),
            (self.request_timeout, "request_timeout is 0"),
        ] {
            if time.is_zero() {
                problems.push(problem);
            }
        }
        if self.deadline.is_zero() || self.deadline > LONGEST_DEADLINE {
            problems.push("deadline is 0 or more than an hour");
        }
        match (url, authorization) {
            (Some(url), Some(authorization)) if problems.is_empty() => {
                Ok(Endpoint { url, authorization })
            }
            _ => Err(ClarifaiSettingsError::Invalid(problems.join("; "))),
        }
    }

    fn authorization(&self) -> Option<HeaderValue> {
        let key = self.key.expose();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Key {key}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn url(&self) -> Option<Url> {
        let mut url = Url::parse(&self.base_url).ok()?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return None;
        }
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["v2", "users", &self.user, "apps", &self.app, "models", &self.model])
            .extend(self.version.iter().flat_map(|version| ["versions", version]))
            .push("outputs");
        Some(url)
    }
}

/// Where photos are sent, and what the requests are authorised by.
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) authorization: HeaderValue,
}

/// Why no classifier can be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum ClarifaiSettingsError {
    /// Values that make no sense, all of them in one text.
    #[error("use the Clarifai settings: {0}")]
    Invalid(String),
    /// The HTTP client could not be set up, for instance for want of root certificates.
    #[error("set up the HTTP client for Clarifai: {0}")]
    Client(#[source] reqwest::Error),
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn settings() -> ClarifaiSettings {
        ClarifaiSettings::with_key(Secret::new("pat"))
    }

    #[test]
    fn the_address_is_the_documented_one() {
        let endpoint = settings().check().unwrap();
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
            settings.check().unwrap().url.path(),
            "/proxy/v2/users/clarifai/apps/main/models/general-image-recognition/versions/aa7f%2F../outputs"
        );
    }

    #[test]
    fn every_problem_is_told_at_once_and_the_key_never() {
        let error = ClarifaiSettings {
            base_url: "https://me:word@api.clarifai.com".to_owned(),
            key: Secret::new("se cret"),
            user: " ".to_owned(),
            version: Some(String::new()),
            min_value: f32::NAN,
            max_concepts: 201,
            max_attempts: 0,
            deadline: Duration::ZERO,
            ..settings()
        }
        .check()
        .err()
        .unwrap()
        .to_string();
        assert!(!error.contains("cret") && !error.contains("word"), "{error}");
        for part in [
            "key",
            "base_url",
            "user",
            "version",
            "min_value",
            "max_concepts",
            "max_attempts",
            "deadline",
        ] {
            assert!(error.contains(part), "{part} is missing in: {error}");
        }
        assert_eq!(error.matches("; ").count(), 7, "{error}");
    }
}
