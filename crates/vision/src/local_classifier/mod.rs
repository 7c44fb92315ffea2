//! Classification on this machine with two networks in ONNX files and a table of names.
//!
//! One network computes a probability for each of the 1,000 classes of ImageNet, in several views of the photo. The other
//! finds 23 kinds of objects anywhere in it. The table contains the names of the classes and of their categories. Weights
//! that were fitted to labelled photos turn both into one value per name. See `docs/classification.md`.

mod concepts;
mod evidence;
mod network;
mod views;
mod weights;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, TryLockError};

use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_adapter::settings::{check, defaults};
use injeung_domain::ports::{Classifier, VisionError};
use injeung_domain::{ClassifierUsage, Concept, Fault, Keyword, Photo};
use opencv::core::{CV_8UC3, Mat, Scalar, Vector};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use self::concepts::{ClassCounts, ConceptTable};
use self::evidence::Findings;
use self::network::{CLASSES, Input, Network, OBJECTS};
use self::views::{decode_small, views};
use self::weights::Weights;
use crate::opencv::fault;
use crate::usage::UsageCounter;

pub use self::concepts::ExtraNames;
pub use self::evidence::ConceptEvidence;

/// Files and names of the local classifier: `[classifier.local]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct LocalClassifierSettings {
    /// Path of the network for ImageNet's classes, an ONNX file from `scripts/model/build.sh`.
    pub model: PathBuf,
    /// Path of the object detector, an ONNX file from the same script.
    pub detector: PathBuf,
    /// Path of the table of names from the same script.
    pub concepts: PathBuf,
    /// Minimum value of a concept, above 0 and at most 1.
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
            detector: models.join("detector.onnx"),
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

/// Classifies photos with two networks on the CPU.
pub struct LocalClassifier {
    shared: Arc<Shared>,
    pool: Workers,
    usage: UsageCounter,
}

struct Shared {
    table: ConceptTable,
    weights: Weights,
    min_value: f32,
    /// One pair per worker, because a network contains the state between its layers.
    networks: Vec<Mutex<Networks>>,
}

struct Networks {
    classes: Network,
    objects: Network,
}

impl LocalClassifier {
    /// Loads and tests the networks and the names. Each worker of `pool`, which classifies the photos, has its own copy
    /// of the networks of about 85 MB.
    ///
    /// Blocks for about 0.3 seconds per worker, so call it before serving requests.
    ///
    /// # Errors
    /// If a file is missing or malformed, or a setting is invalid.
    pub fn load(
        settings: &LocalClassifierSettings,
        pool: Workers,
    ) -> Result<Self, LocalClassifierError> {
        let LocalClassifierSettings { model, detector, concepts, min_value, extra_names } =
            settings;
        if !(*min_value > 0.0 && *min_value <= 1.0) {
            return Err(LocalClassifierError::Settings("min_value must be above 0 and at most 1"));
        }
        let workers = pool.limits().max_running;
        let model_error = |path: &PathBuf| {
            let path = path.clone();
            move |source| LocalClassifierError::Model { path, source }
        };
        let (classes, images) =
            load_networks(model, CLASSES, workers).map_err(model_error(model))?;
        let (objects, labels) =
            load_networks(detector, OBJECTS, workers).map_err(model_error(detector))?;
        let counts = ClassCounts { images, objects: labels };
        let weights =
            Weights::included().map_err(|error| LocalClassifierError::Weights(error.into()))?;
        let table = load_table(concepts, counts, extra_names, &weights)
            .map_err(|source| LocalClassifierError::Concepts { path: concepts.clone(), source })?;
        let pairs = classes.into_iter().zip(objects);
        let networks =
            pairs.map(|(classes, objects)| Mutex::new(Networks { classes, objects })).collect();
        let shared = Arc::new(Shared { table, weights, min_value: *min_value, networks });
        Ok(Self { shared, pool, usage: UsageCounter::default() })
    }

