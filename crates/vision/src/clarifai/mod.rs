//! Classification by Clarifai's REST API, <https://docs.clarifai.com/>.

mod answer;
mod error;
mod settings;
mod upload;
mod wire;

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{ClassifierUsage, Concept, Keyword, Photo};
use reqwest::header::AUTHORIZATION;

use self::error::ClarifaiError;
use crate::usage::UsageCounter;
use crate::web_service::WebService;

pub use self::settings::{ClarifaiSettings, ClarifaiSettingsError};

/// Classifies photos with Clarifai.
///
/// A photo is sent as an upright JPEG of at most 1,024 pixels a side, without metadata. Transient errors (lost
/// connections, timeouts, throttling, overload) are retried after random pauses, within the deadline.
pub struct ClarifaiClassifier {
    service: WebService,
    settings: ClarifaiSettings,
    pool: Workers,
    usage: UsageCounter,
}

impl ClarifaiClassifier {
    /// Creates a classifier that prepares photos on `pool`. It connects with the first photo.
    ///
    /// # Errors
    /// If the key is empty, a setting is invalid, or the HTTP client cannot be set up.
    pub fn new(settings: ClarifaiSettings, pool: Workers) -> Result<Self, ClarifaiSettingsError> {
        let endpoint = settings.endpoint()?;
        let authorization = Some((AUTHORIZATION, endpoint.authorization));
        let service =
            WebService::new(endpoint.url, authorization, settings.key.clone(), settings.calls);
        let service = service.map_err(ClarifaiSettingsError::Client)?;
        Ok(Self { service, settings, pool, usage: UsageCounter::default() })
    }
}

#[async_trait]
impl Classifier for ClarifaiClassifier {
    fn name(&self) -> String {
        format!("clarifai {}", self.settings.model)
    }

    async fn classify(&self, photo: &Photo, _: &Keyword) -> Result<Vec<Concept>, VisionError> {
        let (photo, settings) = (photo.clone(), self.settings.clone());
        let body = move || upload::body(&photo, &settings);
        let answer = self
            .service
            .ask(
                &self.pool,
                body,
                |reply| answer::read(reply.status, &reply.body, self.settings.min_value),
                ClarifaiError::may_pass,
                |_| None,
            )
            .await;
        self.usage.counted(answer)
    }

    fn usage(&self) -> Vec<ClassifierUsage> {
        vec![self.usage.usage("clarifai")]
    }
}

/// Fuzz target: a response to a picture, with status 200 and 503.
#[cfg(any(test, fuzzing))]
pub fn fuzz(body: &[u8]) {
    use reqwest::StatusCode;

    for status in [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE] {
        if let Ok(concepts) = answer::read(status, body, 0.5) {
            assert!(concepts.iter().all(|concept| (0.5..=1.0).contains(&concept.value)));
        }
    }
}
