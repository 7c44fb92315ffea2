use std::path::{Path, PathBuf};
use std::{fs, io};

use super::lighterglue::LighterGlue;
use super::weights::WeightsError;
use super::xfeat::Network;

/// XFeat's network and LighterGlue, for any number of threads.
pub struct NeuralModels {
    network: Network,
    matcher: LighterGlue,
}

/// Why there is no neural tier.
#[derive(Debug, thiserror::Error)]
pub enum NeuralModelsError {
    /// A file is not there; a service may do without the neural tier then.
    #[error("find {}, which `make setup` makes", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("read {}", path.display())]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// The weights of XFeat or of LighterGlue cannot be used.
    #[error("load weights from {}, which `make setup` makes", path.display())]
    Weights {
        /// Where they are.
        path: PathBuf,
        /// What is wrong with them.
        source: WeightsError,
    },
}

impl NeuralModels {
    /// Loads the weights of XFeat and of LighterGlue, as `scripts/model/build.sh` makes them.
    ///
    /// # Errors
    /// When a file is missing, unreadable or of another network.
    pub fn load(xfeat: &Path, lighterglue: &Path) -> Result<Self, NeuralModelsError> {
        let files = (read(xfeat)?, read(lighterglue)?);
        let of = |path: &Path| {
            let path = path.to_owned();
            |source| NeuralModelsError::Weights { path, source }
        };
        Ok(Self {
            network: Network::load(&files.0).map_err(of(xfeat))?,
            matcher: LighterGlue::load(&files.1).map_err(of(lighterglue))?,
        })
    }

    pub(super) fn network(&self) -> &Network {
        &self.network
    }

    pub(super) fn matcher(&self) -> &LighterGlue {
        &self.matcher
    }
}

fn read(path: &Path) -> Result<Vec<u8>, NeuralModelsError> {
    fs::read(path).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            NeuralModelsError::Missing { path }
        } else {
            NeuralModelsError::Unreadable { path, source }
        }
    })
}
