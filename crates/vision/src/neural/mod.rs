//! The networks of the neural tiers, and what the cascade does around them.
//!
//! [`NeuralRuntime`] is all that the cascade knows of the networks. `injeung-neural` implements them; another
//! runtime needs a second implementation of the trait. docs/neural.md has the measurements.

mod extraction;
mod matching;
mod models;
mod runtime;
mod settings;

/// Points of one photo that XFeat found.
pub use injeung_neural::Features as NeuralFeatures;
pub use injeung_neural::WeightsError;

/// The networks and how they are used.
pub(crate) type Neural<'a> = (&'a dyn NeuralRuntime, &'a NeuralSettings);

pub use self::extraction::xfeat;
pub use self::matching::{lighterglue, mutual_matches};
pub use self::models::{NeuralModels, NeuralModelsError};
pub use self::runtime::NeuralRuntime;
pub use self::settings::NeuralSettings;