    /// What the networks find of each keyword, or `None` for one without a known name. For measurements and the fit of
    /// the weights.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub async fn evidence(
        &self,
        photo: &Photo,
        keywords: &[Keyword],
    ) -> Result<Vec<Option<ConceptEvidence>>, VisionError> {
        let (photo, shared) = (photo.clone(), Arc::clone(&self.shared));
        let findings = self.pool.run_blocking(move || shared.examine(&photo)).await??;
        let table = &self.shared.table;
        Ok(keywords.iter().map(|keyword| table.evidence(&findings, keyword)).collect())
    }
}

/// Errors of loading a local classifier.
#[derive(Debug, thiserror::Error)]
pub enum LocalClassifierError {
    /// A network cannot be used.
    #[error("load a network of the classifier from {}, which `make setup` makes: {source}", path.display())]
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
    /// The weights that are part of this version cannot be used.
    #[error(transparent)]
    Weights(Box<dyn std::error::Error + Send + Sync>),
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
        let classified = self.pool.run_blocking(move || shared.classify(&photo)).await;
        self.usage.counted(classified.map_err(VisionError::from).flatten())
    }

    fn knows(&self, keyword: &Keyword) -> Option<bool> {
        Some(self.shared.table.knows(keyword))
    }

    fn usage(&self) -> Vec<ClassifierUsage> {
        vec![self.usage.usage("local")]
    }
}

impl Shared {
    fn classify(&self, photo: &Photo) -> Result<Vec<Concept>, VisionError> {
        let findings = self.examine(photo)?;
        Ok(self.table.concepts(&findings, &self.weights, self.min_value))
    }

    fn examine(&self, photo: &Photo) -> Result<Findings, VisionError> {
        let free = self.networks.iter().find_map(|networks| match networks.try_lock() {
            Ok(networks) => Some(networks),
            // The next photo overwrites the state that a panic left between the layers.
            Err(TryLockError::Poisoned(networks)) => Some(networks.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        // The pool never runs more tasks at once than there are networks.
        let mut networks =
            free.ok_or_else(|| Fault::overloaded("classify the photo: every network is busy"))?;
        let pixels = decode_small(photo)?;
        networks.examine(&pixels).map_err(fault)
    }
}

impl Networks {
    fn examine(&mut self, pixels: &Mat) -> opencv::Result<Findings> {
        let views = views(pixels)?;
        let views = views.iter().map(|view| self.classes.probabilities(view));
        let views = views.collect::<opencv::Result<_>>()?;
        Ok(Findings { views, objects: self.objects.probabilities(pixels)? })
    }
}

type LoadError = Box<dyn std::error::Error + Send + Sync>;

/// Loads one copy of a network per worker, and returns the number of its outputs.
fn load_networks(
    path: &Path,
    input: Input,
    workers: usize,
) -> Result<(Vec<Network>, usize), LoadError> {
    let model = Vector::from_slice(&fs::read(path)?);
    let mut networks = Vec::new();
    let mut outputs = 0;
    // The first photo of a network is slow because of memory allocation, so a black one runs here.
    let black = Mat::new_rows_cols_with_default(64, 64, CV_8UC3, Scalar::default())?;
    for _ in 0..workers {
        let mut network = Network::load(&model, input)?;
        let probabilities = network.probabilities(&black)?;
        if !probabilities.iter().all(|value| (0.0..=1.0 + 1e-3).contains(value)) {
            return Err("its outputs must be probabilities".into());
        }
        outputs = probabilities.len();
        networks.push(network);
    }
    Ok((networks, outputs))
}

fn load_table(
    path: &Path,
    counts: ClassCounts,
    extra_names: &[ExtraNames],
    weights: &Weights,
) -> Result<ConceptTable, LoadError> {
    let text = fs::read_to_string(path)?;
    let mut table = ConceptTable::parse(&text, counts)?;
    extra_names.iter().try_for_each(|extra| table.add(extra))?;
    table.adjust(&weights.concepts);
    Ok(table)
}
