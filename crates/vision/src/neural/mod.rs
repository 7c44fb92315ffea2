//! Networks of the neural tiers, and the cascade's code around them.
//!
//! [`NeuralRuntime`] is the cascade's only interface to the networks. `injeung-neural` implements them; another runtime
//! needs a second implementation of the trait. docs/neural.md has the measurements.

mod extraction;
mod matching;
mod models;
mod runtime;
mod settings;

/// XFeat's points of one photo.
pub use injeung_neural::Features as NeuralFeatures;
pub use injeung_neural::WeightsError;

/// The networks and their settings.
pub(crate) type Neural<'a> = (&'a dyn NeuralRuntime, &'a NeuralSettings);

pub use self::extraction::xfeat;
pub use self::matching::{lighterglue, mutual_matches};
pub use self::models::{NeuralModels, NeuralModelsError};
pub use self::runtime::NeuralRuntime;
pub use self::settings::NeuralSettings;
