use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::config::Credentials;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::Image;
use injeung_adapter::Workers;
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{ClassifierUsage, Concept, Fault, Keyword, Photo};
use tokio::sync::OnceCell;

use super::{RekognitionSettings, error, labels};
use crate::opencv::{Colour, Fit, decode, encode, fault};
use crate::usage::UsageCounter;

/// Longer side of a sent photo, in pixels: quick to send and far below the limit of 5 MiB.
const LONG_SIDE: u32 = 1024;

/// Classifies photos with Rekognition, whose labels are English. Korean names are added to those that mean the same
/// (`data/korean_names.tsv`).
///
/// A photo is sent as an upright JPEG of at most 1,024 pixels a side, without metadata. The SDK retries transient errors
/// within the deadline.
pub struct RekognitionClassifier {
    settings: RekognitionSettings,
    pool: Workers,
    client: OnceCell<Client>,
    usage: UsageCounter,
}

impl RekognitionClassifier {
    /// Creates a classifier that prepares photos on `pool`. It looks for credentials and connects with the first photo.
    pub fn new(settings: RekognitionSettings, pool: Workers) -> Self {
        Self { settings, pool, client: OnceCell::new(), usage: UsageCounter::default() }
    }

    /// The client, with the configured key pair or what the SDK finds in the environment.
    async fn client(&self) -> &Client {
        let create = async || {
            let RekognitionSettings { region, endpoint, calls, .. } = &self.settings;
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(calls.connect_timeout)
                .operation_attempt_timeout(calls.request_timeout)
                .operation_timeout(calls.deadline)
                .build();
            let retries = RetryConfig::standard()
                .with_max_attempts(calls.max_attempts)
                .with_initial_backoff(calls.base_backoff);
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new(region.clone()))
                .timeout_config(timeouts)
                .retry_config(retries);
            if let Some(endpoint) = endpoint {
                loader = loader.endpoint_url(endpoint);
            }
            if let Some((id, secret)) = self.settings.key_pair() {
                let credentials = Credentials::new(id, secret.expose(), None, None, "injeung");
                loader = loader.credentials_provider(credentials);
            }
            Client::new(&loader.load().await)
        };
        self.client.get_or_init(create).await
    }

    async fn labels(&self, photo: &Photo) -> Result<Vec<Concept>, VisionError> {
        let photo = photo.clone();
        let jpeg = move || -> Result<Vec<u8>, VisionError> {
            let pixels = decode(&photo, Colour::Bgr, Fit::LongSide(LONG_SIDE))?;
            encode(&pixels).map_err(fault)
        };
        let jpeg = self.pool.run_blocking(jpeg).await??;
        let RekognitionSettings { max_labels, min_value, .. } = self.settings;
        let request = self.client().await.detect_labels();
        let reply = request
            .image(Image::builder().bytes(Blob::new(jpeg)).build())
            .max_labels(max_labels)
            .min_confidence(min_value * 100.0)
            .send()
            .await
            .map_err(|error| error::vision_error(&error, &self.settings.secret_access_key))?;
        // The SDK reads an empty response as one without labels.
        let labels = reply
            .labels
            .ok_or_else(|| Fault::permanent("find labels in Rekognition's response"))?;
        Ok(labels::concepts(&labels, min_value))
    }
}

#[async_trait]
impl Classifier for RekognitionClassifier {
    fn name(&self) -> String {
        "rekognition".to_owned()
    }

    async fn classify(&self, photo: &Photo, _: &Keyword) -> Result<Vec<Concept>, VisionError> {
        self.usage.counted(self.labels(photo).await)
    }

    fn usage(&self) -> Vec<ClassifierUsage> {
        vec![self.usage.usage("rekognition")]
    }
}
