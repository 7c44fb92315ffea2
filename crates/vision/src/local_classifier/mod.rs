//! Classification on this machine with a network in an ONNX file and a table of names.
//!
//! The network computes a probability for each of the 1,000 classes of ImageNet. The table contains the names of the
//! classes and of their categories. See `docs/classification.md`.

mod concepts;
mod network;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, TryLockError};

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_adapter::settings::{check, defaults};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{Concept, Fault, Keyword, Photo};
use opencv::core::{CV_8UC3, Mat, Scalar, Vector};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use self::concepts::ConceptTable;
use self::network::Network;

pub use self::concepts::ExtraNames;

/// Files and names of the local classifier: `[classifier.local]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct LocalClassifierSettings {
    /// Path of the network, an ONNX file from `scripts/model/build.sh`.
    pub model: PathBuf,
    /// Path of the table of names from the same script.
    pub concepts: PathBuf,
    /// Minimum probability of a concept, above 0 and at most 1.
    #[serde(deserialize_with = "min_value")]
    pub min_value: f32,
    /// Additional names for concepts of the table.
    #[serde(deserialize_with = "extra_names")]
    pub extra_names: Vec<ExtraNames>,
}

fn min_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    check(f32::deserialize(deserializer)?, f32::MIN_POSITIVE, 1.0)
}

fn extra_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ExtraNames>, D::Error> {
    let entries = Vec::<ExtraNames>::deserialize(deserializer)?;
    if entries.iter().any(|entry| entry.names.is_empty() || entry.of.is_empty()) {
        return Err(D::Error::custom("`names` and `of` of an entry must not be empty"));
    }
    Ok(entries)
}

impl LocalClassifierSettings {
    /// Default settings with the files in `models`; see `docs/classification.md`.
    pub fn in_directory(models: &Path) -> Self {
        Self {
            model: models.join("classifier.onnx"),
            concepts: models.join("concepts.tsv"),
            ..Self::default()
        }
    }
}

impl Default for LocalClassifierSettings {
    /// Section `[classifier.local]` of config/default.toml.
    fn default() -> Self {
        defaults("classifier.local")
    }
}

/// Classifies photos with a network on the CPU.
pub struct LocalClassifier {
    shared: Arc<Shared>,
    pool: Workers,
}

struct Shared {
    table: ConceptTable,
    min_value: f32,
    /// One network per worker, because a network contains the state between its layers.
    networks: Vec<Mutex<Network>>,
}

impl LocalClassifier {
    /// Loads and tests the network and the names. Each worker of `pool`, which classifies the photos, has its own copy
    /// of the network of about 45 MB.
    ///
    /// Blocks for about 0.2 seconds per worker, so call it before serving requests.
    ///
    /// # Errors
    /// If a file is missing or malformed, or a setting is invalid.
    pub fn load(
        settings: &LocalClassifierSettings,
        pool: Workers,
    ) -> Result<Self, LocalClassifierError> {
        let LocalClassifierSettings { model, concepts, min_value, extra_names } = settings;
        if !(*min_value > 0.0 && *min_value <= 1.0) {
            return Err(LocalClassifierError::Settings("min_value must be above 0 and at most 1"));
        }
        let (networks, class_count) = load_networks(model, pool.limits().max_running)
            .map_err(|source| LocalClassifierError::Model { path: model.clone(), source })?;
        let table = load_table(concepts, class_count, extra_names)
            .map_err(|source| LocalClassifierError::Concepts { path: concepts.clone(), source })?;
        let shared = Arc::new(Shared { table, min_value: *min_value, networks });
        Ok(Self { shared, pool })
    }
}

/// Errors of loading a local classifier.
#[derive(Debug, thiserror::Error)]
pub enum LocalClassifierError {
    /// The network cannot be used.
    #[error("load the classifier's network from {}, which `make setup` makes: {source}", path.display())]
    Model {
        /// Expected path.
        path: PathBuf,
        /// Cause of the error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The table of names, or an additional name, cannot be used.
    #[error("load the classifier's names from {}, which `make setup` makes: {source}", path.display())]
    Concepts {
        /// Expected path.
        path: PathBuf,
        /// Cause of the error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A setting is out of range.
    #[error("use the local classifier's settings: {0}")]
    Settings(&'static str),
}

#[async_trait]
impl Classifier for LocalClassifier {
    fn name(&self) -> String {
        "local".to_owned()
    }

    async fn classify(&self, photo: &Photo, _: &Keyword) -> Result<Vec<Concept>, VisionError> {
        let photo = photo.clone();
        let shared = Arc::clone(&self.shared);
        self.pool.run_blocking(move || shared.classify(&photo)).await?
    }

    fn knows(&self, keyword: &Keyword) -> Option<bool> {
        Some(self.shared.table.knows(keyword))
    }
}

impl Shared {
    fn classify(&self, photo: &Photo) -> Result<Vec<Concept>, VisionError> {
        let free = self.networks.iter().find_map(|network| match network.try_lock() {
            Ok(network) => Some(network),
            // The next photo overwrites the state that a panic left between the layers.
            Err(TryLockError::Poisoned(network)) => Some(network.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        // The pool never runs more tasks at once than there are networks.
        let mut network =
            free.ok_or_else(|| Fault::overloaded("classify the photo: every network is busy"))?;
        let probabilities = network.classify(photo)?;
        drop(network);
        Ok(self.table.concepts(&probabilities, self.min_value))
    }
}

type LoadError = Box<dyn std::error::Error + Send + Sync>;

/// Loads one copy of the network per worker, and returns the number of its classes.
fn load_networks(path: &Path, workers: usize) -> Result<(Vec<Mutex<Network>>, usize), LoadError> {
    let model = Vector::from_slice(&fs::read(path)?);
    let mut networks = Vec::new();
    let mut class_count = 0;
    // The first photo of a network is slow because of memory allocation, so a black one runs here.
    let black = Mat::new_rows_cols_with_default(64, 64, CV_8UC3, Scalar::default())?;
    for _ in 0..workers {
        let mut network = Network::load(&model)?;
        let probabilities = network.probabilities(&black)?;
        let sum: f32 = probabilities.iter().sum();
        if (sum - 1.0).abs() > 1e-3 {
            return Err(format!("its outputs sum to {sum}: probabilities must sum to 1").into());
        }
        class_count = probabilities.len();
        networks.push(Mutex::new(network));
    }
    Ok((networks, class_count))
}

fn load_table(
    path: &Path,
    class_count: usize,
    extra_names: &[ExtraNames],
) -> Result<ConceptTable, LoadError> {
    let text = fs::read_to_string(path)?;
    let mut table = ConceptTable::parse(&text, class_count)?;
    extra_names.iter().try_for_each(|extra| table.add(extra))?;
    Ok(table)
}
